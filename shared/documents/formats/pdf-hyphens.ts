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
const MAX_WORDS = 200_000;

/** Pages with each U+FFFE decided. @param language  asked only when a page has one */
export async function joinHyphens(
  pages: readonly string[],
  language: (text: string) => Promise<string | null>,
): Promise<string[]> {
  if (!pages.some((page) => page.includes(BREAK))) return [...pages];
  const words = wordsOf(pages);
  const isJoining = JOINING.has((await language(pages.join('\n').replaceAll(BREAK, '').slice(0, 20_000))) ?? '');
  return pages.map((page) =>
    page.replace(/([\p{L}\p{N}]*)\ufffe(?=([\p{L}\p{N}]*))/gu, (_whole, before: string, after: string) =>
      keepsHyphen(before, after, words, isJoining) ? `${before}-` : before,
    ),
  );
}

function keepsHyphen(before: string, after: string, words: ReadonlySet<string>, isJoining: boolean): boolean {
  // "Umsatzsteuer-Voranmeldung", "ABC-DEF", "2020-2021": no word is broken before a capital or a digit.
  if (before === '' || after === '' || /^[\p{Lu}\p{N}]/u.test(after) || /\p{N}$/u.test(before)) return true;
  const [a, b] = [before.toLowerCase(), after.toLowerCase()];
  const isWhole = words.has(a + b);
  const isHyphenated = words.has(`${a}-${b}`);
  if (isWhole !== isHyphenated) return isHyphenated;
  if (isJoining) return false;
  return KEEPING.has(a) || (a.length >= 3 && b.length >= 3 && words.has(a) && words.has(b));
}

/** Words and hyphenated words that stand within a line: the halves around a break are none. */
function wordsOf(pages: readonly string[]): Set<string> {
  const words = new Set<string>();
  for (const page of pages)
    for (const [word] of page
      .toLowerCase()
      .matchAll(/(?<![\p{L}\p{N}\ufffe-])[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*(?![\p{L}\p{N}\ufffe])/gu)) {
      if (words.size >= MAX_WORDS) return words;
      words.add(word);
    }
  return words;
}
