// The characters of a java.util.regex pattern, one after the other: what stands for itself, and what an escape means.
// Source: java.util.regex.Pattern.
import { TerminalError } from '../../errors.ts';

const LAST = 0x10ffff;

export class PatternReader {
  /** Code points. */
  protected readonly chars: readonly string[];
  readonly #pattern: string;
  protected at = 0;

  constructor(pattern: string) {
    this.chars = Array.from(unquote(pattern));
    this.#pattern = pattern;
  }

  refuse(what: string): TerminalError {
    return new TerminalError(
      'model.unsupported',
      `RegexTokenizer pattern ${JSON.stringify(this.#pattern)} cannot be read as Java reads it: ${what}`,
    );
  }

  protected peek(offset = 0): string | undefined {
    return this.chars[this.at + offset];
  }

  protected take(): string {
    const c = this.chars[this.at++];
    if (c === undefined) throw this.refuse('it ends too early');
    return c;
  }

  protected skip(c: string): boolean {
    if (this.peek() !== c) return false;
    this.at++;
    return true;
  }

  /** Behind a backslash: the one character meant. */
  protected codePoint(): number {
    const c = this.take();
    const simple: Record<string, number> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };
    if (Object.hasOwn(simple, c)) return simple[c]!;
    switch (c) {
      case '0':
        return this.#octal();
      case 'x':
        return this.skip('{') ? this.#hexUntilBrace() : this.#hex(2);
      case 'u':
        return this.#utf16();
      case 'c':
        return this.take().codePointAt(0)! ^ 64;
      default:
        if (/[A-Za-z1-9]/.test(c)) throw this.refuse(`\\${c}`);
        return c.codePointAt(0)!;
    }
  }

  #octal(): number {
    const [digits] = /^[0-3]?[0-7]{1,2}/.exec(this.chars.slice(this.at, this.at + 3).join('')) ?? [];
    if (digits === undefined) throw this.refuse('\\0 without octal digits');
    this.at += digits.length;
    return Number.parseInt(digits, 8);
  }

  #hex(length: number): number {
    const digits = this.chars.slice(this.at, this.at + length).join('');
    if (digits.length !== length || !/^[0-9A-Fa-f]+$/.test(digits))
      throw this.refuse(`"${digits}" is no hexadecimal number`);
    this.at += length;
    return Number.parseInt(digits, 16);
  }

  #hexUntilBrace(): number {
    let digits = '';
    for (let c = this.take(); c !== '}'; c = this.take()) digits += c;
    const value = /^[0-9A-Fa-f]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : LAST + 1;
    if (value > LAST) throw this.refuse(`\\x{${digits}}`);
    return value;
  }

  /** \uD83D\uDE00 is one character. */
  #utf16(): number {
    const unit = this.#hex(4);
    if (unit < 0xd800 || unit > 0xdbff || this.peek() !== '\\' || this.peek(1) !== 'u') return unit;
    const before = this.at;
    this.at += 2;
    const low = this.#hex(4);
    if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    this.at = before;
    return unit;
  }
}

/** \Q…\E as escaped characters. */
function unquote(pattern: string): string {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '\\') {
      out += pattern[i];
      continue;
    }
    if (pattern[i + 1] !== 'Q') {
      out += pattern[i]! + (pattern[++i] ?? '');
      continue;
    }
    const end = pattern.indexOf('\\E', i + 2);
    const quoted = pattern.slice(i + 2, end < 0 ? undefined : end);
    out += quoted.replace(/[!-/:-@[-`{-~]/g, '\\$&');
    i = end < 0 ? pattern.length : end + 1;
  }
  return out;
}
