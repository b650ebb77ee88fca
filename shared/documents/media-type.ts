// Media type by content. The name decides only among plain-text kinds, which have no signature.
// Invariant: never throws, whatever the bytes; an unknown binary is application/octet-stream.
import { looksBinary } from './charset.ts';
import { looksCms } from './formats/cms.ts';
import { oleRootNames } from './formats/ole-check.ts';
import { zipMemberText, zipNames } from './zip-names.ts';

export const OOXML = 'application/vnd.openxmlformats-officedocument.';
export const ODF = 'application/vnd.oasis.opendocument.';

export const MEDIA = {
  bin: 'application/octet-stream',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  xml: 'application/xml',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  pdf: 'application/pdf',
  docx: `${OOXML}wordprocessingml.document`,
  xlsx: `${OOXML}spreadsheetml.sheet`,
  xlsb: 'application/vnd.ms-excel.sheet.binary.macroEnabled.12',
  pptx: `${OOXML}presentationml.presentation`,
  odt: `${ODF}text`,
  ods: `${ODF}spreadsheet`,
  odp: `${ODF}presentation`,
  odg: `${ODF}graphics`,
  epub: 'application/epub+zip',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  msg: 'application/vnd.ms-outlook',
  encryptedOffice: 'application/x-ole-encrypted-package',
  ole: 'application/x-ole-storage',
  rtf: 'application/rtf',
  eml: 'message/rfc822',
  mbox: 'application/mbox',
  zip: 'application/zip',
  tar: 'application/x-tar',
  gz: 'application/gzip',
  sevenZip: 'application/x-7z-compressed',
  rar: 'application/vnd.rar',
  bz2: 'application/x-bzip2',
  xz: 'application/x-xz',
  zst: 'application/zstd',
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  webp: 'image/webp',
  numbers: 'application/vnd.apple.numbers',
  iwork: 'application/vnd.apple.iwork',
  wordPerfect: 'application/vnd.wordperfect',
  visio: 'application/vnd.visio',
  vsdx: 'application/vnd.ms-visio.drawing',
  xps: 'application/oxps',
  parquet: 'application/vnd.apache.parquet',
  tnef: 'application/vnd.ms-tnef',
  cms: 'application/pkcs7-mime',
  activeMime: 'application/x-mso',
} as const;

const SIGNATURES: readonly [RegExp, string][] = [
  [/^\x89PNG\r\n/, MEDIA.png],
  [/^\xff\xd8\xff/, MEDIA.jpeg],
  [/^GIF8[79]a/, MEDIA.gif],
  [/^(II\*\0|MM\0\*|II\+\0|MM\0\+)/, MEDIA.tiff],
  [/^BM....\0\0\0\0/s, MEDIA.bmp],
  [/^RIFF....WEBP/s, MEDIA.webp],
  [/^\x1f\x8b\x08/, MEDIA.gz],
  [/^7z\xbc\xaf\x27\x1c/, MEDIA.sevenZip],
  [/^Rar!\x1a\x07/, MEDIA.rar],
  [/^BZh[1-9]/, MEDIA.bz2],
  [/^\xfd7zXZ\0/, MEDIA.xz],
  [/^\x28\xb5\x2f\xfd/, MEDIA.zst],
  [/^\xffWPC/, MEDIA.wordPerfect],
  [/^PAR1/, MEDIA.parquet],
  [/^ActiveMime/, MEDIA.activeMime],
  [/^\x78\x9f\x3e\x22/, MEDIA.tnef],
  [/^\s*\{\\(rtf|urtf|pwd)/, MEDIA.rtf],
];

/**
 * Media type of a document.
 * @param name file name with extension, hostile, a hint for plain-text kinds only
 */
export function sniff(bytes: Uint8Array, name: string): string {
  const head = latin1(bytes, 0, 4096);
  if (/^%PDF-\d/.test(head)) return MEDIA.pdf;
  for (const [signature, type] of SIGNATURES) if (signature.test(head)) return type;
  const pdfAt = head.slice(0, 1100).search(/%PDF-\d/); // the header may follow up to 1,024 bytes of junk
  if (pdfAt >= 0 && (pdfAt < 8 || !/^\s*(from |received:|return-path:|<)/i.test(head))) return MEDIA.pdf;
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06') || head.startsWith('PK\x07\x08'))
    return sniffZip(bytes, name);
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return sniffOle(bytes);
  if (looksCms(bytes)) return MEDIA.cms;
  if (isTar(bytes)) return MEDIA.tar;
  return sniffText(bytes, name);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}

function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < 512) return false;
  if (latin1(bytes, 257, 262) === 'ustar') return true;
  // Old tar has no signature: the header's checksum tells.
  const stated = Number.parseInt(latin1(bytes, 148, 156).replace(/[\0 ]/g, ''), 8);
  if (!(stated > 0) || bytes[0] === 0) return false;
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : bytes[i]!; // i < 512 <= length
  return sum === stated;
}

