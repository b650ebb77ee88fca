// Files and pictures inside an Office package: embedded documents, OLE packages and objects, parts that Word shows as text of another format.
import type { PackageParts } from '../package-parts.ts';
import { isShownLarge, mayHoldText, type Picture } from '../pictures.ts';
import type { EmbeddedFile, ReadContext } from '../reading.ts';
import { readMetafile } from './metafile.ts';
import { relationsOf } from './office-xml.ts';
import { unwrapOle } from './ole-object.ts';

const FILE_KINDS = new Set(['package', 'oleObject', 'aFChunk']);

/** What every package has: where there is nothing else there are no files, and the relations need not be read. */
const USUAL =
  /\.(rels|xml|png|jpe?g|gif|bmp|tiff?|emf|wmf|emz|wmz|svg|vml|jfif|wdp|odttf|fntdata|ttf)$|(^|\/)(\[Content_Types\]\.xml|vbaProject\.bin|printerSettings\d*\.bin|activeX\d*\.bin)$|^ppt\/metadata$|\/$/i; // ppt/metadata: Google Slides
const MAY_BE_FILE = /(^|\/)embeddings\/|(^|\/)(alt|af)?chunk[^/]*$/i;
const mayBeFile = (name: string) => MAY_BE_FILE.test(name) || !USUAL.test(name);

/** Embedded documents by the relations of the parts that show them. The workbook behind a chart is none: the chart is read. */
export async function embeddedFiles(parts: PackageParts, { limits }: ReadContext): Promise<EmbeddedFile[]> {
  if (!parts.hasNamed(mayBeFile)) return [];
  const targets = new Map<string, string>();
  for (const name of parts.names(/(^|\/)_rels\/[^/]+\.rels$/i)) {
    if (/\/charts\/_rels\//i.test(name)) continue;
    const part = name.replace(/_rels\/([^/]+)\.rels$/i, '$1');
    for (const { kind, target } of await relationsOf(parts, part))
      if (FILE_KINDS.has(kind) && targets.size < limits.maxArchiveEntries && parts.has(target))
        targets.set(target.toLowerCase(), target);
  }
  const files: EmbeddedFile[] = [];
  for (const target of targets.values()) {
    const bytes = await parts.bytes(target);
    if (bytes === undefined) continue;
    const file = await unwrapOle(bytes, target.slice(target.lastIndexOf('/') + 1));
    if (file !== undefined) files.push(file);
  }
  return files;
}

export interface ShownPicture {
  part: string;
  /** English Metric Units; undefined where the document does not tell. */
  widthEmu: number | undefined;
  heightEmu: number | undefined;
}

/** Pictures large enough, on the page and in pixels, to be scans; each once. */
export async function scannedPictures(
  parts: PackageParts,
  shown: readonly ShownPicture[],
  { limits }: ReadContext,
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  const seen = new Set<string>();
  for (const { part, widthEmu, heightEmu } of shown) {
    // One more than the limit: what is left out must show.
    if (pictures.length > limits.maxOcrPages) break;
    if (seen.has(part) || /\.(emf|wmf|svg|emz|wmz)$/i.test(part) || !isShownLarge(widthEmu, heightEmu)) continue;
    seen.add(part);
    const bytes = await parts.bytes(part);
    if (bytes !== undefined && mayHoldText(bytes)) pictures.push({ bytes });
  }
  return pictures;
}

const MAX_METAFILES = 200;

/** Words of the metafiles that are shown, each once, and bitmaps in them that may be scans. */
export async function metafiles(
  parts: PackageParts,
  shown: readonly ShownPicture[],
  { limits }: ReadContext,
): Promise<{ text: string; pictures: Picture[]; warnings: string[] }> {
  const found = { text: '', pictures: [] as Picture[], warnings: [] as string[] };
  let unreadable = 0;
  const drawn = new Set(shown.filter(({ part }) => /\.(emf|wmf|emz|wmz)$/i.test(part)).map(({ part }) => part));
  for (const part of [...drawn].slice(0, MAX_METAFILES)) {
    const bytes = await parts.bytes(part);
    const file = bytes === undefined ? undefined : readMetafile(bytes);
    if (file === undefined) continue;
    found.text += file.text === '' ? '' : `${file.text}\n`;
    if (file.unreadable > 0 && file.text === '') unreadable += 1;
    for (const bitmap of file.bitmaps)
      if (mayHoldText(bitmap) && found.pictures.length <= limits.maxOcrPages) found.pictures.push({ bytes: bitmap });
  }
  if (unreadable > 0) found.warnings.push(`pictures: the words of ${unreadable} drawing(s) were not read`);
  return found;
}
