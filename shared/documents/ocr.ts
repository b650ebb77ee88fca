// Reading page images: the port an OCR service implements, and the merge of its answer into a document.
import { codeOf, RetryableError } from '../errors.ts';
import type { Logger } from '../ports.ts';
import { clean } from './clean.ts';
import { detectLanguage } from './language.ts';
import { sniff } from './media-type.ts';
import type { LeafResult } from './protocol.ts';

export interface OcrRequest {
  bytes: Uint8Array;
  mediaType: string;
  /** 1-based pages to read; null = the document is one image. */
  pages: readonly number[] | null;
}

/** A service that reads page images. Throws SluiceError; RetryableError when it may succeed later. */
export interface OcrEngine {
  /** Text of the pages asked for, in the order asked. */
  recognize(request: OcrRequest): Promise<string[]>;
}

/** Ask the engine for the pages a reader could not read. A document whose OCR fails keeps what the reader found. */
export async function finishOcr(leaf: LeafResult, engine: OcrEngine, logger: Logger): Promise<LeafResult> {
  if (leaf.ocr === undefined) return leaf;
  const { ocr: wanted, ...rest } = leaf;
  try {
    const read =
      wanted.pages?.length === 0
        ? []
        : await engine.recognize({ bytes: wanted.bytes, mediaType: leaf.mediaType, pages: wanted.pages });
    const texts = [...wanted.texts];
    for (const [i, page] of (wanted.pages ?? [1]).entries()) texts[page - 1] = read[i] ?? '';
    for (const bytes of wanted.pictures)
      texts.push(...(await engine.recognize({ bytes, mediaType: sniff(bytes, 'picture'), pages: null })));
    const text = clean(texts.join('\n\n'));
    if (text === '')
      return { ...rest, status: 'failed', code: 'extract.empty', message: 'document: OCR found no text', text };
    const warnings = [
      ...rest.warnings.filter((w) => !/^(needs-ocr|pictures):/.test(w)),
      ...(read.length > 0 ? [`ocr: ${read.length} page(s) read from images`] : []),
      ...(wanted.pictures.length > 0 ? [`ocr: ${wanted.pictures.length} picture(s) read`] : []),
    ];
    return { ...rest, status: 'ok', code: null, message: null, text, warnings, language: await detectLanguage(text) };
  } catch (error) {
    logger.warn('extract.ocr-failed', {
      code: codeOf(error),
      isRetryable: error instanceof RetryableError,
      sizeBytes: leaf.sizeBytes,
    });
    if (rest.status === 'ok')
      return { ...rest, warnings: [...rest.warnings, `ocr: the service failed (${codeOf(error)})`] };
    return {
      ...rest,
      code: 'extract.ocr-unavailable',
      message: `document: its pages are images and OCR failed (${codeOf(error)})`,
    };
  }
}
