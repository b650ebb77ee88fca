// Rich Text Format: visible text by the RTF 1.9.1 specification, also the RTF that Outlook wraps around HTML bodies.
// Invariants: R1 depth and binary lengths are bounded; a cut file gives the text up to the cut. R2 one pass, linear in the input.
import { TerminalError } from '../../errors.ts';
import { plain, type ReadContext, type ReadText, TextSink } from '../reading.ts';

const MAX_DEPTH = 1000;

// Destinations whose text is no text of the document. {\*\… groups of unknown kind are skipped as well.
const SKIPPED = new Set(
  'fonttbl colortbl stylesheet info pict object objdata themedata colorschememapping latentstyles datastore generator listtable listoverridetable rsidtbl xmlnstbl fldinst filetbl revtbl mmathPr pgptbl protusertbl userprops wgrffmtfilter bkmkstart bkmkend xe tc nonshppict shppict sp background template operator author'.split(
    ' ',
  ),
);
/** Starred destinations that hold visible text. */
const SHOWN = new Set(['shptxt', 'footnote', 'annotation', 'pntext', 'pnseclvl']);

const SYMBOLS: Readonly<Record<string, string>> = {
  par: '\n',
  line: '\n',
  sect: '\n',
  page: '\n',
  row: '\n',
  nestrow: '\n',
  cell: '\t',
  nestcell: '\t',
  tab: '\t',
  emdash: '—',
  endash: '–',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  emspace: ' ',
  enspace: ' ',
  qmspace: ' ',
}; // prettier-ignore

const CODEPAGE_OF_CHARSET: Readonly<Record<number, string>> = {
  77: 'macintosh',
  128: 'shift_jis',
  129: 'cp949',
  134: 'gb18030',
  136: 'big5',
  161: 'windows-1253',
  162: 'windows-1254',
  163: 'windows-1258',
  177: 'windows-1255',
  178: 'windows-1256',
  186: 'windows-1257',
  204: 'windows-1251',
  222: 'windows-874',
  238: 'windows-1250',
}; // prettier-ignore

interface Group {
  isSkipped: boolean;
  /** Bytes to pass over after \u: the \uc value. */
  fallback: number;
  charset: string;
  isHtmlRtf: boolean;
  isHidden: boolean;
}

export async function readRtf(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const warnings: string[] = [];
  const text = await rtfToText(bytes, limits.maxChars, warnings);
  return plain(text, warnings);
}

/** Text of RTF bytes. Truncation is a warning, not an error. */
export async function rtfToText(bytes: Uint8Array, maxChars: number, warnings: string[] = []): Promise<string> {
  const iconv = (await import('iconv-lite')).default;
  return new RtfReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), maxChars, iconv, warnings).run();
}

class RtfReader {
  readonly #source: Buffer;
  readonly #sink: TextSink;
  readonly #iconv: typeof import('iconv-lite');
  readonly #warnings: string[];
  readonly #fonts = new Map<number, string>();
  readonly #stack: Group[] = [];
  #group: Group = { isSkipped: false, fallback: 1, charset: 'windows-1252', isHtmlRtf: false, isHidden: false };
  /** Bytes of one charset waiting to be decoded together: a character may span several \'xx. */
  #pending: number[] = [];
  #passOver = 0;
  #inFontTable = false;
  #font = 0;
  #at = 0;

  constructor(source: Buffer, maxChars: number, iconv: typeof import('iconv-lite'), warnings: string[]) {
    this.#source = source;
    this.#sink = new TextSink(maxChars);
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
    if (this.#stack.length > 0) this.#warnings.push('rtf: the file is cut off; its text up to the cut was read');
    return this.#sink.toString();
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
      const name = /^\s*\\([a-zA-Z]+)/.exec(this.#source.toString('latin1', this.#at, this.#at + 40))?.[1];
      if (name !== undefined && !SHOWN.has(name)) this.#group.isSkipped = true;
    } else if (char === '\\' || char === '{' || char === '}') this.#byte(next);
    else if (char === '~') this.#text(' ');
    else if (char === '_') this.#text('-');
    else if (char === '\n' || char === '\r') this.#text('\n');
  }

  #word(word: string, value: number | undefined): void {
    const symbol = SYMBOLS[word];
    if (symbol !== undefined) {
      this.#text(symbol);
      return;
    }
    switch (word) {
      case 'u':
        if (value !== undefined) this.#unicode(value);
        return;
      case 'uc':
        this.#group.fallback = Math.max(0, Math.min(value ?? 1, 100));
        return;
      case 'bin':
        this.#at = Math.min(this.#source.length, this.#at + Math.max(0, value ?? 0));
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
      case 'plain':
        this.#group.isHidden = false;
        return;
      case 'htmlrtf':
        this.#flush();
        this.#group.isHtmlRtf = value !== 0;
        return;
      case 'fonttbl':
        this.#inFontTable = true;
        this.#group.isSkipped = true;
        return;
      default:
        if (SKIPPED.has(word)) this.#group.isSkipped = true;
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
    if (!this.#inFontTable) this.#group.charset = this.#fonts.get(font) || this.#default;
  }

  #unicode(value: number): void {
    const code = value < 0 ? value + 65536 : value;
    if (code > 0 && code <= 0x10ffff) this.#text(String.fromCodePoint(code));
    this.#passOver = this.#group.fallback;
  }

  /** A byte of text in the charset of the group. */
  #byte(byte: number): void {
    if (this.#passOver > 0) this.#passOver -= 1;
    else if (this.#isVisible()) this.#pending.push(byte);
  }

  #text(text: string): void {
    if (!this.#isVisible()) return;
    this.#flush();
    this.#sink.add(text);
  }

  #isVisible(): boolean {
    return !this.#group.isSkipped && !this.#group.isHtmlRtf && !this.#group.isHidden;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = [];
    this.#sink.add(this.#iconv.decode(bytes, this.#group.charset));
  }
}

const isLetter = (byte: number) => (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
