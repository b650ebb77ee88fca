// Files and pictures inside an Office package: embedded documents, OLE packages and objects, parts that Word shows as text of another format.
import type { PackageParts } from '../package-parts.ts';
import { isShownLarge, mayHoldText, type Picture } from '../pictures.ts';
import type { EmbeddedFile, ReadContext } from '../reading.ts';
import { relationsOf } from './office-xml.ts';
import { unwrapOle } from './ole-object.ts';

const FILE_KINDS = new Set(['package', 'oleObject', 'aFChunk']);

/** Where such parts lie or what they are called: most packages have none, and their relations need not be read. */
const MAY_BE_FILE = /(^|\/)embeddings\/|(^|\/)(alt|af)?chunk[^/]*$|\.(mht|mhtml|x?html?|rtf|docx|docm|txt|odt|dat)$/i;

/** Embedded documents by the relations of the parts that show them. The workbook behind a chart is none: the chart is read. */
export async function embeddedFiles(parts: PackageParts, { limits }: ReadContext): Promise<EmbeddedFile[]> {
  if (parts.names(MAY_BE_FILE).length === 0) return [];
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
