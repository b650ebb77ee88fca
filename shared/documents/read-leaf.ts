// One document without members: bytes → reader → clean text, or a code.
// Invariant: status 'ok' means there is text; blank text is extract.empty or extract.needs-ocr.
import { SluiceError, TerminalError } from '../errors.ts';
import { clean, joinPages } from './clean.ts';
import { isRightsNotice } from './decoy.ts';
import { detectLanguage } from './language.ts';
import type { ExtractLimits } from './limits.ts';
import { failedLeaf } from './outcome.ts';
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
    const leaf = await finishLeaf(header, read, startedMs, limits);
    if (ocr === 'host' && read.needsOcr !== undefined && (leaf.code === null || leaf.code === 'extract.needs-ocr'))
      leaf.ocr = {
        bytes,
        pages: read.needsOcr === 'all' ? null : read.needsOcr.slice(0, limits.maxOcrPages),
        texts: read.parts,
      };
    return { leaf, embedded: read.embedded ?? [] };
  } catch (error) {
    return { leaf: leafOfError(header, error, performance.now() - startedMs), embedded: [] };
  }
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
  if (read.needsOcr !== undefined && failure === undefined)
    warnings.push(`needs-ocr: ${read.needsOcr === 'all' ? 'the image' : `${read.needsOcr.length} page(s)`} not read`);
  const language = failure === undefined ? await detectLanguage(text) : null;
  const result = { ...header, pages: read.pages, language, warnings, ms: performance.now() - startedMs };
  return failure === undefined
    ? { ...result, status: 'ok', code: null, message: null, text }
    : { ...result, status: 'failed', code: failure.code, message: failure.message, text: '' };
}

/** A text layer of a word or two is still a scan. */
const SCANT_CHARS = 20;

function judge(text: string, read: ReadText, limits: ExtractLimits): SluiceError | undefined {
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
