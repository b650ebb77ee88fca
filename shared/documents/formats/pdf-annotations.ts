// What stands on a PDF page beside its content: values and choices of form fields, notes and comments, stamps, files under paper clips.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import type { EmbeddedFile } from '../reading.ts';
import { checkbox } from './choices.ts';
import { readBytes, readFloats, readSized, utf16 } from './pdfium-memory.ts';
import { decodeXml } from './sheet-marks.ts';

// FPDFAnnot_GetSubtype
const LINK = 2;
const FREE_TEXT = 3;
const STAMP = 13;
const POPUP = 16;
const FILE_ATTACHMENT = 17;
const WIDGET = 20;
// FPDFAnnot_GetFormFieldType
const PUSH_BUTTON = 1;
const TEXT_FIELD = 6;
const SIGNATURE = 7;
/** Field flag: the value is shown as asterisks. */
const PASSWORD = 1 << 13;
const CHECK_BOX = 2;
const RADIO_BUTTON = 3;
const VALUE_FIELDS = new Set([4, 5, 6]); // combo box, list box, text; XFA kinds are above 8
/** FPDF_ANNOT_FLAG_HIDDEN and _NOVIEW: on no screen. */
const NOT_SHOWN = 0x02 | 0x20;
const MAX_ANNOTATIONS = 20_000;
/** To the right of a box its label stands, within so many points. */
const LABEL_POINTS = 260;

export interface PageAnnotations {
  texts: string[];
  files: EmbeddedFile[];
  /** Form fields on the page. */
  widgets: number;
  /** Is there a stamp whose words are in its drawing alone? */
  hasDrawnStamp: boolean;
}

/** @param form  handle of the form environment, opened when first asked for */
export function readAnnotations(m: WrappedPdfiumModule, page: number, form: () => number): PageAnnotations {
  const count = Math.min(m.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS);
  const found: PageAnnotations = { texts: [], files: [], widgets: 0, hasDrawnStamp: false };
  if (count === 0) return found;
  const reader = new AnnotationReader(m, page, form, found);
  for (let i = 0; i < count; i++) {
    const annotation = m.FPDFPage_GetAnnot(page, i);
    if (annotation === 0) continue;
    reader.read(annotation);
    m.FPDFPage_CloseAnnot(annotation);
  }
  reader.close();
  found.texts = found.texts.map((text) => text.trim()).filter((text) => text !== '');
  return found;
}

/** Words of the rich form (XHTML) in which some programs alone keep what was typed. */
const richText = (xhtml: string) =>
  decodeXml(xhtml.replace(/<\/(p|div)>|<br\s*\/?>/gi, '\n').replace(/<[^>]*>/g, '')).trim();

class AnnotationReader {
  readonly #m: WrappedPdfiumModule;
  readonly #page: number;
  readonly #form: () => number;
  readonly #found: PageAnnotations;
  #textPage = 0;

  constructor(m: WrappedPdfiumModule, page: number, form: () => number, found: PageAnnotations) {
    this.#m = m;
    this.#page = page;
    this.#form = form;
    this.#found = found;
  }

