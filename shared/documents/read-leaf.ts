// One document without members: bytes → reader → clean text, or a code.
// Invariant: status 'ok' means there is text; blank text is extract.empty or extract.needs-ocr.
import { SluiceError, TerminalError } from '../errors.ts';
import { clean, joinPages } from './clean.ts';
import { isRightsNotice } from './decoy.ts';
import { detectLanguage } from './language.ts';
import type { ExtractLimits } from './limits.ts';
import { failedLeaf } from './outcome.ts';
import type { Picture } from './pictures.ts';
import type { LeafResult, NodeHeader, OcrMode } from './protocol.ts';
import { readerOf } from './readers.ts';
import type { ReadText } from './reading.ts';

export interface LeafContext {
  name: string;
  limits: ExtractLimits;
  ocr: OcrMode;
  progress: () => void;
}

/** The leaf, and the files inside it that are documents of their own. */
export interface ReadLeaf {
  leaf: LeafResult;
  embedded: { name: string; bytes: Uint8Array }[];
}

export async function readLeaf(bytes: Uint8Array, header: NodeHeader, context: LeafContext): Promise<ReadLeaf> {
  const startedMs = performance.now();
  try {
    if (bytes.byteLength === 0) throw new TerminalError('extract.empty', 'document: it has 0 bytes');
    const reader = await readerOf(header.mediaType, context.name);
    const { name, limits, ocr, progress } = context;
    const read = await reader(bytes, {
      name,
      mediaType: header.mediaType,
      limits,
      localOcr: ocr === 'local',
      progress,
    });
    return { leaf: await leafOf(bytes, header, read, startedMs, context), embedded: read.embedded ?? [] };
  } catch (error) {
    return { leaf: leafOfError(header, error, performance.now() - startedMs), embedded: [] };
  }
}

/** What a reader found as a leaf; its pictures are read here or wait for the host's OCR. */
export async function leafOf(
  bytes: Uint8Array,
  header: NodeHeader,
  read: ReadText,
  startedMs: number,
  { limits, ocr, progress }: LeafContext,
): Promise<LeafResult> {
  if (ocr === 'local' && read.pictures !== undefined) await readPictures(read, read.pictures, limits, progress);
  const leaf = await finishLeaf(header, read, startedMs, limits);
  const { needsOcr, pictures = [] } = read;
  if (ocr !== 'host' || (needsOcr === undefined && pictures.length === 0)) return leaf;
  if (leaf.code !== null && leaf.code !== 'extract.needs-ocr') return leaf;
  const pages = needsOcr === 'all' ? null : (needsOcr ?? []).slice(0, limits.maxOcrPages);
  leaf.ocr = {
    bytes: pages?.length === 0 ? new Uint8Array() : bytes,
    pages,
    texts: read.parts,
    pictures: pictures.slice(0, Math.max(0, limits.maxOcrPages - (pages?.length ?? 1))).map((picture) => picture.bytes),
  };
  return leaf;
}

/** Read pictures by local OCR, as further parts; those over the limit remain. */
async function readPictures(
  read: ReadText,
  pictures: readonly Picture[],
  limits: ExtractLimits,
  progress: () => void,
): Promise<void> {
  const { recognize } = await import('./ocr-local.ts');
  let count = 0;
  for (const { bytes } of pictures.slice(0, limits.maxOcrPages)) {
    progress();
    try {
      const text = await recognize(bytes);
      count += 1;
      if (text.trim() !== '') read.parts.push(text);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      read.warnings.push('ocr: a picture is damaged and was not read');
    }
  }
  if (count > 0) read.warnings.push(`ocr: ${count} picture(s) read`);
  read.pictures = pictures.slice(limits.maxOcrPages);
}

/** Clean what a reader found and decide between ok and failed. */
export async function finishLeaf(
  header: NodeHeader,
  read: ReadText,
  startedMs: number,
  limits: ExtractLimits,
): Promise<LeafResult> {
  const text = read.isPaged === true ? joinPages(read.parts) : clean(read.parts.join('\n\n'));
  const failure = judge(text, read, limits);
  const warnings = [...read.warnings];
  if (failure === undefined) warnings.push(...unreadWarnings(read, text));
  const language = failure === undefined ? await detectLanguage(text) : null;
  const result = { ...header, pages: read.pages, language, warnings, ms: performance.now() - startedMs };
  return failure === undefined
    ? { ...result, status: 'ok', code: null, message: null, text }
    : { ...result, status: 'failed', code: failure.code, message: failure.message, text: '' };
}

const MAX_PAGES_NAMED = 20;
/** A text below this beside a picture as large as a page rests on what the picture says. */
const SHORT_CHARS = 200;

/** What was not read, in words: pages that are images, and pictures. Only the first kind makes a document doubtful (doubt.ts). */
function unreadWarnings({ needsOcr, pictures = [] }: ReadText, text: string): string[] {
  const warnings: string[] = [];
  if (needsOcr === 'all') warnings.push('needs-ocr: the image not read');
  else if (needsOcr !== undefined) {
    const named = needsOcr.slice(0, MAX_PAGES_NAMED).join(', ');
    const more = needsOcr.length > MAX_PAGES_NAMED ? ', …' : '';
    warnings.push(`needs-ocr: ${needsOcr.length} page(s) not read (${named}${more})`);
  }
  if (pictures.length > 0)
    warnings.push(`${text.length < SHORT_CHARS ? 'needs-ocr' : 'pictures'}: ${pictures.length} picture(s) not read`);
  return warnings;
}

/** A text layer of a word or two is still a scan. */
const SCANT_CHARS = 20;

function judge(text: string, read: ReadText, limits: ExtractLimits): SluiceError | undefined {
  if ((read.pictures?.length ?? 0) > 0 && text.length < SCANT_CHARS)
    return new TerminalError('extract.needs-ocr', 'document: its content is pictures');
  const isAllImages = read.needsOcr === 'all' || (read.needsOcr !== undefined && read.needsOcr.length === read.pages);
  if (read.needsOcr !== undefined && (isAllImages || text.length < SCANT_CHARS))
    return new TerminalError('extract.needs-ocr', 'document: its pages are images');
  if (!/[\p{L}\p{N}\p{S}]/u.test(text)) return new TerminalError('extract.empty', 'document: it has no text');
  if (text.length > limits.maxChars)
    return new TerminalError('extract.too-large', `document: at most ${limits.maxChars} characters of text are kept`);
  if (isRightsNotice(text))
    return new TerminalError('extract.encrypted', 'document: rights management hides its content');
  return undefined;
}

/** Any error of a reader as a code; the class of a foreign one is kept, its message may hold content. */
export function asSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  if (error instanceof Error && 'code' in error && error.code === 'ERR_STRING_TOO_LONG')
    return new TerminalError('extract.too-large', 'document: its text is longer than a string can be');
  return new TerminalError('extract.corrupt', `document: the reader failed (${name})`, { cause: error });
}

/** @param ms  spent on it */
export function leafOfError(header: NodeHeader, error: unknown, ms = 0): LeafResult {
  const { code, message } = asSluiceError(error);
  return failedLeaf(header, code, message, ms);
}
