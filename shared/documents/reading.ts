// What every format reader takes and gives.
import { TerminalError } from '../errors.ts';
import type { ExtractLimits } from './limits.ts';
import type { Picture } from './pictures.ts';

export interface ReadContext {
  name: string;
  mediaType: string;
  limits: ExtractLimits;
  /** May readers read page images themselves? */
  localOcr: boolean;
  /** Tell the host that work goes on, for readers whose pages take seconds. */
  progress: () => void;
}

/** A file that stands in another document. */
export interface EmbeddedFile {
  name: string;
  bytes: Uint8Array;
}

export interface ReadText {
  /** Text per page or part, not yet cleaned. */
  parts: string[];
  /** Pages or slides; null for formats without pages. */
  pages: number | null;
  /** Are `parts` pages, with headers and footers that repeat? */
  isPaged?: boolean;
  warnings: string[];
  /** 1-based pages that are images; 'all' for an image file. */
  needsOcr?: number[] | 'all';
  /** Pictures without text of their own that may be scans; they count as OCR pages. */
  pictures?: Picture[];
  /** Files inside the document that are documents of their own. */
  embedded?: EmbeddedFile[];
}

export type Reader = (bytes: Uint8Array, context: ReadContext) => Promise<ReadText>;

/** Text of a document without pages. */
export function plain(text: string, warnings: string[] = []): ReadText {
  return { parts: [text], pages: null, warnings };
}

/**
 * Collects text and refuses more than a limit.
 * @throws {TerminalError} extract.too-large
 */
export class TextSink {
  readonly #parts: string[] = [];
  readonly #maxChars: number;
  #chars = 0;
  #last = '';

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  add(text: string): void {
    if (text === '') return;
    this.#refuseMany(text.length);
    this.#parts.push(text);
    this.#last = text;
  }

  /** Line break, unless the text stands at the start of a line. */
  breakLine(): void {
    if (this.#chars > 0 && !this.#last.endsWith('\n')) this.add('\n');
  }

  /** Number of the text added last, for `replace`. */
  get place(): number {
    return this.#parts.length - 1;
  }

  /** @throws {TerminalError} extract.too-large */
  replace(place: number, text: string): void {
    const old = this.#parts[place];
    if (old === undefined) return;
    this.#refuseMany(text.length - old.length);
    this.#parts[place] = text;
  }

  #refuseMany(more: number): void {
    this.#chars += more;
    if (this.#chars > this.#maxChars)
      throw new TerminalError('extract.too-large', `document: at most ${this.#maxChars} characters of text are kept`);
  }

  get chars(): number {
    return this.#chars;
  }

  toString(): string {
    return this.#parts.join('');
  }
}
