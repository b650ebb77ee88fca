// A java.util.regex pattern as a JavaScript regular expression that matches the same, or a refusal.
// Invariants: J1 what is translated matches as in JDK 17; what could differ (back references, \G, \X, (?u), …) is refused with the
// construct's name. J2 classes are written as ranges of code points, so that a model reads texts alike on every machine.
// Source: java.util.regex.Pattern (JDK 17); a test compares with what a JDK gave.
import {
  type CharSet,
  complement,
  escapeSets,
  intersection,
  letterOrDigit,
  namedSet,
  nonSpacingMark,
  unicodeEscape,
  union,
  withAsciiCases,
} from './char-sets.ts';
import { PatternReader } from './pattern-reader.ts';

const LINE_END: CharSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x85, 0x85],
  [0x2028, 0x2029],
];
const MAX_DEPTH = 100;
/** Properties that ignore CASE_INSENSITIVE in some Java versions and not in others. */
const CASED_PROPERTY = /^(Is)?(L[ult]|Lower|Upper|LOWERCASE|UPPERCASE|TITLECASE|java(Lower|Upper|Title)Case)$/i;

interface Flags {
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  unicode: boolean;
}

/** A translated part. */
interface Part {
  source: string;
  /** It can match the empty string. */
  isNullable: boolean;
  /** A single character: a quantifier needs no group around it. */
  isAtom?: boolean;
}

/**
 * @returns a global expression; matches equal those of `Pattern.compile(pattern)`
 * @throws {TerminalError} model.unsupported with the construct that is not translated
 */
export function javaPattern(pattern: string): RegExp {
  const parser = new Parser(pattern);
  const { source, isNullable } = parser.parse();
  const expression = new RegExp(source, parser.needsCodePoints ? 'gu' : 'g');
  // Java goes on after an empty match one UTF-16 unit later, JavaScript one code point: they differ where an empty match inside a pair can be
  if (parser.needsCodePoints && isNullable && new RegExp(`^(?:${source})`, 'u').exec('\uDE00')?.[0] === '')
    throw parser.refuse('a pattern that matches the empty string beside characters outside the BMP');
  return expression;
}

class Parser extends PatternReader {
  #depth = 0;
  #atomics = 0;
  #lookbehinds = 0;
  #flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, unicode: false };
  /** The expression holds characters outside the BMP, or their complement. */
  needsCodePoints = false;

  parse(): Part {
    const part = this.#alternatives();
    if (this.at < this.chars.length) throw this.refuse(`"${this.chars[this.at]}" without its opening`);
    return part;
  }

  #alternatives(): Part {
    if (++this.#depth > MAX_DEPTH) throw this.refuse('groups nested too deeply');
    const before = this.#flags; // flags set inside hold until the end of the group, over all alternatives that follow
    const parts = [this.#sequence()];
    while (this.skip('|')) parts.push(this.#sequence());
    this.#flags = before;
    this.#depth--;
    return {
      source: parts.map(({ source }) => source).join('|'),
      isNullable: parts.some(({ isNullable }) => isNullable),
    };
  }

  #sequence(): Part {
    let source = '';
    let isNullable = true;
    while (this.at < this.chars.length && this.peek() !== '|' && this.peek() !== ')') {
      const part = this.#quantified(this.#atom());
      source += part.source;
      isNullable &&= part.isNullable;
    }
    return { source, isNullable };
  }

  #quantified(atom: Part): Part {
    const quantifier = this.#quantifier();
    if (quantifier === undefined) return atom;
    const { text, least, most } = quantifier;
    if (atom.isNullable && most > 1) throw this.refuse('a repetition of what can be empty');
    const isPossessive = this.skip('+');
    const lazy = !isPossessive && this.skip('?') ? '?' : '';
    if (/[*+?{]/.test(this.peek() ?? '')) throw this.refuse('a repetition of a repetition');
    const body = atom.isAtom === true ? atom.source : `(?:${atom.source})`;
    const source = `${body}${text}${lazy}`;
    const isNullable = atom.isNullable || least === 0;
    return isPossessive ? { source: this.#atomic(source), isNullable } : { source, isNullable };
  }

  /** A match that is not given back: looked for ahead, then taken as it was found. */
  #atomic(source: string): string {
    if (this.#lookbehinds > 0) throw this.refuse('a possessive part in a look-behind');
    const name = `atomic${this.#atomics++}`;
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
  }

  #quantifier(): { text: string; least: number; most: number } | undefined {
    if (this.skip('*')) return { text: '*', least: 0, most: Number.POSITIVE_INFINITY };
    if (this.skip('+')) return { text: '+', least: 1, most: Number.POSITIVE_INFINITY };
    if (this.skip('?')) return { text: '?', least: 0, most: 1 };
    if (this.peek() !== '{') return undefined;
    const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.chars.slice(this.at, this.at + 40).join(''));
    if (found === null) throw this.refuse('"{" that is no repetition');
    this.at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (most < least || least > 0x7fffffff) throw this.refuse(`the repetition ${found[0]}`);
    return { text: found[0], least, most };
  }

