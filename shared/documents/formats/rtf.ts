// Rich Text Format: visible text by the RTF 1.9.1 specification, form fields and watermarks; files and scans inside. RTF that Outlook wraps around an
// HTML body gives that HTML back ([MS-OXRTFEX] 2.1.3), so that its letters, breaks and cells are those of the page.
// Invariants: R1 depth and binary lengths are bounded; a cut file gives the text up to the cut. R2 one pass, linear in the input.
import { TerminalError } from '../../errors.ts';
import { isShownLarge, mayHoldText, type Picture } from '../pictures.ts';
import { type EmbeddedFile, plain, type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { checkbox, symbolText } from './choices.ts';
import { fieldText, MAX_FIELD_CODE } from './field-code.ts';
import { htmlToText } from './html.ts';
import { ole1Content, unwrapOle } from './ole-object.ts';
import { RtfTable } from './rtf-table.ts';
import { CAPTURES, type Capture, CODEPAGE_OF_CHARSET, SHOWN, SKIPPED, STORIES, SYMBOLS } from './rtf-words.ts';

const MAX_DEPTH = 1000;
const MAX_HTML_ELEMENTS = 5_000_000;
const EMU_OF_TWIP = 635;

interface Group {
  isSkipped: boolean;
  /** Bytes to pass over after \u: the \uc value. */
  fallback: number;
  charset: string;
  isHtmlRtf: boolean;
  isHidden: boolean;
  isDeleted: boolean;
  font: number;
  /** A tag of the HTML that is wrapped: its text is markup. */
  isTag: boolean;
  /** A starred destination, whatever it is. */
  isStarred: boolean;
  /** A note, a header, a text box. */
  isStory: boolean;
  /** What the bytes of this group are kept for, shown or not. */
  capture: Capture | undefined;
  /** The code of a field. */
  isCode: boolean;
  /** Is the paragraph one of a cell? */
  isInTable: boolean;
  /** Is the text here as well in Unicode? */
  isTwice: boolean;
}

const MAX_CAPTURED = 64 * 1024 * 1024;
const MAX_FILES = 1000;

/** A form field of Word 97 to 2003. */
interface FormField {
  kind: number;
  chosen: number | undefined;
  atFirst: number;
  options: string[];
}

/** Value of ffres that says: as at first. */
const AS_AT_FIRST = 25;

export async function readRtf(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const warnings: string[] = [];
  const reader = await rtfReader(bytes, limits.maxChars, warnings);
  const read = plain(reader.run(), warnings);
  const embedded: EmbeddedFile[] = [];
  for (const [i, object] of reader.objects.entries()) {
    const content = ole1Content(object);
    const file = content === undefined ? undefined : await unwrapOle(content, `object-${i + 1}.bin`);
    if (file !== undefined) embedded.push(file);
  }
  return { ...read, embedded, pictures: reader.pictures.slice(0, limits.maxOcrPages + 1) };
}

/** Text of RTF bytes. Truncation is a warning, not an error. */
export async function rtfToText(bytes: Uint8Array, maxChars: number, warnings: string[] = []): Promise<string> {
  return (await rtfReader(bytes, maxChars, warnings)).run();
}

async function rtfReader(bytes: Uint8Array, maxChars: number, warnings: string[]): Promise<RtfReader> {
  const iconv = (await import('iconv-lite')).default;
  return new RtfReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), maxChars, iconv, warnings);
}

