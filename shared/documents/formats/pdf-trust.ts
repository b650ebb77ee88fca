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
  if (text.search(ODD_SIGN) < 0) return { text, dropped: 0 };
  const lines = text.split('\n');
  const kept = lines.filter((line) => !line.split(/\s+/).some(isGarbledWord));
  return { text: kept.join('\n'), dropped: lines.length - kept.length };
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
  const sample = text.slice(0, MAX_LOOKED_AT);
  const ink = sample.match(/[^\s\ufffe]/g)?.length ?? 0;
  if (ink < FEW) return false;
  const strange = sample.match(/[\0-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\uffff]/g)?.length ?? 0;
  if (strange / ink > UNREADABLE_SHARE || unmapped > UNREADABLE_SHARE) return true;
  const letters = (sample.match(/(?<![\p{L}\p{N}])[a-z]{3,}(?![\p{L}\p{N}])/giu) ?? []).join('');
  if (letters.length < MIN_LETTERS) return false;
  return (letters.match(/[eainrtosl]/gi)?.length ?? 0) / letters.length < COMMON_SHARE;
}