  #atom(): Part {
    const c = this.take();
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return this.#set(this.#class());
      case '.':
        return this.#set(this.#flags.dotAll ? [[0, 0x10ffff]] : complement(LINE_END), true);
      case '^':
        return this.#assertion(this.#flags.multiline ? MULTILINE_START : START);
      case '$':
        return this.#assertion(this.#flags.multiline ? MULTILINE_END : LAST_LINE_END);
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
      case '{':
        throw this.refuse(`"${c}" that repeats nothing`);
      default:
        return this.#character(c.codePointAt(0)!);
    }
  }

  #group(): Part {
    const isPlain = !this.skip('?');
    if (isPlain) return this.#enclosed('(?:');
    const c = this.take();
    switch (c) {
      case ':':
        return this.#enclosed('(?:');
      case '=':
      case '!':
        return { ...this.#enclosed(`(?${c}`), isNullable: true, isAtom: false };
      case '>': {
        const { source, isNullable } = this.#enclosed('(?:');
        return { source: this.#atomic(source), isNullable };
      }
      case '<': {
        const next = this.peek();
        if (next !== '=' && next !== '!') {
          while (this.take() !== '>'); // a name: nothing refers to it
          return this.#enclosed('(?:');
        }
        this.at++;
        this.#lookbehinds++;
        const part = this.#enclosed(`(?<${next}`);
        this.#lookbehinds--;
        return { ...part, isNullable: true, isAtom: false };
      }
      default:
        this.at--;
        return this.#inlineFlags();
    }
  }

  #enclosed(opening: string): Part {
    const before = this.#flags;
    const { source, isNullable } = this.#alternatives();
    this.#flags = before;
    if (!this.skip(')')) throw this.refuse('a group that does not end');
    return { source: `${opening}${source})`, isNullable, isAtom: true };
  }

  /** (?i) until the end of the group, or (?i:…). */
  #inlineFlags(): Part {
    const flags = { ...this.#flags };
    const before = this.#flags;
    let on = true;
    for (;;) {
      const c = this.take();
      if (c === '-') on = false;
      else if (c === 'i') flags.ignoreCase = on;
      else if (c === 'm') flags.multiline = on;
      else if (c === 's') flags.dotAll = on;
      else if (c === 'U') flags.unicode = on;
      else if (c === ')' || c === ':') {
        if (flags.ignoreCase && flags.unicode) throw this.refuse('flags (?iU)');
        this.#flags = flags;
        if (c === ')') return { source: '', isNullable: true };
        const part = this.#enclosed('(?:');
        this.#flags = before;
        return part;
      } else throw this.refuse(`flag (?${c})`);
    }
  }

  #escape(): Part {
    const c = this.peek() ?? '';
    switch (c) {
      case 'b':
      case 'B':
        this.at++;
        if (this.peek() === '{') throw this.refuse('\\b{g}');
        return this.#boundary(c === 'B');
      case 'A':
        this.at++;
        return this.#assertion(START);
      case 'z':
        this.at++;
        return this.#assertion(END);
      case 'Z':
        this.at++;
        return this.#assertion(LAST_LINE_END);
      case 'R':
        this.at++;
        return { source: '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])', isNullable: false, isAtom: true };
      default: {
        const set = this.#classEscape();
        return set === undefined ? this.#character(this.codePoint()) : this.#set(set.set, set.isWide);
      }
    }
  }

  #assertion(source: string): Part {
    return { source, isNullable: true };
  }

  /** A word, for \b of JDK 17: letters, digits, "_", and non-spacing marks after a letter or digit. */
  #boundary(isNegated: boolean): Part {
    this.needsCodePoints = true;
    const bmp = (set: CharSet) => intersection(set, [[0, 0xffff]]);
    if (this.#flags.unicode) {
      const word = classSource(unicodeEscape('w'));
      const source = isNegated
        ? `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
        : `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      return { source, isNullable: true };
    }
    const word = classSource(union(letterOrDigit(), [[0x5f, 0x5f]]));
    const base = classSource(bmp(letterOrDigit()));
    const mark = classSource(bmp(nonSpacingMark()));
    const left = `(?:${word}|${base}${mark}+)`;
    const right = `(?:(?=${word})|(?<=${base}${mark}*)(?=${classSource(nonSpacingMark())}))`;
    const source = isNegated
      ? `(?:(?<=${left})${right}|(?<!${left})(?!${right}))`
      : `(?:(?<=${left})(?!${right})|(?<!${left})${right})`;
    return { source, isNullable: true };
  }

  #character(codePoint: number): Part {
    const set: CharSet = [[codePoint, codePoint]];
    return this.#set(this.#flags.ignoreCase ? withAsciiCases(set) : set);
  }

  /** @param isWide  Java takes it for a class that may hold characters outside the BMP, whatever it holds */
  #set(set: CharSet, isWide = false): Part {
    if (isWide || isAstral(set)) this.needsCodePoints = true;
    return { source: classSource(set), isNullable: false, isAtom: true };
  }

  /** Behind "[". Java 9 and later: a negation covers the whole class, intersections included. */
  #class(): CharSet {
    if (++this.#depth > MAX_DEPTH) throw this.refuse('classes nested too deeply');
    const isNegated = this.skip('^');
    let set = this.#classItems();
    while (this.peek() === '&') {
      this.at += 2; // #classItems stops at "&&" only
      if (this.peek() === ']' || this.peek() === '&') throw this.refuse('"&&" without a right side');
      const isNested = this.peek() === '[';
      if (isNested) {
        this.at++;
        set = intersection(set, this.#class());
        if (this.peek() !== ']' && !(this.peek() === '&' && this.peek(1) === '&'))
          throw this.refuse('a class behind "&&" that goes on after its nested class'); // Java versions differ
      } else set = intersection(set, this.#classItems());
    }
    if (!this.skip(']')) throw this.refuse('a class that does not end');
    this.#depth--;
    if (!isNegated) return set;
    this.needsCodePoints = true;
    return complement(set);
  }

  /** Characters, ranges, escapes and nested classes up to "]" or "&&". */
  #classItems(): CharSet {
    const sets: CharSet[] = [];
    for (;;) {
      const c = this.peek();
      if (c === undefined) throw this.refuse('a class that does not end');
      if (c === ']' && sets.length > 0) break;
      if (c === '&' && this.peek(1) === '&') {
        if (sets.length === 0) throw this.refuse('"&&" without a left side');
        break;
      }
      this.at++;
      if (c === '[') sets.push(this.#class());
      else if (c === '\\') sets.push(this.#classEscapeOrRange());
      else sets.push(this.#rangeFrom(c.codePointAt(0)!));
    }
    const set = union(...sets);
    if (isAstral(set)) this.needsCodePoints = true;
    return set;
  }

  #classEscapeOrRange(): CharSet {
    const found = this.#classEscape();
    if (found === undefined) return this.#rangeFrom(this.codePoint());
    if (found.isWide) this.needsCodePoints = true;
    return found.set;
  }

  #rangeFrom(first: number): CharSet {
    let last = first;
    const next = this.peek(1);
    if (this.peek() === '-' && next !== '[' && next !== ']') {
      this.at++;
      const c = this.take();
      last = c === '\\' ? this.codePoint() : c.codePointAt(0)!;
      if (last < first) throw this.refuse('a range that runs backwards');
    }
    return this.#flags.ignoreCase ? withAsciiCases([[first, last]]) : [[first, last]];
  }

  /** Behind a backslash: a class such as \d or \p{…}; undefined when it is a character. */
  #classEscape(): { set: CharSet; isWide: boolean } | undefined {
    const c = this.peek() ?? '';
    if (c === 'p' || c === 'P') {
      this.at++;
      return { set: this.#property(c === 'P'), isWide: true };
    }
    const key = c.toLowerCase();
    if (!Object.hasOwn(escapeSets, key)) return undefined;
    this.at++;
    const isWide = c !== key || (this.#flags.unicode && 'dws'.includes(key));
    const set =
      this.#flags.unicode && 'dws'.includes(key)
        ? unicodeEscape(key as 'd' | 'w' | 's')
        : escapeSets[key as keyof typeof escapeSets];
    return { set: c === key ? set : complement(set), isWide };
  }

  #property(isNegated: boolean): CharSet {
    let name = this.take();
    if (name === '{') {
      name = '';
      for (let c = this.take(); c !== '}'; c = this.take()) name += c;
    }
    if (this.#flags.ignoreCase && CASED_PROPERTY.test(name.replace(/^.*=/, '')))
      throw this.refuse(`\\p{${name}} under (?i)`);
    const set = namedSet(name, this.#flags.unicode);
    if (set === undefined) throw this.refuse(`\\p{${name}}`);
    return isNegated ? complement(set) : set;
  }
}

const START = '(?<![^])';
const END = '(?![^])';
const LAST_LINE_END = '(?:(?![^])|(?=\\r\\n(?![^]))|(?=[\\r\\u0085\\u2028\\u2029](?![^]))|(?<!\\r)(?=\\n(?![^])))';
const MULTILINE_START = '(?:(?=[^])(?:(?<![^])|(?<=[\\n\\u0085\\u2028\\u2029])|(?<=\\r)(?!\\n)))';
const MULTILINE_END = '(?:(?![^])|(?=[\\r\\u0085\\u2028\\u2029])|(?<!\\r)(?=\\n))';

/** Does Java look at code points to decide? It does for surrogates and for what lies above them. */
const isAstral = (set: CharSet): boolean => set.some(([from, to]) => to > 0xffff || (from <= 0xdfff && to >= 0xd800));

function classSource(set: CharSet): string {
  const write = (codePoint: number): string =>
    codePoint > 0xffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)
      ? `\\u{${codePoint.toString(16)}}`
      : `\\u${codePoint.toString(16).padStart(4, '0')}`;
  return `[${set.map(([from, to]) => (from === to ? write(from) : `${write(from)}-${write(to)}`)).join('')}]`;
}
