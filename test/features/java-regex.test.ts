// Java's regular expressions, against what a JDK gave for the same classes, patterns and texts (java/MakeGoldens.java).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { complement, intersection, union } from '../../shared/features/java-regex/char-sets.ts';
import { JAVA_VERSION } from '../../shared/features/java-regex/char-tables.ts';
import { javaPattern } from '../../shared/features/java-regex/pattern.ts';
import { createRegexTokenizer, splitLikeJava } from '../../shared/features/tokenizer.ts';
import fc from '../fakes/property.ts';

interface Goldens {
  origin: string;
  classes: Record<string, string>;
  texts: string[];
  patterns: { pattern: string; split?: string[][]; found?: string[][] }[];
}
const goldens = JSON.parse(readFileSync(join(import.meta.dirname, 'java/goldens.json'), 'utf8')) as Goldens;

/** Of what a class of one character holds: by its ranges, or by trying every code point. */
function hashOf(expression: string): string {
  const { source, flags } = javaPattern(expression);
  const digest = createHash('sha256');
  if (/^\[(\\u(\{[0-9a-f]+\}|[0-9a-f]{4})-?)*\]$/.test(source)) {
    const bounds = /\\u\{?([0-9a-f]+)\}?(?:-\\u\{?([0-9a-f]+)\}?)?/g;
    for (const [, from, to = from] of source.matchAll(bounds))
      digest.update(`${Number.parseInt(from!, 16)}-${Number.parseInt(to!, 16)},`);
    return digest.digest('hex').slice(0, 16);
  }
  const anchored = new RegExp(`^(?:${source})$`, flags.replace('g', ''));
  for (let c = 0, from = -1; c <= 0x110000; c++) {
    const isIn = c <= 0x10ffff && anchored.test(String.fromCodePoint(c));
    if (isIn && from < 0) from = c;
    if (isIn || from < 0) continue;
    digest.update(`${from}-${c - 1},`);
    from = -1;
  }
  return digest.digest('hex').slice(0, 16);
}

/** Not read: \p{javaMirrored} has no table. */
const REFUSED_CLASSES = ['\\p{javaMirrored}'];
/** Java reads these; JavaScript could not be made to match alike. */
const REFUSED_PATTERNS =
  '[^x]*?  \\B  (a*)*  (a|b*)+  (?:|a)+  (.)\\1  \\G\\w  \\X  (?x)a b  (?u)a  (?d).  \\b{g}  (?iU)a  (?i)\\p{Lu}  [a&&]  \\N{DIGIT ONE}  (?!\\p{L})  (?<=a+)b  (\\R)+  (?:\\R\\s)?x  (?:|a)?b  (?:a*?)?b  \\P{L}[.]?|  \\P{L}*  \\B.  (?!b).  (?<!b).  (?<=\\p{L}\\p{L})x  (?<=x-a+)b  (?=[\\ude00])  (?<=😀?)'.split(
    '  ',
  );

describe("Java's classes", () => {
  test('the tables and the goldens are of the same Java', () => {
    expect(goldens.origin).toContain(JAVA_VERSION);
  });

  test('every class holds the code points that it holds in Java, or is refused', () => {
    const wrong: string[] = [];
    for (const [expression, hash] of Object.entries(goldens.classes)) {
      if (hash === 'error' || REFUSED_CLASSES.includes(expression)) {
        expect(() => javaPattern(expression), expression).toThrow(
          expect.objectContaining({ code: 'model.unsupported' }),
        );
      } else if (hashOf(expression) !== hash) wrong.push(expression);
    }
    expect(wrong).toEqual([]);
  });

  test('set algebra: a code point is in what its parts say', () => {
    const set = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40 })))
      .map((pairs) => union(pairs.map(([from, length]) => [from, from + length] as const)));
    const has = (ranges: ReturnType<typeof union>, c: number) => ranges.some(([from, to]) => c >= from && c <= to);
    fc.assert(
      fc.property(set, set, fc.integer({ min: 0, max: 345 }), (a, b, c) => {
        expect(has(union(a, b), c)).toBe(has(a, c) || has(b, c));
        expect(has(intersection(a, b), c)).toBe(has(a, c) && has(b, c));
        expect(has(complement(a), c)).toBe(!has(a, c));
      }),
    );
  });
});

describe("Java's patterns", () => {
  test.each(goldens.patterns)('$pattern splits and finds as in Java, or is refused', ({ pattern, split, found }) => {
    if (split === undefined || REFUSED_PATTERNS.includes(pattern)) {
      expect(() => javaPattern(pattern)).toThrow(expect.objectContaining({ code: 'model.unsupported' }));
      return;
    }
    const expression = javaPattern(pattern);
    goldens.texts.forEach((text, i) => {
      expect(splitLikeJava(text, expression)).toEqual(split[i]);
      expect(Array.from(text.matchAll(expression), (match) => match[0])).toEqual(found![i]);
    });
  });

  test('a refusal names the stage, the pattern and the construct', () => {
    const spec = { pattern: '(\\w)\\1', gaps: true, minTokenLength: 1, toLowercase: true };
    expect(() => createRegexTokenizer(spec)).toThrow(/RegexTokenizer pattern "\(\\\\w\)\\\\1".*\\1/);
  });
});
