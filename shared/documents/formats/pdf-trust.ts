// Can the text of a page be what is painted on it? Judged from the text as it came, before cleaning, and from what else is painted.
// Measured on the 50 PDFs of the corpus: no page of them has a control character, and the share of common letters never falls below 0.5.

/** What a page shows beside its text. */
export interface PageMarks {
  images: number;
  /** Part of the page that images cover, 0 to 1. */
  imageShare: number;
  paths: number;
  /** Curves of all paths: a letter drawn as an outline has about ten. */
  curves: number;
}

/** A text layer shorter than this on a page with images is a scan's noise. */
const SCANT_CHARS = 20;
/** A line of a fax machine, a stamp of the archive, a page number: less than this beside an image as large as the page. */
const STAMP_CHARS = 400;
const WHOLE_PAGE = 0.5;
/** Outlines of some hundred letters beside a heading in letters. */
const OUTLINED_CURVES = 1500;
const HEADING_CHARS = 200;

/** Is what the page says mainly in its images or outlines? `isLayer`: its text is invisible, as OCR writes it over a scan. */
export function isPicture(text: string, marks: () => PageMarks, isLayer: () => boolean): boolean {
  const chars = text.trim().length;
  if (chars >= STAMP_CHARS) return false;
  const { images, imageShare, paths, curves } = marks();
  if (chars === 0) return images > 0 || paths > 0;
  if (chars < SCANT_CHARS) return images > 0 || curves > SCANT_CHARS * 10 || paths > 300;
  if (imageShare >= WHOLE_PAGE && !isLayer()) return true;
  return chars < HEADING_CHARS && curves > OUTLINED_CURVES;
}

/** Signs that stand in no word. */
const ODD_SIGN = /[†‡€¢¤¥¦§©¬®¶×÷¿¡‰™º¹²³¼½¾¨¸¯\x7f-\x9f\ue000-\uf8ff\ufffd]/g;

/** Lines without those that hold a word of shifted letters ("Szk&òFWWG66†ÆæBvÖ$€"), as writers leave them that lack a font for one letter. */
export function withoutGarbledLines(text: string): { text: string; dropped: number } {
  if (!hasTwoInAWord(text)) return { text, dropped: 0 };
  const lines = text.split('\n');
  const kept = lines.filter((line) => !line.split(/\s+/).some(isGarbledWord));
  return { text: kept.join('\n'), dropped: lines.length - kept.length };
}

const LONG_WORD = 200;
const BEYOND_ASCII = /[\x7f-\uffff]/;

/** Do two odd signs stand in one word? Most pages with such signs have them apart: ©, §, °. */
function hasTwoInAWord(text: string): boolean {
  // Most pages have none, and this looks at them faster.
  if (!BEYOND_ASCII.test(text)) return false;
  let previous = Number.NEGATIVE_INFINITY;
  for (const { index } of text.matchAll(ODD_SIGN)) {
    if (index - previous < LONG_WORD && !/\s/.test(text.slice(previous, index))) return true;
    previous = index;
  }
  return false;
}

function isGarbledWord(word: string): boolean {
  return (
    word.length >= 10 &&
    /^(?!https?:)[^@]*$/.test(word) &&
    (word.match(ODD_SIGN)?.length ?? 0) >= 2 &&
    (word.match(/\p{L}/gu)?.length ?? 0) >= 6 &&
    /\p{Ll}\P{L}?\p{Lu}|\p{Lu}\p{Lu}[^\p{L}\s]+\p{L}/u.test(word)
  );
}

const MAX_LOOKED_AT = 6000;
const FEW = 8;
const UNREADABLE_SHARE = 0.12;
const MIN_LETTERS = 80;
const COMMON_SHARE = 0.42;

/**
 * Are these the numbers of glyphs rather than letters: control and private characters, or Latin words without the letters that every language
 * of that script is made of (e a i n r t o s l: 55 to 70 of 100 letters, about 35 when letters are shifted)?
 * @param unmapped  share of a sample of characters for which the font gives no Unicode
 */
export function isGarbled(text: string, unmapped: number): boolean {
  const { ink, strange, letters, common } = countSigns(text, Math.min(text.length, MAX_LOOKED_AT));
  if (ink < FEW) return false;
  if (strange / ink > UNREADABLE_SHARE || unmapped > UNREADABLE_SHARE) return true;
  return letters >= MIN_LETTERS && common / letters < COMMON_SHARE;
}

// Kinds of ASCII characters, by their code: most of a page is these, and every page is gone through.
const BLANK = 1;
const LETTER = 2;
const COMMON_LETTER = 3;
const DIGIT = 4;
const STRANGE = 5;
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code);
  if (/[eainrtosl]/i.test(sign)) return COMMON_LETTER;
  if (/[a-z]/i.test(sign)) return LETTER;
  if (/[0-9]/.test(sign)) return DIGIT;
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return BLANK;
  return code < 0x20 || code === 0x7f ? STRANGE : 0;
});
const BREAK = 0xfffe;

/**
 * One pass, as it is made over every page.
 * @returns `ink`: signs that show; `strange`: control, private and replacement characters; `letters`: of Latin words of three and more ASCII letters,
 *   `common` ones among them
 */
function countSigns(text: string, end: number): { ink: number; strange: number; letters: number; common: number } {
  let [ink, strange, letters, common] = [0, 0, 0, 0];
  let [run, runCommon] = [0, 0];
  /** Has the word a digit or a letter beyond ASCII? */
  let isMixed = false;
  for (let i = 0; i <= end; i++) {
    const code = i < end ? text.charCodeAt(i) : 0x20;
    const kind = code < 128 ? KINDS[code]! : isLetter(code) ? DIGIT : 0; // 128 kinds
    if (kind === LETTER || kind === COMMON_LETTER) {
      ink += 1;
      run += 1;
      if (kind === COMMON_LETTER) runCommon += 1;
      continue;
    }
    if (kind === DIGIT) {
      ink += 1;
      isMixed = true;
      continue;
    }
    if (run >= 3 && !isMixed) {
      letters += run;
      common += runCommon;
    }
    run = runCommon = 0;
    isMixed = false;
    if (kind === BLANK || code === 0xa0 || code === BREAK) continue;
    ink += 1;
    if (kind === STRANGE || (code >= 128 && isStrange(code))) strange += 1;
  }
  return { ink, strange, letters, common };
}

/** What is no punctuation beyond ASCII. */
const isLetter = (code: number) =>
  (code >= 0xc0 &&
    code < 0xe000 &&
    code !== 0xd7 &&
    code !== 0xf7 &&
    !(code >= 0x2000 && code <= 0x2bff) &&
    !(code >= 0x3000 && code <= 0x303f)) ||
  (code >= 0xf900 && code < 0xfff0);

/** Beyond ASCII. */
const isStrange = (code: number) => code <= 0x9f || (code >= 0xe000 && code <= 0xf8ff) || code >= 0xfff0;
