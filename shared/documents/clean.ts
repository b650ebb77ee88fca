// Text as a reader found it → text as it is stored and classified.
// Invariants: C1 clean(clean(t)) = clean(t). C2 words are never lost, except repeated page headers and footers.

import { evenlySpaced } from './blanks.ts';

// Ligatures and Arabic presentation forms are typography: NFKC maps them back to letters. Elsewhere NFKC would change meaning (x² → x2).
const PRESENTATION_FORMS = /[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufdff\ufe70-\ufefc]+/g;
// \u034f joins combining marks: an alternative of its own, a class cannot hold it safely.
const INVISIBLE = /\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g;
// Colours and styles of a terminal.
const ESCAPES = /\x1b\[[0-9;?]{0,20}[a-zA-Z]/g;
const CONTROL = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/g;
const LINE_END = /\r\n?|[\x0b\x0c\x85\u2028\u2029]/g;
/** Without the no-break space, which to a pattern looks like a space until it has looked twice. */
const WIDE_BLANK = /[\u1680\u2000-\u200a\u202f\u205f\u3000]/;
const BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
// "Ver-\nordnung" → "Verordnung": both sides at least two lower-case letters, so that lists and ranges stay.
const HYPHENATED = /(?<=\p{Ll}{2})[-\u2010]\n(?=\p{Ll}{2})/gu;
// A soft hyphen at a line's end says the same outright.
const SOFT_HYPHENATED = /\u00ad[ \t]*(\r\n?|\n)[ \t]*(?=\p{L})/gu;

/** All that the patterns above look for but blanks and ends of lines: most texts have none of it, and one look is cheaper than six. */
const UNUSUAL =
  /[\u034f\0-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufb00-\ufdff\ufe70-\uffff]/;
/** Below it every character is its own NFC. */
const MAY_COMPOSE = /[\u0300-\uffff]/;

/** Normalise: NFC, no control or invisible characters, ligatures as letters, words joined over line ends, plain white space. */
export function clean(text: string): string {
  const plain = evenlySpaced(usual(text.toWellFormed()));
  // A search for characters is many times faster than a pattern that looks for them.
  const mayJoin = plain.includes('-\n') || plain.includes('\u2010\n');
  return trimmed(mayJoin ? plain.replace(HYPHENATED, '') : plain);
}

/** Without characters that nobody sees or that are written in two ways. */
function usual(text: string): string {
  if (!UNUSUAL.test(text)) {
    const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    const composed = MAY_COMPOSE.test(lines) ? lines.normalize('NFC') : lines;
    return composed.includes('\u00a0') || WIDE_BLANK.test(composed) ? composed.replace(BLANK, ' ') : composed;
  }
  return text
    .replace(SOFT_HYPHENATED, '')
    .replace(LINE_END, '\n')
    .replace(INVISIBLE, '')
    .replace(ESCAPES, '')
    .replace(CONTROL, '')
    .replace(PRESENTATION_FORMS, (forms) => forms.normalize('NFKC'))
    .normalize('NFC')
    .replace(BLANK, ' ');
}

/** Tabs in front hold columns in place. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && (text[from] === ' ' || text[from] === '\n')) from += 1;
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t' || text[to - 1] === '\n')) to -= 1;
  return text.slice(from, to);
}

const EDGE_LINES = 3;
const MIN_PAGES = 4;

/**
 * Pages to one text, page headers and footers kept once.
 * A line among the first or last three of a page is one when it stands, its page number aside, on most pages.
 */
export function joinPages(pages: readonly string[]): string {
  const lines = pages.map((page) => clean(page).split('\n'));
  if (pages.length >= MIN_PAGES) dropRepeatedEdges(lines);
  return clean(lines.map((page) => page.join('\n')).join('\n\n'));
}

function dropRepeatedEdges(pages: string[][]): void {
  const counts = new Map<string, number>();
  for (const [p, page] of pages.entries())
    for (const key of new Set(edgeIndexes(page).flatMap((i) => edgeKeys(page[i]!, p)))) // i < length
      counts.set(key, (counts.get(key) ?? 0) + 1);
  const need = Math.max(MIN_PAGES, Math.ceil(pages.length * 0.6));
  const seen = new Set<string>();
  for (const [p, page] of pages.entries())
    for (const i of edgeIndexes(page)) {
      const key = edgeKeys(page[i]!, p).find((k) => (counts.get(k) ?? 0) >= need);
      if (key === undefined) continue;
      if (seen.has(key)) page[i] = '';
      seen.add(key);
    }
}

function edgeIndexes(page: readonly string[]): number[] {
  const filled = page.flatMap((line, i) => (line === '' ? [] : [i]));
  return [...new Set([...filled.slice(0, EDGE_LINES), ...filled.slice(-EDGE_LINES)])];
}

/** The line itself, and the line with one of its numbers told relative to the page: "Page 7 of 9" is equal on every page, a table row is not. */
function edgeKeys(line: string, page: number): string[] {
  const lower = line.toLowerCase();
  const numbers = [...lower.matchAll(/\d{1,5}/g)].slice(0, 3);
  const relative = numbers.map(
    (m) => `${lower.slice(0, m.index)}#${Number(m[0]) - page}#${lower.slice(m.index + m[0].length)}`,
  );
  return [lower, ...relative];
}