  close(): void {
    if (this.#textPage !== 0) this.#m.FPDFText_ClosePage(this.#textPage);
  }

  read(annotation: number): void {
    const m = this.#m;
    const subtype = m.FPDFAnnot_GetSubtype(annotation);
    if (subtype === LINK || subtype === POPUP || (m.FPDFAnnot_GetFlags(annotation) & NOT_SHOWN) !== 0) return;
    if (subtype === WIDGET) {
      this.#found.widgets += 1;
      this.#found.texts.push(this.#field(annotation));
      return;
    }
    const contents = this.#string(annotation, 'Contents') || richText(this.#string(annotation, 'RC'));
    if (subtype === FREE_TEXT && contents.trim() === '') this.#noteDrawing(annotation);
    if (subtype === FILE_ATTACHMENT) this.#takeFile(annotation);
    if (subtype === STAMP) this.#found.texts.push(this.#stampText(annotation));
    this.#found.texts.push(contents);
  }

  #string(annotation: number, key: string): string {
    return utf16(readBytes(this.#m, (buffer, size) => this.#m.FPDFAnnot_GetStringValue(annotation, key, buffer, size)));
  }

  #takeFile(annotation: number): void {
    const m = this.#m;
    const attachment = m.FPDFAnnot_GetFileAttachment(annotation);
    if (attachment === 0) return;
    const name = utf16(readBytes(m, (buffer, size) => m.FPDFAttachment_GetName(attachment, buffer, size)));
    const bytes = readSized(m, (buffer, size, out) => m.FPDFAttachment_GetFile(attachment, buffer, size, out));
    if (bytes !== undefined)
      this.#found.files.push({ name: name === '' ? `attachment-${this.#found.files.length + 1}` : name, bytes });
  }

  /** The name of a standard stamp ("Approved", "NotForPublicRelease"). Words drawn on one are read from the page with its stamps (pdf.ts). */
  #stampText(annotation: number): string {
    this.#noteDrawing(annotation);
    const name = this.#string(annotation, 'Name');
    return /^(#|$)|^Adobe|[#=\d]/i.test(name)
      ? ''
      : name.replace(/^S[BH](?=[A-Z])/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  }

  /** Words that stand in its drawing alone: captions of buttons, what a signature says, text typed onto the page. */
  #noteDrawing(annotation: number): void {
    if (this.#m.FPDFAnnot_GetObjectCount(annotation) > 0) this.#found.hasDrawnStamp = true;
  }

  #openText(): number {
    if (this.#textPage === 0) this.#textPage = this.#m.FPDFText_LoadPage(this.#page);
    return this.#textPage;
  }

  #field(annotation: number): string {
    const m = this.#m;
    const form = this.#form();
    if (form === 0) return '';
    const type = m.FPDFAnnot_GetFormFieldType(form, annotation);
    if (type === CHECK_BOX || type === RADIO_BUTTON) return this.#choice(form, annotation, type);
    if (type === PUSH_BUTTON || type === SIGNATURE) this.#noteDrawing(annotation);
    if (!VALUE_FIELDS.has(type) && type < 8) return '';
    if (type === TEXT_FIELD && (m.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD) !== 0) return '';
    const chosen = this.#chosenLabels(form, annotation);
    if (chosen.length > 0) return chosen.join(', ');
    const value = utf16(readBytes(m, (buffer, size) => m.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size)));
    if (value === '') this.#noteDrawing(annotation);
    return /^off$/i.test(value) ? '' : value;
  }

  /** `[x] label`: what stands beside the box, or what the form calls it. Buttons that are not chosen are left out. */
  #choice(form: number, annotation: number, type: number): string {
    const m = this.#m;
    // Some writers set the value and not the appearance, others the reverse: either counts.
    const isChecked = m.FPDFAnnot_IsChecked(form, annotation) || /^(?!off$)./i.test(this.#string(annotation, 'AS'));
    if (!isChecked && type === RADIO_BUTTON) return '';
    const text = (call: (buffer: number, size: number) => number) => utf16(readBytes(m, call)).trim();
    const alternate = text((buffer, size) => m.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size));
    const name = text((buffer, size) => m.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size));
    const exported = text((buffer, size) => m.FPDFAnnot_GetFormFieldExportValue(form, annotation, buffer, size));
    const beside = this.#textBeside(annotation);
    const value = /^(yes|on|off|ja|oui|si|true|\d{1,3}|)$/i.test(exported) ? '' : exported;
    const label = [beside || alternate || name, beside !== '' && type === RADIO_BUTTON ? '' : value]
      .filter((part, i, all) => part !== '' && all.indexOf(part) === i)
      .join(': ');
    return checkbox(isChecked, label);
  }

  #textBeside(annotation: number): string {
    const m = this.#m;
    const box = readFloats(m, (out) => m.FPDFAnnot_GetRect(annotation, out));
    if (box === undefined) return '';
    const [left, first, right, second] = box; // FS_RECTF: left, top, right, bottom
    const [bottom, top] = [Math.min(first, second), Math.max(first, second)];
    const middle = (bottom + top) / 2;
    const half = Math.min(7, Math.max(3, (top - bottom) / 2));
    const textPage = this.#openText();
    if (textPage === 0 || !(right > left)) return '';
    const found = readBytes(m, (buffer, size) =>
      buffer === 0
        ? 2 * m.FPDFText_GetBoundedText(textPage, right, middle + half, right + LABEL_POINTS, middle - half, 0, 0)
        : 2 *
          m.FPDFText_GetBoundedText(
            textPage,
            right,
            middle + half,
            right + LABEL_POINTS,
            middle - half,
            buffer,
            size / 2,
          ),
    );
    const line = utf16(found).split(/\r?\n/)[0] ?? '';
    return line
      .trim()
      .split(/ {3,}|[☐☑☒□■]/)[0]!
      .slice(0, 80)
      .trim(); // split gives one part at least
  }

  /** Labels of the options selected in a combo or list box: what is shown, where the value is what is exported. */
  #chosenLabels(form: number, annotation: number): string[] {
    const m = this.#m;
    const count = Math.min(m.FPDFAnnot_GetOptionCount(form, annotation), 1000);
    const labels: string[] = [];
    for (let i = 0; i < count; i++)
      if (m.FPDFAnnot_IsOptionSelected(form, annotation, i))
        labels.push(
          utf16(readBytes(m, (buffer, size) => m.FPDFAnnot_GetOptionLabel(form, annotation, i, buffer, size))),
        );
    return labels;
  }
}