function sniffZip(bytes: Uint8Array, fileName: string): string {
  const head = latin1(bytes, 30, 200);
  if (head.startsWith('mimetype')) {
    const type = /^mimetype(application\/[\w.+-]+?)(?=PK|[^\w.+-]|$)/.exec(head)?.[1];
    if (type === 'application/epub+zip') return type;
    if (type?.startsWith(ODF)) return type.replace(/-(template|master)$/, '');
  }
  // An archive of documents keeps them at paths of its own; a package has its parts at the root.
  const names = zipNames(bytes).map((name) => name.replaceAll('\\', '/').replace(/^\//, ''));
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^\[Content_Types\]\.xml$/i) || !has(/^mimetype$/)) {
    const isPackage = has(/^\[Content_Types\]\.xml$/i) || has(/^_rels\/\.rels$/i);
    if (isPackage && has(/^xl\/workbook\.bin$/i)) return MEDIA.xlsb;
    if (isPackage && has(/^word\/[^/]+\.xml$/i)) return MEDIA.docx;
    if (isPackage && has(/^xl\//i)) return MEDIA.xlsx;
    if (isPackage && has(/^ppt\//i)) return MEDIA.pptx;
    if (isPackage && has(/^visio\//i)) return MEDIA.vsdx;
    // Cut off before any telling part: the name says what it was to be.
    const kind = /\.(doc|xls|ppt)[xm]$/i.exec(fileName)?.[1]?.toLowerCase();
    if (isPackage && kind !== undefined) return kind === 'doc' ? MEDIA.docx : kind === 'xls' ? MEDIA.xlsx : MEDIA.pptx;
    if (isPackage && has(/^(FixedDocSeq\.fdseq|Documents\/1\/)/i)) return MEDIA.xps;
  }
  if (has(/^META-INF\/container\.xml$/) && has(/\.opf$/i)) return MEDIA.epub;
  if (has(/^content\.xml$/) && has(/^META-INF\/manifest\.xml$/)) return sniffOdf(bytes);
  if (has(/^Index\/Tables\//) || (has(/^Index\/CalculationEngine/) && !has(/^Index\/Slide/))) return MEDIA.numbers;
  if (has(/^Index(\.zip|\/Document\.iwa)$/)) return MEDIA.iwork;
  return MEDIA.zip;
}

/** An OpenDocument package whose mimetype is not first and stored: what it says packed, or what the manifest says of the whole. */
function sniffOdf(bytes: Uint8Array): string {
  const manifest = zipMemberText(bytes, 'META-INF/manifest.xml') ?? '';
  const root = /<[^<>]*[\s:]full-path=["']\/["'][^<>]*>/.exec(manifest)?.[0] ?? '';
  const told = `${zipMemberText(bytes, 'mimetype') ?? ''} ${root}`;
  for (const type of [MEDIA.odt, MEDIA.ods, MEDIA.odp, MEDIA.odg]) if (told.includes(type)) return type;
  return MEDIA.odt;
}

/** Kind of an OLE file by the names below its root: embedded documents bring streams of other kinds further down. */
function sniffOle(bytes: Uint8Array): string {
  const names = new Set(oleNames(bytes));
  if (names.has('EncryptedPackage') || names.has('\x06DataSpaces')) return MEDIA.encryptedOffice; // beside other streams: ask first
  if ([...names].some((name) => name.startsWith('__substg1.0_') || name.startsWith('__properties_version1')))
    return MEDIA.msg;
  if (names.has('WordDocument')) return MEDIA.doc;
  if (names.has('PowerPoint Document')) return MEDIA.ppt;
  if (names.has('Workbook') || names.has('Book')) return MEDIA.xls;
  if (names.has('VisioDocument')) return MEDIA.visio;
  return MEDIA.ole;
}

const TELLING = [
  'EncryptedPackage',
  '\x06DataSpaces',
  '__properties_version1.0',
  'WordDocument',
  'PowerPoint Document',
  'Workbook',
  'Book',
  'VisioDocument',
];

function oleNames(bytes: Uint8Array): string[] {
  try {
    return oleRootNames(bytes);
  } catch {
    // The directory is damaged: what is left of the names still tells what it was.
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return TELLING.filter((name) => buffer.includes(Buffer.from(`${name}\0`, 'utf16le')));
  }
}

const MAIL_HEADER =
  /^(received|return-path|from|to|cc|subject|date|message-id|mime-version|content-type|delivered-to|x-[\w-]+|reply-to|sender|dkim-signature|arc-[\w-]+|authentication-results|content-transfer-encoding|thread-topic|thread-index):/i;
const HTML_START =
  /^\s*(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6]|span|ul|ol|script|style|font|center|br|a\s)/i;

function sniffText(bytes: Uint8Array, name: string): string {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (looksBinary(bytes)) return MEDIA.bin;
  const head = headText(bytes);
  if (/^\s*(<\?xml[\s\S]{0,1000}?)?(<!--[\s\S]*?-->\s*)*(<!doctype\s+html|<html\b)/i.test(head)) return MEDIA.html;
  if (/^\s*<\?xml\b/.test(head))
    return /urn:schemas-microsoft-com:office:spreadsheet|office:spreadsheet" *office:version|opendocument\.spreadsheet"/.test(
      head,
    )
      ? MEDIA.xls
      : MEDIA.xml;
  if (HTML_START.test(head)) return extension === 'xml' ? MEDIA.xml : extension === 'md' ? MEDIA.md : MEDIA.html;
  const mail = sniffMail(bytes, head, extension);
  if (mail !== undefined) return mail;
  if (/^\s*<[a-z_]/i.test(head) && (extension === 'xml' || /^\s*<[\w:.-]+\s[^<>]*\bxmlns\b/i.test(head)))
    return MEDIA.xml;
  if (/^(html?|xhtml)$/.test(extension) && /<[a-z!/][^>]*>/i.test(head)) return MEDIA.html;
  if (/^(md|markdown)$/.test(extension)) return MEDIA.md;
  if (extension === 'csv') return MEDIA.csv;
  if (/^(tsv|tab)$/.test(extension)) return MEDIA.tsv;
  if (/^(jsonl|ndjson)$/.test(extension)) return MEDIA.jsonl;
  if (extension === 'json') return MEDIA.json;
  if (extension === '' || extension === 'txt') {
    if (/^\s*\{[\s\S]*\}\s*\n\s*\{/.test(head)) return MEDIA.jsonl;
    if (/^\s*(\{\s*"|\[\s*[{["])/.test(head)) return MEDIA.json;
  } else if (/^(ipynb|geojson|har|webmanifest|topojson|jsonld)$/.test(extension) && /^\s*[{[]/.test(head))
    return MEDIA.json;
  return MEDIA.txt;
}

/** Start of the text for matching; UTF-16 with ASCII content loses its NUL bytes here. */
function headText(bytes: Uint8Array): string {
  const text = latin1(bytes, 0, 4096).replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '');
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}

function sniffMail(bytes: Uint8Array, head: string, extension: string): string | undefined {
  const isMboxStart = /^From \S+/.test(head);
  const lines = head.replace(/^\s*(\d{1,12}[ \t]*\r?\n)?(From [^\n]*\n)?/, '').split(/\r?\n/);
  let headers = 0;
  let known = 0;
  for (const line of lines) {
    if (line === '') break;
    if (/^[ \t]/.test(line) && headers > 0) continue;
    if (!/^[\x21-\x39\x3b-\x7e]+:/.test(line)) {
      headers = line === lines.at(-1) && lines.length > 1 ? headers : 0;
      break;
    }
    headers += 1;
    if (MAIL_HEADER.test(line)) known += 1;
  }
  // A web page saved as one file has these two headers at least.
  const isMime = /^mime-version:/im.test(head) && /^content-type: *multipart\//im.test(head);
  const isMail =
    headers > 0 &&
    (known >= 3 || (known >= 2 && isMime) || (known >= 1 && /^(eml|emlx|mht|mhtml|mbox|mbx)$/.test(extension)));
  if (!isMail) return undefined;
  if (!isMboxStart) return MEDIA.eml;
  const hasSecond = /\n\r?\nFrom \S+[^\n]*\d\d:\d\d/.test(latin1(bytes, 0, bytes.length));
  return hasSecond || /^(mbox|mbx)$/.test(extension) ? MEDIA.mbox : MEDIA.eml;
}
