// Office packages made in memory for the tests: Word, PowerPoint, Excel and OpenDocument with parts and relations of the test's choice.
import { relations, type ZipEntry, zip } from './fixtures.ts';

/** Relations of the main part: id → [kind, target]. */
export type Targets = Readonly<Record<string, readonly [kind: string, target: string]>>;

export const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const PREFIXES = ['a', 'm', 'mc', 'o', 'p', 'r', 'v', 'w14', 'wp', 'wps']
  .map((prefix) => `xmlns:${prefix}="${prefix}"`)
  .join(' ');

/** @param parts  further parts, by their names in the package */
export function wordPackage(body: string, targets: Targets = {}, parts: readonly ZipEntry[] = []): Buffer {
  return zip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'word/document.xml'] }) },
    {
      name: 'word/document.xml',
      content: `<?xml version="1.0"?><w:document xmlns:w="${W}" ${PREFIXES}><w:body>${body}</w:body></w:document>`,
    },
    { name: 'word/_rels/document.xml.rels', content: relations(targets) },
    ...parts,
  ]);
}

export const run = (text: string, properties = '') =>
  `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`;
export const wordParagraph = (runs: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr>${runs}</w:p>`;

/** One slide; `slide` are its attributes. */
export function slidePackage(
  shapes: string,
  targets: Targets = {},
  parts: readonly ZipEntry[] = [],
  slide = '',
): Buffer {
  return zip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'ppt/presentation.xml'] }) },
    {
      name: 'ppt/presentation.xml',
      content: `<p:presentation ${PREFIXES}><p:sldIdLst><p:sldId id="256" r:id="s1"/></p:sldIdLst></p:presentation>`,
    },
    { name: 'ppt/_rels/presentation.xml.rels', content: relations({ s1: ['slide', 'slides/slide1.xml'] }) },
    {
      name: 'ppt/slides/slide1.xml',
      content: `<?xml version="1.0"?><p:sld ${PREFIXES} ${slide}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`,
    },
    { name: 'ppt/slides/_rels/slide1.xml.rels', content: relations(targets) },
    ...parts,
  ]);
}

/** @param own  of its non-visual properties, `name="…"` and so on */
export const shape = (paragraphs: string, own = '', placeholder = '') =>
  `<p:sp><p:nvSpPr><p:cNvPr id="2" ${own}/><p:nvPr>${placeholder}</p:nvPr></p:nvSpPr><p:txBody>${paragraphs}</p:txBody></p:sp>`;
export const slideParagraph = (text: string, properties = '', ofRun = '') =>
  `<a:p><a:pPr>${properties}</a:pPr><a:r><a:rPr>${ofRun}</a:rPr><a:t>${text}</a:t></a:r></a:p>`;

const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

export interface SheetParts {
  styles?: string;
  /** Elements behind the cells. */
  tail?: string;
  targets?: Targets;
  parts?: readonly ZipEntry[];
}

/** One sheet called Data. */
export function sheetPackage(
  rows: string,
  { styles = '', tail = '', targets = {}, parts = [] }: SheetParts = {},
): Buffer {
  const override = (part: string, kind: string) =>
    `<Override PartName="/xl/${part}" ContentType="${TYPE}.${kind}+xml"/>`;
  return zip([
    {
      name: '[Content_Types].xml',
      content: `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${override('workbook.xml', 'sheet.main')}${override('worksheets/sheet1.xml', 'worksheet')}${override('styles.xml', 'styles')}</Types>`,
    },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'xl/workbook.xml'] }) },
    {
      name: 'xl/workbook.xml',
      content: `<workbook xmlns="${SHEET}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: relations({ r1: ['worksheet', 'worksheets/sheet1.xml'], r2: ['styles', 'styles.xml'] }),
    },
    { name: 'xl/styles.xml', content: `<styleSheet xmlns="${SHEET}">${styles}</styleSheet>` },
    {
      name: 'xl/worksheets/sheet1.xml',
      content: `<?xml version="1.0"?><worksheet xmlns="${SHEET}" xmlns:r="r"><sheetData>${rows}</sheetData>${tail}</worksheet>`,
    },
    { name: 'xl/worksheets/_rels/sheet1.xml.rels', content: relations(targets) },
    ...parts,
  ]);
}

/** Cells of one row, as strings. */
export const textRow = (...cells: readonly string[]) =>
  `<row r="1">${cells.map((text, i) => `<c r="${String.fromCharCode(65 + i)}1" t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`;

const URN = 'urn:oasis:names:tc:opendocument:xmlns';
const NAMES = ['office', 'text', 'table', 'draw:drawing', 'style', 'form', 'presentation', 'number:datastyle']
  .map((name) => name.split(':'))
  .map(([prefix = '', kind = prefix]) => `xmlns:${prefix}="${URN}:${kind}:1.0"`)
  .join(' ');

export interface OpenParts {
  /** Automatic styles. */
  automatic?: string;
  /** Content of styles.xml. */
  styles?: string;
  more?: readonly ZipEntry[];
}

/** @param type  text, spreadsheet, presentation */
export function openPackage(
  type: string,
  body: string,
  { automatic = '', styles = '', more = [] }: OpenParts = {},
): Buffer {
  return zip([
    { name: 'mimetype', content: `application/vnd.oasis.opendocument.${type}`, store: true },
    {
      name: 'content.xml',
      content: `<?xml version="1.0"?><office:document-content ${NAMES} xmlns:dc="dc" xmlns:svg="svg" xmlns:xlink="xlink" xmlns:fo="fo"><office:automatic-styles>${automatic}</office:automatic-styles><office:body><office:${type}>${body}</office:${type}></office:body></office:document-content>`,
    },
    { name: 'styles.xml', content: `<office:document-styles ${NAMES}>${styles}</office:document-styles>` },
    {
      name: 'META-INF/manifest.xml',
      content: `<manifest:manifest xmlns:manifest="${URN}:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.${type}"/></manifest:manifest>`,
    },
    ...more,
  ]);
}