class RtfReader {
  readonly #source: Buffer;
  readonly #sink: TextSink;
  readonly #maxChars: number;
  readonly #iconv: typeof import('iconv-lite');
  readonly #warnings: string[];
  readonly #fonts = new Map<number, string>();
  readonly #stack: Group[] = [];
  #group: Group = {
    isSkipped: false,
    fallback: 1,
    charset: 'windows-1252',
    isHtmlRtf: false,
    isHidden: false,
    isDeleted: false,
    font: -1,
    isTag: false,
    isStarred: false,
    isStory: false,
    capture: undefined,
    isCode: false,
    isInTable: false,
    isTwice: false,
  };
  #isHtml = false;
  #form: FormField | undefined;
  #shapeName = '';
  readonly #table = new RtfTable((place, text) => this.#sink.replace(place, text));
  readonly #fontNames = new Map<number, string>();
  #captured: Buffer[] = [];
  #capturedBytes = 0;
  #run: number[] = [];
  #pictureSize: { width: number | undefined; height: number | undefined } = { width: undefined, height: undefined };
  readonly objects: Buffer[] = [];
  readonly pictures: Picture[] = [];
  /** Bytes of one charset waiting to be decoded together: a character may span several \'xx. */
  #pending: number[] = [];
  #passOver = 0;
  #inFontTable = false;
  #font = 0;
  #at = 0;

  constructor(source: Buffer, maxChars: number, iconv: typeof import('iconv-lite'), warnings: string[]) {
    this.#source = source;
    this.#sink = new TextSink(maxChars);
    this.#maxChars = maxChars;
    this.#iconv = iconv;
    this.#warnings = warnings;
  }

  run(): string {
    const source = this.#source;
    while (this.#at < source.length) {
      const byte = source[this.#at]!; // at < length
      if (byte === 0x7b) this.#open();
      else if (byte === 0x7d) this.#close();
      else if (byte === 0x5c) this.#control();
      else {
        this.#at += 1;
        if (byte !== 0x0d && byte !== 0x0a && byte !== 0) this.#byte(byte);
      }
    }
    this.#flush();
    this.#table.end();
    if (this.#stack.length > 0) this.#warnings.push('rtf: the file is cut off; its text up to the cut was read');
    const text = this.#sink.toString();
    return this.#isHtml ? htmlToText(text, { maxChars: this.#maxChars, maxElements: MAX_HTML_ELEMENTS }) : text;
  }

  #open(): void {
    this.#flush();
    this.#at += 1;
    if (this.#stack.length >= MAX_DEPTH)
      throw new TerminalError('extract.too-large', `rtf: at most ${MAX_DEPTH} nested groups are read`);
    this.#stack.push({ ...this.#group });
    this.#passOver = 0;
  }

  #close(): void {
    this.#flush();
    this.#at += 1;
    const outer = this.#stack.pop();
    if (outer === undefined) return;
    if (this.#group.capture !== undefined && this.#group.capture !== outer.capture)
      this.#endCapture(this.#group.capture);
    if (this.#form !== undefined && outer.capture === undefined && this.#formDepth === this.#stack.length)
      this.#endForm();
    if (this.#group.isCode && !outer.isCode) this.#endCode(outer);
    if (this.#group.isStory && !outer.isStory) this.#sink.breakLine();
    if (this.#inFontTable && !outer.isSkipped) this.#inFontTable = false;
    this.#group = outer;
    this.#passOver = 0;
  }

  #control(): void {
    const source = this.#source;
    const next = source[this.#at + 1];
    if (next === undefined) {
      this.#at += 1;
      return;
    }
    if (!isLetter(next)) {
      this.#symbol(next);
      return;
    }
    let end = this.#at + 1;
    while (end < source.length && end - this.#at < 40 && isLetter(source[end]!)) end += 1; // end < length
    const word = source.toString('latin1', this.#at + 1, end);
    const digits = /^-?\d{1,10}/.exec(source.toString('latin1', end, end + 11))?.[0];
    if (digits !== undefined) end += digits.length;
    if (source[end] === 0x20) end += 1;
    this.#at = end;
    this.#word(word, digits === undefined ? undefined : Number(digits));
  }

  #symbol(next: number): void {
    this.#at += 2;
    const char = String.fromCharCode(next);
    if (char === "'") {
      const byte = Number.parseInt(this.#source.toString('latin1', this.#at, this.#at + 2), 16);
      this.#at += 2;
      if (!Number.isNaN(byte)) this.#byte(byte);
    } else if (char === '*') {
      this.#group.isStarred = true;
      const name = /^\s*\\([a-zA-Z]+)/.exec(this.#source.toString('latin1', this.#at, this.#at + 40))?.[1];
      if (name !== undefined && !SHOWN.has(name) && !(this.#isHtml && name === 'htmltag')) this.#group.isSkipped = true;
    } else if (char === '\\' || char === '{' || char === '}') this.#byte(next);
    else if (char === '~') this.#text(' ');
    else if (char === '_') this.#text('-');
    else if (char === '\n' || char === '\r') this.#text('\n');
  }

  #word(word: string, value: number | undefined): void {
    const symbol = SYMBOLS[word];
    if (symbol !== undefined) {
      this.#text(symbol);
      if (this.#isVisible()) this.#table.mark(word, this.#sink.place, this.#group.isInTable);
      return;
    }
    switch (word) {
      case 'pard':
        this.#group.isInTable = false;
        return;
      case 'intbl':
        this.#group.isInTable = true;
        return;
      case 'trowd':
      case 'trleft':
      case 'cellx':
        if (this.#isVisible()) this.#table.describe(word, value ?? 0);
        return;
      case 'u':
        if (value !== undefined) this.#unicode(value);
        return;
      case 'uc':
        this.#group.fallback = Math.max(0, Math.min(value ?? 1, 100));
        return;
      case 'bin':
        this.#binary(Math.max(0, value ?? 0));
        return;
      case 'ansicpg':
        if (value !== undefined && value > 0) this.#setCharset(value === 65001 ? 'utf8' : `cp${value}`);
        return;
      case 'mac':
        this.#setCharset('macintosh');
        return;
      case 'pc':
        this.#setCharset('cp437');
        return;
      case 'f':
        this.#useFont(value ?? 0);
        return;
      case 'fcharset':
        if (this.#inFontTable && value !== undefined) this.#fonts.set(this.#font, CODEPAGE_OF_CHARSET[value] ?? '');
        return;
      case 'v':
        this.#flush();
        this.#group.isHidden = value !== 0;
        return;
      case 'deleted':
        this.#flush();
        this.#group.isDeleted = value !== 0;
        return;
      case 'plain':
        this.#flush();
        this.#group.isHidden = false;
        this.#group.isDeleted = false;
        return;
      case 'fromhtml':
        this.#isHtml = value !== 0;
        return;
      case 'htmltag':
        this.#flush();
        this.#group.isTag = this.#isHtml;
        return;
      case 'fldinst':
        this.#flush();
        this.#group.isSkipped = true;
        this.#group.isCode = true;
        this.#code = '';
        this.#hasForm = false;
        return;
      case 'formfield':
        this.#hasForm = true;
        this.#group.isCode = false;
        this.#form = { kind: 0, chosen: undefined, atFirst: 0, options: [] };
        this.#formDepth = this.#stack.length - 1;
        this.#group.isSkipped = true;
        return;
      case 'fftype':
        if (this.#form !== undefined) this.#form.kind = value ?? 0;
        return;
      case 'ffres':
        if (this.#form !== undefined && value !== AS_AT_FIRST) this.#form.chosen = value;
        return;
      case 'ffdefres':
        if (this.#form !== undefined) this.#form.atFirst = value ?? 0;
        return;
      case 'picwgoal':
        this.#pictureSize.width = (value ?? 0) * EMU_OF_TWIP;
        return;
      case 'pichgoal':
        this.#pictureSize.height = (value ?? 0) * EMU_OF_TWIP;
        return;
      case 'htmlrtf':
        this.#flush();
        this.#group.isHtmlRtf = value !== 0;
        return;
      case 'upr':
        // The same text twice: for readers of old, and in Unicode.
        if (this.#isVisible()) this.#group.isTwice = true;
        this.#group.isSkipped = true;
        return;
      case 'ud':
        if (this.#group.isTwice) this.#group.isSkipped = false;
        return;
      case 'fonttbl':
        this.#inFontTable = true;
        this.#group.isSkipped = true;
        return;
      default:
        if (SKIPPED.has(word)) this.#group.isSkipped = true;
        if (STORIES.has(word) && this.#isVisible()) {
          this.#flush();
          this.#sink.breakLine();
          this.#group.isStory = true;
        }
        if (CAPTURES[word] !== undefined) this.#beginCapture(CAPTURES[word]);
    }
  }

  #setCharset(charset: string): void {
    this.#flush();
    if (!this.#iconv.encodingExists(charset)) return;
    this.#group.charset = charset;
    this.#default = charset;
  }
  #default = 'windows-1252';

  #useFont(font: number): void {
    this.#flush();
    this.#font = font;
    this.#group.font = font;
    if (!this.#inFontTable) this.#group.charset = this.#fonts.get(font) || this.#default;
  }

  #unicode(value: number): void {
    const code = value < 0 ? value + 65536 : value;
    if (this.#group.capture === 'option' || this.#group.capture === 'shape-value') this.#captureText(code);
    else if (this.#group.isCode) this.#addCode(String.fromCharCode(code));
    else if (code >= 0xf000 && code <= 0xf0ff)
      this.#text(symbolText(this.#fontNames.get(this.#group.font) ?? 'Wingdings', code.toString(16)));
    else if (code > 0 && code <= 0x10ffff) this.#text(String.fromCodePoint(code));
    this.#passOver = this.#group.fallback;
  }

  /** A byte of text in the charset of the group. */
  #byte(byte: number): void {
    if (this.#passOver > 0) this.#passOver -= 1;
    else if (this.#group.capture !== undefined) this.#capture(byte);
    else if (this.#group.isCode) this.#addCode(String.fromCharCode(byte));
    else if (this.#inFontTable) {
      if (!this.#group.isStarred) this.#fontName(byte);
    } else if (this.#isVisible()) this.#pending.push(byte);
  }

  #text(text: string): void {
    if (!this.#isVisible()) return;
    this.#flush();
    this.#emit(text);
  }

  #isVisible(): boolean {
    const { isSkipped, isHtmlRtf, isHidden, isDeleted } = this.#group;
    return !isSkipped && !isHtmlRtf && !isHidden && !isDeleted;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = [];
    const font = this.#fontNames.get(this.#group.font) ?? '';
    if (/^(wingdings|webdings|symbol)/i.test(font))
      this.#emit(Array.from(bytes, (byte) => (byte === 0x20 ? ' ' : symbolText(font, byte.toString(16)))).join(''));
    else this.#emit(this.#iconv.decode(bytes, this.#group.charset));
  }

  /** Text of a wrapped HTML page is text: its markup stands in tags of its own. */
  #emit(text: string): void {
    this.#sink.add(this.#isHtml && !this.#group.isTag ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;') : text);
  }

  #fontName(byte: number): void {
    const name = this.#fontNames.get(this.#font) ?? '';
    if (byte !== 0x3b && name.length < 64) this.#fontNames.set(this.#font, name + String.fromCharCode(byte));
  }

  #beginCapture(kind: Capture): void {
    this.#flush();
    this.#endRun();
    this.#captured = [];
    this.#capturedBytes = 0;
    this.#group.capture = kind;
    if (kind === 'picture') this.#pictureSize = { width: undefined, height: undefined };
  }

  #capture(byte: number): void {
    if (this.#capturedBytes >= MAX_CAPTURED) return;
    this.#run.push(byte);
    this.#capturedBytes += 1;
    if (this.#run.length >= 65_536) this.#endRun();
  }

  #captureText(code: number): void {
    for (const byte of Buffer.from(`\\u${code};`)) this.#capture(byte);
  }

  #endRun(): void {
    if (this.#run.length > 0) this.#captured.push(Buffer.from(this.#run));
    this.#run = [];
  }

  /** \binN: the bytes as they are. */
  #binary(length: number): void {
    const end = Math.min(this.#source.length, this.#at + length);
    const { capture } = this.#group;
    if ((capture === 'picture' || capture === 'object') && this.#capturedBytes + end - this.#at <= MAX_CAPTURED) {
      this.#endRun();
      this.#captured.push(Buffer.from(this.#source.toString('hex', this.#at, end)));
      this.#capturedBytes += end - this.#at;
    }
    this.#at = end;
  }

  #endCapture(kind: Capture): void {
    this.#endRun();
    const bytes = Buffer.concat(this.#captured);
    this.#captured = [];
    if (kind === 'picture' || kind === 'object') {
      const file = Buffer.from(bytes.toString('latin1').replace(/[^0-9a-f]/gi, ''), 'hex');
      const { width, height } = this.#pictureSize;
      if (kind === 'object' && this.objects.length < MAX_FILES && file.length > 0) this.objects.push(file);
      else if (
        kind === 'picture' &&
        this.pictures.length < MAX_FILES &&
        isShownLarge(width, height) &&
        mayHoldText(file)
      )
        this.pictures.push({ bytes: file });
      return;
    }
    const text = this.#iconv
      .decode(bytes, this.#group.charset)
      .replace(/\\u(\d{1,7});/g, (_whole, code: string) => String.fromCodePoint(Math.min(0x10ffff, Number(code))))
      .trim();
    if (kind === 'option') this.#form?.options.push(text);
    else if (kind === 'shape-name') this.#shapeName = text;
    else if (this.#shapeName === 'gtextUNICODE' && text !== '') this.#sink.add(`\n${text}\n`);
  }

  #addCode(text: string): void {
    if (this.#code.length < MAX_FIELD_CODE) this.#code += text;
  }
  #code = '';
  #hasForm = false;

  /** A box whose data are missing is shown unchecked; an equation is shown by its code. */
  #endCode({ isSkipped, isHtmlRtf, isHidden, isDeleted }: Group): void {
    if (isSkipped || isHtmlRtf || isHidden || isDeleted) return;
    if (!this.#hasForm && /^\s*FORMCHECKBOX\b/i.test(this.#code)) this.#sink.add(`${checkbox(false)} `);
    const shown = fieldText(this.#code);
    if (shown !== undefined) this.#emit(shown);
  }

  /** The choice stands where the field does; a result in words follows by itself. */
  #endForm(): void {
    const { kind, chosen, atFirst, options } = this.#form!; // the caller has looked
    this.#form = undefined;
    if (kind === 1) this.#sink.add(`${checkbox((chosen ?? atFirst) === 1)} `);
    else if (kind === 2) this.#sink.add(options[chosen ?? atFirst] ?? '');
  }
  #formDepth = -1;
}

const isLetter = (byte: number) => (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
