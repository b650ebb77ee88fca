// Hyphens at line ends. PDFium joins the two parts with U+FFFE and does not tell whether the hyphen belonged to the word: the document's own words
// decide, then its language.

const BREAK = '\ufffe';
/** Languages that write compounds as one word: two known words side by side are no reason for a hyphen. */
const JOINING = new Set(['de', 'nl', 'da', 'sv', 'no', 'nb', 'nn', 'fi', 'is', 'hu', 'et']);
/** First parts that keep their hyphen in English. */
const KEEPING = new Set([
  'non',
  'self',
  'well',
  'cross',
  'ex',
  'quasi',
  'semi',
  'long',
  'short',
  'high',
  'low',
  'full',
  'half',
  'part',
  'third',
  'first',
  'second',
  'so',
  'all',
  'tax',
  'year',
  'mid',
  'vice',
]);

/** Pages with each U+FFFE decided. @param language  asked only when a page has one */
export async function joinHyphens(
  pages: readonly string[],
  language: (text: string) => Promise<string | null>,
): Promise<string[]> {
  if (!pages.some((page) => page.includes(BREAK))) return [...pages];
  const lines = pages.map((page) => page.split(BREAK));
  const words = wordsAmong(halvesOf(lines), pages);
  const isJoining = JOINING.has((await language(sampleOf(pages))) ?? '');
  return lines.map((pieces) =>
    pieces
      .map((piece, i) => (i === 0 ? piece : hyphenOf(pieces[i - 1]!, piece, words, isJoining) + piece)) // i > 0
      .join(''),
  );
}

const SAMPLE_CHARS = 4000;

function sampleOf(pages: readonly string[]): string {
  let sample = '';
  for (let i = 0; i < pages.length && sample.length < SAMPLE_CHARS; i++)
    sample += `${pages[i]!.slice(0, SAMPLE_CHARS)}\n`; // i < length
  return sample.replaceAll(BREAK, '').slice(0, SAMPLE_CHARS);
}

/** The longest word has fewer letters. */
const MAX_HALF = 80;
const WORD_SIGN = /[\p{L}\p{N}]/u;

function lastWord(text: string): string {
  let start = text.length;
  while (start > 0 && text.length - start < MAX_HALF && WORD_SIGN.test(text[start - 1]!)) start -= 1; // start > 0
  return text.slice(start);
}

function firstWord(text: string): string {
  let end = 0;
  while (end < text.length && end < MAX_HALF && WORD_SIGN.test(text[end]!)) end += 1; // end < length
  return text.slice(0, end);
}

/** What the breaks of all pages are decided by: the word without a hyphen, the word with it, each half. */
function halvesOf(lines: readonly (readonly string[])[]): Set<string> {
  const asked = new Set<string>();
  for (const pieces of lines)
    for (let i = 1; i < pieces.length; i++) {
      const [a, b] = [lastWord(pieces[i - 1]!).toLowerCase(), firstWord(pieces[i]!).toLowerCase()]; // i < length
      for (const word of [a + b, `${a}-${b}`, a, b]) asked.add(word);
    }
  return asked;
}

function hyphenOf(left: string, right: string, words: ReadonlySet<string>, isJoining: boolean): '-' | '' {
  const [before, after] = [lastWord(left), firstWord(right)];
  // "Umsatzsteuer-Voranmeldung", "ABC-DEF", "2020-2021": no word is broken before a capital or a digit.
  if (before === '' || after === '' || /^[\p{Lu}\p{N}]/u.test(after) || /\p{N}$/u.test(before)) return '-';
  const [a, b] = [before.toLowerCase(), after.toLowerCase()];
  const isWhole = words.has(a + b);
  const isHyphenated = words.has(`${a}-${b}`);
  if (isWhole !== isHyphenated) return isHyphenated ? '-' : '';
  if (isJoining) return '';
  return KEEPING.has(a) || (a.length >= 3 && b.length >= 3 && words.has(a) && words.has(b)) ? '-' : '';
}

/** What ends a word, by code: blanks and the punctuation of ASCII and of the general kind, hyphens aside. */
const WORD_ENDS = new Uint8Array(0x3040);
for (const [first, last] of [
  [0, 0x2c],
  [0x2e, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0xa9],
  [0xab, 0xb4],
  [0xb6, 0xb9],
  [0xbb, 0xbf],
  [0x1680, 0x1680],
  [0x2000, 0x2010],
  [0x2012, 0x206f],
  [0x3000, 0x303f],
] as const)
  WORD_ENDS.fill(1, first, last + 1);
const BYTE_ORDER_MARK = 0xfeff;
const endsWord = (code: number) => (code < WORD_ENDS.length ? WORD_ENDS[code] === 1 : code === BYTE_ORDER_MARK);
const HYPHEN = 0x2d;

/** Those of the words asked for that stand within a line: the halves around a break are none. */
function wordsAmong(asked: ReadonlySet<string>, pages: readonly string[]): Set<string> {
  const found = new Set<string>();
  // By first character and length: most words differ in these from all that are asked for.
  const shapes = new Set([...asked].map((word) => shapeOf(word.charCodeAt(0), word.length)));
  for (const page of pages) {
    const text = page.toLowerCase();
    let start = 0;
    for (let at = 0; at <= text.length; at++) {
      if (at < text.length && !endsWord(text.charCodeAt(at))) continue;
      const end = at > start && text.charCodeAt(at - 1) === HYPHEN ? at - 1 : at;
      if (at > start && shapes.has(shapeOf(text.charCodeAt(start), end - start))) {
        const word = text.slice(start, end);
        if (asked.has(word)) found.add(word);
      }
      start = at + 1;
    }
  }
  return found;
}

const shapeOf = (first: number, length: number) => length * 0x10000 + first;
