// A java.util.regex pattern as a JavaScript regular expression that matches the same, or a refusal.
// Invariants: J1 what is translated matches as in JDK 17; what could differ (back references, \G, \X, (?u), …) is refused with the
// construct's name. J2 classes are written as ranges of code points, so that a model reads texts alike on every machine.
// Source: java.util.regex.Pattern (JDK 17); a test compares with what a JDK gave.
import {
  type CharSet,
  complement,
  escapeSets,
  intersection,
  isAsciiName,
  letterOrDigit,
  namedSet,
  nonSpacingMark,
  unicodeEscape,
  union,
  withAsciiCases,
} from './char-sets.ts';
import { matchesInsidePairs } from './inside-pairs.ts';
import {
  assertion,
  BMP,
  classSource,
  END,
  holdsSome,
  isAstral,
  LAST_LINE_END,
  LINE_BREAK,
  LINE_END,
  LOW_SURROGATES,
  MULTILINE_END,
  MULTILINE_START,
  type Part,
  partOf,
  START,
  SURROGATES,
  together,
} from './parts.ts';
import { PatternReader } from './pattern-reader.ts';

const MAX_DEPTH = 100;
/** Properties that ignore CASE_INSENSITIVE in some Java versions and not in others. */
const CASED_PROPERTY = /^(Is)?(L[ult]|Lower|Upper|LOWERCASE|UPPERCASE|TITLECASE|java(Lower|Upper|Title)Case)$/i;

interface Flags {
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  unicode: boolean;
}

/**
 * @returns a global expression; matches equal those of `Pattern.compile(pattern)`
 * @throws {TerminalError} model.unsupported with the construct that is not translated
 */
export function javaPattern(pattern: string): RegExp {
  const parser = new Parser(pattern);
  const { source, isNullable, most } = parser.parse();
  const expression = new RegExp(source, parser.readsCodePoints ? 'gu' : 'g');
  if (!parser.readsCodePoints) return expression;
  if (parser.beginsAtUnits && parser.hasDot && parser.looksAround)
    throw parser.refuse(
      '"." beside \\B, a look-ahead or a look-behind, which Java tries inside characters of two units',
    );
  if (isNullable && (most > 0 || parser.hasHalves || matchesInsidePairs(expression, insidePairs(pattern))))
    throw parser.refuse('a pattern that can match the empty string, beside characters outside the BMP');
  return expression;
}

/** The pattern as Java sees it between two surrogates. */
const insidePairs = (pattern: string): RegExp => new RegExp(new Parser(pattern, true).parse().source, 'gu');

class Parser extends PatternReader {
  #depth = 0;
  #atomics = 0;
  #lookbehinds = 0;
  #flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, unicode: false };
  /** It looks at code points: the flag u. */
  readsCodePoints = false;
  /** Java begins at every UTF-16 unit: only "." and \b look at code points, which does not count there. */
  beginsAtUnits = true;
  hasDot = false;
  looksAround = false;
  /** A class holds some surrogates and not others. */
  hasHalves = false;
  readonly #isInsidePair: boolean;

