// Texts as words that are searched for: what a word is, and which words count as the same.
// Invariants: W1 the same function makes words of documents and of questions. W2 a word keeps its place in the text, so that it can be marked there.
// W3 case, accents, ligatures and full width make no difference; nor do ä, ae and a, ß and ss, as in Müller, Mueller and Muller.
// Scripts without blanks (Chinese, Japanese, Thai, Khmer, Lao, Burmese) give one word a character; a question in them is a phrase.

/** Longer words are cut: nobody types them, and hostile ones would fill the index. */
const MAX_TERM_CHARS = 64;

export interface Word {
  /** As it is compared. */
  term: string;
  /** Where it stands, in UTF-16 units. */
  from: number;
  to: number;
}

// Soft hyphens and joiners stand inside words.
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]\p{M}*|(?:[[\p{L}\p{N}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]][\p{M}\u00ad\u200b-\u200d\u2060]*)+/gv;

/** The words of a text, in their order. */
export function* wordsOf(text: string): Generator<Word> {
  for (const { 0: written, index } of text.matchAll(WORD)) {
    const term = fold(written);
    if (term !== '') yield { term, from: index, to: index + written.length };
  }
}

const PLAIN = /^[a-z0-9]+$/;
/** Accents of European scripts, vowel signs of Arabic and Hebrew; of other scripts marks are letters. */
const MARKS = /[\u0300-\u036f\u064b-\u065f\u0591-\u05c7]/g;
const NOT_WORD = /[^\p{L}\p{M}\p{N}]/gu;
/** What normalisation leaves as it is. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** W3. */
export function fold(written: string): string {
  let term = written.toLowerCase();
  if (!PLAIN.test(term))
    term = term
      .normalize('NFKD')
      .toLowerCase()
      .replace(MARKS, '')
      .replace(/[ßæœøłđðþı]/g, (letter) => LETTERS[letter] ?? letter)
      .replace(NOT_WORD, '');
  // After a vowel, ue is no ü: neue, Mauer, treue.
  if (term.includes('e'))
    term = term
      .replace(/ae/g, 'a')
      .replace(/oe/g, 'o')
      .replace(/(?<![aeioquy])ue/g, 'u');
  return term.length <= MAX_TERM_CHARS ? term : term.slice(0, MAX_TERM_CHARS).replace(/[\uD800-\uDBFF]$/, '');
}
