// What a browser puts before the items of ordered lists, and between the parts of a fraction of MathML: it stands in no text, a person sees it.
// Source: HTML Living Standard, 4.4.5 (ol) and 4.4.8 (li); MathML Core, 3.3.2 (mfrac).
import { numberText } from './word-lists.ts';

const FORMATS: Readonly<Record<string, string>> = {
  a: 'lowerLetter',
  A: 'upperLetter',
  i: 'lowerRoman',
  I: 'upperRoman',
};
const MAX_OPEN = 1000;

interface OpenList {
  isOrdered: boolean;
  next: number;
  step: number;
  format: string;
}

export class OpenItems {
  readonly #lists: OpenList[] = [];

  /** @param add  is given what stands before an item */
  open(name: string, attributes: Record<string, string>, add: (label: string) => void): void {
    if ((name === 'ol' || name === 'ul' || name === 'menu' || name === 'dir') && this.#lists.length < MAX_OPEN)
      this.#lists.push({
        isOrdered: name === 'ol' && !/list-style(-type)?\s*:[^;]*\bnone\b/i.test(attributes.style ?? ''),
        next: whole(attributes.start) ?? 1,
        step: attributes.reversed === undefined ? 1 : -1,
        format: FORMATS[attributes.type ?? ''] ?? 'decimal',
      });
    const list = this.#lists.at(-1);
    if (name !== 'li' || list?.isOrdered !== true) return;
    const number = whole(attributes.value) ?? list.next;
    list.next = number + list.step;
    add(`${numberText(number, list.format)}. `);
  }

  close(name: string): void {
    if (name === 'ol' || name === 'ul' || name === 'menu' || name === 'dir') this.#lists.pop();
  }
}

const whole = (text: string | undefined) =>
  text !== undefined && /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;

export class OpenFractions {
  /** Depth of the elements within each fraction that is open, and its parts so far. */
  readonly #open: { depth: number; parts: number }[] = [];

  open(name: string): void {
    const fraction = this.#open.at(-1);
    if (fraction !== undefined) fraction.depth += 1;
    if (name === 'mfrac' && this.#open.length < MAX_OPEN) this.#open.push({ depth: 0, parts: 0 });
  }

  /** @param divide  called where the first part of a fraction ends */
  close(name: string, divide: () => void): void {
    const fraction = this.#open.at(-1);
    if (fraction === undefined) return;
    if (fraction.depth > 0) {
      fraction.depth -= 1;
      if (fraction.depth === 0 && ++fraction.parts === 1) divide();
    } else if (name === 'mfrac') {
      this.#open.pop();
      const outer = this.#open.at(-1);
      if (outer === undefined || outer.depth === 0) return;
      outer.depth -= 1;
      if (outer.depth === 0 && ++outer.parts === 1) divide();
    }
  }
}