  /** @param isInsidePair  what a look-behind sees there is never a character outside the BMP, nor one half of it */
  constructor(pattern: string, isInsidePair = false) {
    super(pattern);
    this.#isInsidePair = isInsidePair;
  }

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
    if (parts.length === 1) return parts[0]!;
    return {
      ...together(parts),
      source: parts.map(({ source }) => source).join('|'),
      isNullable: parts.some(({ isNullable }) => isNullable),
      most: Math.max(...parts.map(({ most }) => most)),
    };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.at < this.chars.length && this.peek() !== '|' && this.peek() !== ')')
      parts.push(this.#quantified(this.#atom()));
    const [only] = parts;
    return {
      ...together(parts),
      source: parts.map(({ source }) => source).join(''),
      isNullable: parts.every(({ isNullable }) => isNullable),
      most: parts.reduce((sum, { most }) => sum + most, 0),
      ...(parts.length === 1 && only?.chars !== undefined ? { chars: only.chars } : {}),
    };
  }

  #quantified(atom: Part): Part {
    const quantifier = this.#quantifier();
    if (quantifier === undefined) return atom;
    const { text, least, most } = quantifier;
    // JavaScript takes no empty turn of a repetition that may have none
    if (atom.isNullable && (most > 1 || least === 0)) throw this.refuse('a repetition of what can be empty');
    const isPossessive = this.skip('+');
    const lazy = !isPossessive && this.skip('?') ? '?' : '';
    if (/[*+?{]/.test(this.peek() ?? '')) throw this.refuse('a repetition of a repetition');
    if (atom.hasLineEnd === true && atom.source !== LINE_BREAK) throw this.refuse('\\R in a group that is repeated');
    const body = atom.hasLineEnd === true ? this.#atomic(atom.source) : atom.source;
    const source = `${atom.isAtom === true ? body : `(?:${body})`}${text}${lazy}`;
    const part = {
      ...together([atom]),
      isNullable: atom.isNullable || least === 0,
      most: atom.most === 0 ? 0 : atom.most * most,
    };
    return { ...part, source: isPossessive ? this.#atomic(source) : source };
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
        this.hasDot = true;
        this.readsCodePoints = true;
        return partOf(this.#flags.dotAll ? [[0, 0x10ffff]] : complement(LINE_END));
      case '^':
        return assertion(this.#flags.multiline ? MULTILINE_START : START);
      case '$':
        return assertion(this.#flags.multiline ? MULTILINE_END : LAST_LINE_END);
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
        this.looksAround = true;
        return assertion(this.#enclosed(`(?${c}`).source);
      case '>': {
        const part = this.#enclosed('(?:');
        return { ...part, source: this.#atomic(part.source) };
      }
      case '<': {
        const next = this.peek();
        if (next !== '=' && next !== '!') {
          while (this.take() !== '>'); // a name: nothing refers to it
          return this.#enclosed('(?:');
        }
        this.at++;
        return this.#lookBehind(`(?<${next}`);
      }
      default:
        this.at--;
        return this.#inlineFlags();
    }
  }

  #enclosed(opening: string): Part {
    const before = this.#flags;
    const part = this.#alternatives();
    this.#flags = before;
    if (!this.skip(')')) throw this.refuse('a group that does not end');
    return { ...part, source: `${opening}${part.source})`, isAtom: true };
  }

  /** Java counts UTF-16 units back, unless a character outside the BMP is written somewhere behind the opening. */
  #lookBehind(opening: string): Part {
    this.looksAround = true;
    this.#lookbehinds++;
    const countsCodePoints = this.chars
      .slice(this.at)
      .some((c) => c.length > 1 || isAstral([[c.codePointAt(0)!, c.codePointAt(0)!]]));
    const part = this.#enclosed(opening);
    this.#lookbehinds--;
    if (part.most === Number.POSITIVE_INFINITY) throw this.refuse('a look-behind without a greatest length');
    if (part.isWide !== true) return assertion(part.source);
    if (this.#isInsidePair) return assertion(opening.endsWith('=') === part.isNullable ? '' : '(?!)');
    if (countsCodePoints) return assertion(part.source);
    if (part.chars === undefined)
      throw this.refuse('a look-behind at several characters of which one may lie outside the BMP');
    const halves = intersection(part.chars, LOW_SURROGATES);
    if (holdsSome(part.chars, LOW_SURROGATES)) throw this.refuse('a look-behind at single surrogates');
    // one unit back is the second half of a pair
    const seen = union(intersection(part.chars, BMP), halves.length > 0 ? complement(BMP) : []);
    return assertion(`${opening}${classSource(seen)})`);
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
        if (c === ')') return assertion('');
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
        return assertion(START);
      case 'z':
        this.at++;
        return assertion(END);
      case 'Z':
        this.at++;
        return assertion(LAST_LINE_END);
      case 'R':
        this.at++;
        return { source: LINE_BREAK, isNullable: false, isAtom: true, most: 2, hasLineEnd: true };
      default: {
        const set = this.#classEscape();
        return set === undefined ? this.#character(this.codePoint()) : this.#set(set.set, set.isWide);
      }
    }
  }

  /** A word, for \b of JDK 17: letters, digits, "_", and non-spacing marks after a letter or digit. */
  #boundary(isNegated: boolean): Part {
    this.readsCodePoints = true;
    if (isNegated) this.looksAround = true;
    const bmp = (set: CharSet) => intersection(set, BMP);
    if (this.#flags.unicode) {
      const word = classSource(unicodeEscape('w'));
      const source = isNegated
        ? `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
        : `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      return assertion(source);
    }
    const word = classSource(union(letterOrDigit(), [[0x5f, 0x5f]]));
    const base = classSource(bmp(letterOrDigit()));
    const mark = classSource(bmp(nonSpacingMark()));
    const left = `(?:${word}|${base}${mark}+)`;
    const right = `(?:(?=${word})|(?<=${base}${mark}*)(?=${classSource(nonSpacingMark())}))`;
    const source = isNegated
      ? `(?:(?<=${left})${right}|(?<!${left})(?!${right}))`
      : `(?:(?<=${left})(?!${right})|(?<!${left})${right})`;
    return assertion(source);
  }

  #character(codePoint: number): Part {
    const set: CharSet = [[codePoint, codePoint]];
    return this.#set(this.#flags.ignoreCase ? withAsciiCases(set) : set);
  }

  /** @param isWide  Java takes it for a class that may hold characters outside the BMP, whatever it holds */
  #set(set: CharSet, isWide = false): Part {
    if (isWide || isAstral(set)) this.#setWide();
    if (holdsSome(set, SURROGATES)) this.hasHalves = true;
    return partOf(set);
  }

  #setWide(): void {
    this.readsCodePoints = true;
    this.beginsAtUnits = false;
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
    this.#setWide();
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
    if (isAstral(set)) this.#setWide();
    return set;
  }

  #classEscapeOrRange(): CharSet {
    if (this.peek() === 'v' && this.peek(1) === '-') {
      this.at++;
      return this.#rangeFrom(0x0b); // as before Java 8
    }
    const found = this.#classEscape();
    if (found === undefined) return this.#rangeFrom(this.codePoint());
    if (found.isWide) this.#setWide();
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
      return this.#property(c === 'P');
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

  #property(isNegated: boolean): { set: CharSet; isWide: boolean } {
    let name = this.take();
    if (name === '{') {
      name = '';
      for (let c = this.take(); c !== '}'; c = this.take()) name += c;
    }
    if (this.#flags.ignoreCase && CASED_PROPERTY.test(name.replace(/^.*=/, '')))
      throw this.refuse(`\\p{${name}} under (?i)`);
    const set = namedSet(name, this.#flags.unicode);
    if (set === undefined) throw this.refuse(`\\p{${name}}`);
    const isWide = isNegated || this.#flags.unicode || !isAsciiName(name);
    return { set: isNegated ? complement(set) : set, isWide };
  }
}
