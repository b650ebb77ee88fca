// Numbers that OpenDocument puts before the paragraphs of lists and headings: they stand in no text, a person sees and cites them.
// Source: OpenDocument 1.3 part 3, 5.3 (lists), 16.30 to 16.34 (list styles, outlines), 19.880 (display-levels).
import { attribute } from '../markup-handler.ts';
import { isChoice, symbolText } from './choices.ts';
import { numberText } from './word-lists.ts';

interface Level {
  format: string;
  prefix: string;
  suffix: string;
  start: number;
  /** Levels told, its own the last. */
  shown: number;
  /** A bullet that is a box. */
  sign: string;
}

const MAX_LEVELS = 10;
const MAX_STYLES = 10_000;
const FORMATS: Readonly<Record<string, string>> = {
  1: 'decimal',
  a: 'lowerLetter',
  A: 'upperLetter',
  i: 'lowerRoman',
  I: 'upperRoman',
};
const OUTLINE = '';

const isLevel = (name: string) => name.startsWith('list-level-style') || name.startsWith('outline-level-style');

/** List styles by name, the outline of headings under the empty one. Those of the package may be shared by its parts. */
export class OpenListStyles {
  readonly styles = new Map<string, (Level | undefined)[]>();
  #levels: (Level | undefined)[] | undefined;
  #level: Level | undefined;

  static looksAt(name: string): boolean {
    return name === 'list-style' || name === 'text-properties' || isLevel(name);
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'list-style' || name === 'outline-style') {
      this.#levels = [];
      const style = name === 'outline-style' ? OUTLINE : (attribute(attributes, 'name') ?? '?');
      if (this.styles.size < MAX_STYLES) this.styles.set(style, this.#levels);
    } else if (isLevel(name)) this.#open(attributes);
    else if (name === 'text-properties' && this.#level !== undefined && this.#level.sign !== '') {
      const font = attribute(attributes, 'font-name') ?? attribute(attributes, 'font-family') ?? '';
      const sign = symbolText(font.replaceAll("'", ''), this.#level.sign.charCodeAt(0).toString(16));
      this.#level.sign = isChoice(sign) ? sign : '';
    }
  }

  #open(attributes: Record<string, string>): void {
    const number = Number(attribute(attributes, 'level'));
    if (this.#levels === undefined || !(number >= 1 && number <= MAX_LEVELS)) return;
    this.#level = {
      format: FORMATS[attribute(attributes, 'num-format') ?? ''] ?? 'none',
      prefix: attribute(attributes, 'num-prefix') ?? '',
      suffix: attribute(attributes, 'num-suffix') ?? '',
      start: Number(attribute(attributes, 'start-value') ?? 1),
      shown: Math.max(1, Number(attribute(attributes, 'display-levels')) || 1),
      sign: attribute(attributes, 'bullet-char') ?? '',
    };
    this.#levels[number - 1] = this.#level;
  }

  close(name: string): void {
    if (name === 'list-style' || name === 'outline-style') this.#levels = undefined;
    else if (isLevel(name)) {
      if (this.#level !== undefined && this.#level.sign !== '' && !isChoice(this.#level.sign)) this.#level.sign = '';
      this.#level = undefined;
    }
  }
}

/** Counts the items of the lists that are open. */
export class OpenLists {
  readonly #styles: ReadonlyMap<string, readonly (Level | undefined)[]>;
  /** Style of each list that is open. */
  readonly #open: string[] = [];
  /** The last number of each level, by style: lists that go on use the same. */
  readonly #counts = new Map<string, (number | undefined)[]>();
  #label = '';

  constructor(styles: ReadonlyMap<string, readonly (Level | undefined)[]>) {
    this.#styles = styles;
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#styles.size === 0) return;
    if (name === 'list') {
      const style = attribute(attributes, 'style-name') ?? this.#open.at(-1) ?? '?';
      const goesOn =
        this.#open.length > 0 ||
        attribute(attributes, 'continue-numbering') === 'true' ||
        attribute(attributes, 'continue-list') !== undefined;
      if (!goesOn) this.#counts.delete(style);
      this.#open.push(style);
    } else if (name === 'list-item' && this.#open.length > 0)
      this.#label = this.#next(this.#open.at(-1)!, this.#open.length - 1, attribute(attributes, 'start-value')); // not empty
    else if (name === 'list-header') this.#label = '';
    else if (name === 'h' && this.#open.length === 0) {
      const level = Number(attribute(attributes, 'outline-level')) - 1;
      const isNumbered = level >= 0 && attribute(attributes, 'is-list-header') !== 'true';
      this.#label = isNumbered ? this.#next(OUTLINE, level, undefined) : '';
    }
  }

  close(name: string): void {
    if (name === 'list') this.#open.pop();
    else if (name === 'list-item' || name === 'h') this.#label = '';
  }

  #next(style: string, at: number, start: string | undefined): string {
    const levels = this.#styles.get(style);
    const level = levels?.[at];
    if (levels === undefined || level === undefined) return '';
    if (level.format === 'none') return level.sign;
    const counts = this.#counts.get(style) ?? [];
    this.#counts.set(style, counts);
    const last = counts[at];
    counts[at] =
      start !== undefined && /^\d+$/.test(start) ? Number(start) : last === undefined ? level.start : last + 1;
    counts.length = at + 1;
    const numbers: string[] = [];
    for (let shown = Math.max(0, at + 1 - level.shown); shown <= at; shown++) {
      const other = levels[shown];
      if (other !== undefined && other.format !== 'none')
        numbers.push(numberText(counts[shown] ?? other.start, other.format));
    }
    return `${level.prefix}${numbers.join('.')}${level.suffix}`.trim().concat(' ');
  }

  /** Due before the first text of the item. */
  take(): string {
    const label = this.#label;
    this.#label = '';
    return label;
  }
}
