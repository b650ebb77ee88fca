// Which reader reads which media type. Readers are loaded on first use: a reader process that sees only text stays small.
import { TerminalError } from '../errors.ts';
import { MEDIA } from './media-type.ts';
import type { Reader } from './reading.ts';

const text = () => import('./formats/text.ts').then((m) => m.readText);
const openDocument = () => import('./formats/open-document.ts').then((m) => m.readOpenDocument);
const image = () => import('./formats/image.ts').then((m) => m.readImage);
const workbook = () => import('./formats/workbook.ts').then((m) => m.readWorkbook);

const READERS: Readonly<Record<string, () => Promise<Reader>>> = {
  [MEDIA.txt]: text,
  [MEDIA.md]: text,
  [MEDIA.csv]: text,
  [MEDIA.tsv]: text,
  [MEDIA.json]: text,
  [MEDIA.jsonl]: text,
  [MEDIA.xml]: text,
  [MEDIA.html]: () => import('./formats/html.ts').then((m) => m.readHtml),
  [MEDIA.pdf]: () => import('./formats/pdf.ts').then((m) => m.readPdf),
  [MEDIA.rtf]: () => import('./formats/rtf.ts').then((m) => m.readRtf),
  [MEDIA.docx]: () => import('./formats/docx.ts').then((m) => m.readDocx),
  [MEDIA.pptx]: () => import('./formats/pptx.ts').then((m) => m.readPptx),
  [MEDIA.doc]: () => import('./formats/doc.ts').then((m) => m.readDoc),
  [MEDIA.ppt]: () => import('./formats/ppt.ts').then((m) => m.readPpt),
  [MEDIA.odt]: openDocument,
  [MEDIA.odp]: openDocument,
  [MEDIA.odg]: openDocument,
  [MEDIA.epub]: () => import('./formats/epub.ts').then((m) => m.readEpub),
  [MEDIA.png]: image,
  [MEDIA.jpeg]: image,
  [MEDIA.gif]: image,
  [MEDIA.tiff]: image,
  [MEDIA.bmp]: image,
  [MEDIA.webp]: image,
  [MEDIA.xlsx]: workbook,
  [MEDIA.xlsb]: workbook,
  [MEDIA.xls]: workbook,
  [MEDIA.ods]: () => import('./formats/open-spreadsheet.ts').then((m) => m.readSpreadsheet),
  [MEDIA.numbers]: workbook,
};

const UNREAD: Readonly<Record<string, string>> = {
  [MEDIA.bin]: 'its content has no known format',
  [MEDIA.rar]: 'RAR archives are not read',
  [MEDIA.bz2]: 'bzip2 archives are not read',
  [MEDIA.xz]: 'xz archives are not read',
  [MEDIA.zst]: 'zstd archives are not read',
  [MEDIA.iwork]: 'iWork Pages and Keynote files are not read',
  [MEDIA.wordPerfect]: 'WordPerfect files are not read',
  [MEDIA.visio]: 'Visio drawings are not read',
  [MEDIA.vsdx]: 'Visio drawings are not read',
  [MEDIA.xps]: 'XPS files are not read',
  [MEDIA.parquet]: 'it is a data set: start a run over its rows instead',
};

// Formats with a signature: plain text under such a name is what is left of a lost file (a link, an error page), not the document.
const SIGNED_NAME = /\.(docx|docm|dotx|xlsx|xlsm|xlsb|pptx|pptm|odt|ods|odp|epub|pdf|zip|7z|png|jpe?g|tiff?)$/i;

/** Those asked for: even a module that is there already costs its importer a hundredth of a millisecond and more. */
const loaded = new Map<string, Reader>();

/** @throws {TerminalError} extract.unsupported, extract.encrypted or extract.corrupt */
export async function readerOf(mediaType: string, name: string): Promise<Reader> {
  if (mediaType === MEDIA.txt && SIGNED_NAME.test(name))
    throw new TerminalError('extract.corrupt', 'document: its name promises another format, it holds a plain text');
  if (mediaType === MEDIA.encryptedOffice)
    throw new TerminalError('extract.encrypted', 'document: the Office file needs a password');
  const known = loaded.get(mediaType);
  if (known !== undefined) return known;
  const load = READERS[mediaType];
  if (load === undefined)
    throw new TerminalError('extract.unsupported', `document: ${UNREAD[mediaType] ?? `${mediaType} is not read`}`);
  const reader = await load();
  loaded.set(mediaType, reader);
  return reader;
}
