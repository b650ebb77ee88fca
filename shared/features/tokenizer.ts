// Words of a text as Spark ML sees them: Tokenizer, RegexTokenizer, StopWordsRemover and NGram, over strings.
// The hot path (Tokenizer straight into HashingTF) works on bytes instead: hashing-tf.ts. A test holds the two together.
// Source: org.apache.spark.ml.feature.{Tokenizer, RegexTokenizer, StopWordsRemover, NGram}; java.lang.String.split.
import { javaPattern } from './java-regex/pattern.ts';

export interface RegexTokenizerOptions {
  /** A Java regular expression; one that cannot be read exactly is refused. */
  pattern: string;
  /** true: the pattern separates tokens; false: it matches them. */
  gaps: boolean;
  /** In UTF-16 code units. */
  minTokenLength: number;
  toLowercase: boolean;
}

export const defaultRegexTokenizer: RegexTokenizerOptions = {
  pattern: '\\s+',
  gaps: true,
  minTokenLength: 1,
  toLowercase: true,
};

export interface StopWordsOptions {
  words: readonly string[];
  caseSensitive: boolean;
}

// Java's \s is these six; JavaScript's \s would also split at no-break spaces and others.
const JAVA_WHITESPACE = /[ \t\n\v\f\r]/g;

/** Spark's Tokenizer. Repeated separators give empty tokens; trailing ones are dropped; the empty text gives one empty token. */
export function tokenize(text: string): string[] {
  return splitLikeJava(text.toLowerCase(), JAVA_WHITESPACE);
}

/** Space-joined runs of n terms; fewer than n terms give none. */
export function nGrams(terms: readonly string[], n: number): string[] {
  const grams: string[] = [];
  for (let i = 0; i + n <= terms.length; i++) grams.push(terms.slice(i, i + n).join(' '));
  return grams;
}

/** Spark's RegexTokenizer; compiles the pattern once. @throws {TerminalError} model.unsupported */
export function createRegexTokenizer(spec: RegexTokenizerOptions): (text: string) => string[] {
  const pattern = javaPattern(spec.pattern);
  return (text) => {
    const input = spec.toLowercase ? text.toLowerCase() : text;
    const tokens = spec.gaps ? splitLikeJava(input, pattern) : [...input.matchAll(pattern)].map((match) => match[0]);
    return tokens.filter((token) => token.length >= spec.minTokenLength);
  };
}

/** Spark's StopWordsRemover. The empty token is no stop word. */
export function createStopWordsRemover(spec: StopWordsOptions): (terms: readonly string[]) => string[] {
  const normalize = spec.caseSensitive ? (word: string) => word : (word: string) => word.toLowerCase();
  const words = new Set(spec.words.map(normalize));
  return (terms) => terms.filter((term) => !words.has(normalize(term)));
}

/**
 * String.split(regex) of Java: no empty token from an empty match at the start; trailing empty tokens dropped; groups give no tokens.
 * @param pattern  global
 */
export function splitLikeJava(text: string, pattern: RegExp): string[] {
  const tokens: string[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (end === 0) continue;
    tokens.push(text.slice(at, match.index));
    at = end;
  }
  if (at === 0) return [text];
  tokens.push(text.slice(at));
  while (tokens.length > 0 && tokens.at(-1) === '') tokens.pop();
  return tokens;
}
