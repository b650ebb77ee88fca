// Text of DrawingML (slides, diagrams, shapes of sheets, comments): a line per paragraph, a tab per table cell; numbers that slides put before their
// paragraphs, and bullets and letters of symbol fonts that are boxes. Shapes that are hidden are not read.
// Source: ECMA-376 part 1, 21.1.2.4 (bullets), 20.1.2.2.8 (cNvPr), 20.1.10.61 (kinds of numbers).
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import { writtenDescription } from '../pictures.ts';
import type { TextSink } from '../reading.ts';
import { isChoice, symbolText } from './choices.ts';
import { numberText } from './word-lists.ts';
import { isOn, isSymbolFont } from './word-styles.ts';

/** Both are given the attributes of fields, slides, pictures and their extents only. */
export type SkipElement = (name: string, attributes: Record<string, string>) => boolean;
export type VisitElement = (name: string, attributes: Record<string, string>, stack: readonly string[]) => void;

export async function addDrawingText(
  parts: PackageParts,
  part: string,
  sink: TextSink,
  skip: SkipElement = () => false,
  visit?: VisitElement,
): Promise<void> {
  await parts.xml(part, new DrawingText(sink, skip, visit));
  sink.breakLine();
}

/** Elements that say something by their attributes, to those who skip and visit too. */
const TELLING: ReadonlySet<string> = new Set([
  ...['fld', 'sld', 'blip', 'ext', 'cNvPr', 'latin', 'sym'],
  ...['pPr', 'buFont', 'buChar', 'buAutoNum'],
]);

class DrawingText {
  readonly looksAt = TELLING;
  readonly #sink: TextSink;
  readonly #skip: SkipElement;
  readonly #visit: VisitElement | undefined;
  readonly #stack: string[] = [];
  #skipped = 0;
  #inText = 0;
  #cells = 0;
  /** Depth below which a shape is hidden; 0 none. */
  #hiddenFrom = 0;
  #font = '';
  readonly #bullets = new Bullets();

  constructor(sink: TextSink, skip: SkipElement, visit: VisitElement | undefined) {
    this.#sink = sink;
    this.#skip = skip;
    this.#visit = visit;
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#skipped > 0 || name === 'Fallback' || this.#skip(name, attributes)) {
      this.#skipped += 1;
      return;
    }
    const stack = this.#stack;
    stack.push(name);
    this.#bullets.open(name, attributes);
    if (name === 't' || name === 'text') this.#inText += 1;
    else if (name === 'r' || name === 'fld') this.#font = '';
    else if ((name === 'latin' || name === 'sym') && stack.at(-2) === 'rPr') {
      const face = attribute(attributes, 'typeface') ?? '';
      if (isSymbolFont(face)) this.#font = face;
    } else if (name === 'tc') {
      if (this.#cells > 0) this.#sink.add('\t');
      this.#cells += 1;
    } else if (name === 'tr' || name === 'br') {
      this.#sink.add('\n');
      if (name === 'tr') this.#cells = 0;
    } else if (name === 'cNvPr') this.#shape(attributes);
    else if (this.#hiddenFrom === 0) this.#visit?.(name, attributes, stack);
  }

  /** What a shape is called, whether it is seen, what a person wrote of it. */
  #shape(attributes: Record<string, string>): void {
    const hidden = attribute(attributes, 'hidden');
    if (hidden !== undefined && this.#hiddenFrom === 0 && isOn({ val: hidden }))
      this.#hiddenFrom = Math.max(1, this.#stack.length - 2); // sp > nvSpPr > cNvPr
    const written = this.#hiddenFrom > 0 ? '' : writtenDescription(attribute(attributes, 'descr'));
    if (written !== '') this.#sink.add(`\n${written}\n`);
  }

  text(text: string): void {
    if (this.#skipped > 0 || this.#inText === 0 || this.#hiddenFrom > 0 || text === '') return;
    this.#sink.add(this.#bullets.take());
    this.#sink.add(this.#font === '' ? text : symbolsIn(this.#font, text));
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    const stack = this.#stack;
    stack.pop();
    this.#bullets.close(name);
    if (stack.length < this.#hiddenFrom) this.#hiddenFrom = 0;
    if (name === 't' || name === 'text') this.#inText -= 1;
    if (name === 'text') this.#sink.add('\n');
    if (name === 'p') this.#sink.add(stack.includes('tc') ? ' ' : '\n');
  }
}

/** A text in a symbol font as the signs it shows. */
export const symbolsIn = (font: string, text: string) =>
  Array.from(text, (char) => symbolText(font, char.charCodeAt(0).toString(16)) || char).join('');

const MAX_LEVEL = 8;

/** What stands before a paragraph: its number, or a bullet that is a box. Bullets that the layout gives are dots. */
class Bullets {
  readonly #counts: number[] = [];
  readonly #kinds: (string | undefined)[] = [];
  #level = 0;
  #font = '';
  #label = '';
  #isProperties = false;
  /** How the paragraph is numbered. */
  #numbering: Record<string, string> | undefined;

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'txBody' || name === 'txbx') this.#kinds.length = 0;
    else if (name === 'p') {
      this.#level = 0;
      this.#font = '';
      this.#label = '';
      this.#numbering = undefined;
      this.#hasText = false;
    } else if (name === 'pPr') {
      this.#isProperties = true;
      this.#level = Math.min(MAX_LEVEL, Math.max(0, Number(attribute(attributes, 'lvl')) || 0));
    } else if (!this.#isProperties) return;
    else if (name === 'buFont') this.#font = attribute(attributes, 'typeface') ?? '';
    else if (name === 'buChar') {
      const char = attribute(attributes, 'char') ?? '';
      const sign = isSymbolFont(this.#font) ? symbolsIn(this.#font, char.slice(0, 1)) : char;
      this.#label = isChoice(sign) ? sign : '';
    } else if (name === 'buAutoNum') this.#numbering = attributes;
  }

  /** The next number of its list; paragraphs without text have none. */
  #number(attributes: Record<string, string>): string {
    const kind = attribute(attributes, 'type') ?? 'arabicPeriod';
    const level = this.#level;
    const start = Number(attribute(attributes, 'startAt')) || 1;
    const key = `${kind} ${start}`;
    this.#counts[level] = this.#kinds[level] === key ? this.#counts[level]! + 1 : start; // counted when its kind was set
    this.#kinds[level] = key;
    this.#kinds.length = level + 1;
    const format = FORMATS.find(([start]) => kind.startsWith(start))?.[1] ?? 'decimal';
    const text = numberText(this.#counts[level]!, format); // just set
    const framed = kind.endsWith('ParenBoth') ? `(${text})` : kind.endsWith('ParenR') ? `${text})` : text;
    return `${kind.endsWith('Period') ? `${framed}.` : framed} `;
  }

  close(name: string): void {
    if (name === 'pPr') this.#isProperties = false;
    // A paragraph without a number ends the lists of its level.
    else if (name === 'p' && this.#numbering === undefined && this.#hasText)
      this.#kinds.length = Math.min(this.#kinds.length, this.#level);
  }

  /** Due before the first text of the paragraph. */
  take(): string {
    if (this.#hasText) return '';
    this.#hasText = true;
    return this.#numbering === undefined ? this.#label : this.#number(this.#numbering);
  }
  #hasText = false;
}

const FORMATS: readonly (readonly [start: string, format: string])[] = [
  ['alphaLc', 'lowerLetter'],
  ['alphaUc', 'upperLetter'],
  ['romanLc', 'lowerRoman'],
  ['romanUc', 'upperRoman'],
];
