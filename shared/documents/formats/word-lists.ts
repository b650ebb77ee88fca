// Numbers that Word puts before the paragraphs of lists and headings ("§ 4", "2.b)"): they stand in no text, a person sees and cites them.
// Bullets are no text, unless they are the signs of boxes.
// Source: ECMA-376 part 1, 17.9 (numbering), 17.9.25 (restarts), 17.18.59 (formats of numbers).
import { isChoice, symbolText } from './choices.ts';
import { type Level, MAX_LEVELS, type NumberedList, type Numbering } from './word-numbering.ts';
import type { WordStyles } from './word-styles.ts';

/** Counts the paragraphs of one story. */
export class WordLists {
  readonly #numbering: Numbering;
  readonly #styles: WordStyles;
  /** The last number of each level. */
  readonly #counts = new Map<string, (number | undefined)[]>();

  constructor(numbering: Numbering, styles: WordStyles) {
    this.#numbering = numbering;
    this.#styles = styles;
  }

  /** What stands before the next paragraph, with the space behind it. @param own  list and level that the paragraph names */
  next(style: string | undefined, own: { id: string | undefined; level: number | undefined }): string {
    if (this.#numbering.size === 0) return '';
    const ofStyle = style === undefined ? undefined : this.#styles.paragraphs.get(style);
    const id = own.id ?? ofStyle?.list;
    const found = id === undefined || id === '0' ? undefined : this.#numbering.get(id);
    if (found === undefined) return '';
    const byStyle =
      own.id === undefined
        ? found.levels.findIndex((level) => level?.style !== undefined && level.style === style)
        : -1;
    const at = own.level ?? (byStyle >= 0 ? byStyle : (ofStyle?.level ?? 0));
    const level = found.levels[at];
    if (level === undefined) return '';
    if (level.format === 'bullet') return bullet(level);
    const counts = this.#count(found, at);
    if (level.format === 'none') return '';
    const label = level.text.replace(/%([1-9])/g, (_whole, digit: string) => {
      const other = found.levels[Number(digit) - 1];
      const count = counts[Number(digit) - 1] ?? other?.start ?? 1;
      return other === undefined ? '' : numberText(count, level.isLegal ? 'decimal' : other.format);
    });
    return label.trim() === '' ? '' : `${label.trim()} `;
  }

  #count({ list, levels }: NumberedList, at: number): (number | undefined)[] {
    const counts = this.#counts.get(list) ?? [];
    this.#counts.set(list, counts);
    for (let above = 0; above < at; above++) counts[above] ??= levels[above]?.start ?? 1;
    const last = counts[at];
    counts[at] = last === undefined ? (levels[at]?.start ?? 1) : last + 1;
    for (let below = at + 1; below < MAX_LEVELS; below++) {
      const restart = levels[below]?.restart;
      if (restart === undefined || (restart > 0 && at < restart)) counts[below] = undefined;
    }
    return counts;
  }
}

function bullet({ text, font }: Level): string {
  const sign = text === '' ? '' : symbolText(font, text.charCodeAt(0).toString(16));
  return isChoice(sign) ? sign : '';
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
]; // prettier-ignore

function roman(n: number): string {
  let left = n;
  let text = '';
  for (const [value, sign] of ROMAN) for (; left >= value; left -= value) text += sign;
  return text;
}

/** 1 → a, 26 → z, 27 → aa, as Word counts. */
const letters = (n: number) => String.fromCharCode(97 + ((n - 1) % 26)).repeat(Math.ceil(n / 26));

/** A number in a format of lists; those of scripts that are not known here as decimals. */
export function numberText(n: number, format: string): string {
  const isSmall = n >= 1 && n <= 5000;
  switch (format) {
    case 'none':
      return '';
    case 'decimalZero':
      return String(n).padStart(2, '0');
    case 'upperRoman':
      return isSmall ? roman(n).toUpperCase() : String(n);
    case 'lowerRoman':
      return isSmall ? roman(n) : String(n);
    case 'upperLetter':
      return isSmall ? letters(n).toUpperCase() : String(n);
    case 'lowerLetter':
      return isSmall ? letters(n) : String(n);
    default:
      return String(n);
  }
}
