// Lists of Word as numbering.xml defines them. A document uses a few of the hundreds of levels that programs write: those are read that it names.
// Source: ECMA-376 part 1, 17.9 (numbering).
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import { readEvents } from '../xml-events.ts';
import { XmlBlocks } from './xml-blocks.ts';

export interface Level {
  start: number;
  format: string;
  /** With %1 to %9 for the numbers of the levels. */
  text: string;
  font: string;
  /** All numbers as decimals. */
  isLegal: boolean;
  /** Starts again behind a paragraph of this level or one above; 0 never. */
  restart: number | undefined;
  /** Paragraph style that uses the level. */
  style: string | undefined;
}

export const MAX_LEVELS = 9;
const MAX_LISTS = 10_000;

export interface NumberedList {
  /** Lists of one name count on together. */
  list: string;
  levels: readonly (Level | undefined)[];
}

/** Lists by their number. */
export interface Numbering {
  readonly size: number;
  get(id: string): NumberedList | undefined;
}

export const NO_LISTS: Numbering = new Map<string, NumberedList>();

/** @param part  numbering.xml; undefined where there is none */
export async function readNumbering(
  parts: PackageParts,
  part: string | undefined,
  maxElements: number,
): Promise<Numbering> {
  const content = part === undefined ? undefined : await parts.utf8(part);
  return content === undefined ? NO_LISTS : numberingOf(content, maxElements);
}

/** @param xml  in UTF-8 */
export function numberingOf(xml: Buffer, maxElements: number): Numbering {
  const blocks = XmlBlocks.of(xml, ['abstractNum', 'num']);
  const isMany = blocks !== undefined && Math.max(blocks.count('num'), blocks.count('abstractNum')) > MAX_LISTS;
  return blocks === undefined || isMany
    ? wholeNumbering(xml.toString('utf8'), maxElements)
    : new ListsOnDemand(xml, blocks, maxElements);
}

export function wholeNumbering(xml: string, maxElements: number): ReadonlyMap<string, NumberedList> {
  const reader = new NumberingReader();
  readEvents(xml, reader, maxElements);
  return reader.result();
}

const ABSTRACT = /<w:abstractNumId\s[^>]*?w:val="([^"&]*)"/;

class ListsOnDemand implements Numbering {
  readonly size: number;
  readonly #xml: Buffer;
  readonly #blocks: XmlBlocks;
  readonly #maxElements: number;
  readonly #known = new Map<string, NumberedList | undefined>();
  #whole: Numbering | undefined;

  constructor(xml: Buffer, blocks: XmlBlocks, maxElements: number) {
    this.#xml = xml;
    this.#blocks = blocks;
    this.#maxElements = maxElements;
    this.size = blocks.count('num');
  }

  get(id: string): NumberedList | undefined {
    if (this.#whole !== undefined) return this.#whole.get(id);
    if (!this.#known.has(id)) this.#known.set(id, this.#read(id));
    return this.#known.get(id);
  }

  #read(id: string): NumberedList | undefined {
    const num = this.#blocks.find('num', id);
    if (num === undefined) return undefined;
    // Only where it stands there once: a pattern that begins at many places and ends at none takes the square of their number.
    const isOnce = num?.xml.split('abstractNumId', 3).length === 2;
    const of = isOnce ? ABSTRACT.exec(num.xml)?.[1] : undefined;
    const abstract = of === undefined ? null : this.#blocks.find('abstractNum', of);
    if (num === null || abstract === null) {
      this.#whole = wholeNumbering(this.#xml.toString('utf8'), this.#maxElements);
      return this.#whole.get(id);
    }
    return wholeNumbering((abstract?.xml ?? '') + num.xml, this.#maxElements).get(id);
  }
}

const TELLING: ReadonlySet<string> = new Set([
  ...['abstractNum', 'num', 'abstractNumId', 'lvlOverride', 'startOverride', 'lvl'],
  ...['start', 'numFmt', 'lvlText', 'isLgl', 'lvlRestart', 'pStyle', 'rFonts'],
]);

class NumberingReader {
  readonly looksAt = TELLING;
  readonly #abstract = new Map<string, (Level | undefined)[]>();
  readonly #lists = new Map<
    string,
    { abstract: string; changed: (Level | undefined)[]; starts: (number | undefined)[] }
  >();
  #levels: (Level | undefined)[] | undefined;
  #level: Level | undefined;
  #list: string | undefined;
  #override = -1;

  open(name: string, attributes: Record<string, string>): void {
    if (!TELLING.has(name)) return;
    const value = attribute(attributes, 'val') ?? '';
    if (name === 'abstractNum') {
      this.#levels = [];
      if (this.#abstract.size < MAX_LISTS)
        this.#abstract.set(attribute(attributes, 'abstractNumId') ?? '', this.#levels);
    } else if (name === 'num') {
      this.#list = attribute(attributes, 'numId') ?? '';
      if (this.#lists.size < MAX_LISTS) this.#lists.set(this.#list, { abstract: '', changed: [], starts: [] });
    } else if (name === 'abstractNumId') {
      const list = this.#lists.get(this.#list ?? '');
      if (list !== undefined) list.abstract = value;
    } else if (name === 'lvlOverride') {
      this.#override = levelOf(attributes);
      this.#levels = this.#lists.get(this.#list ?? '')?.changed;
    } else if (name === 'startOverride') {
      const list = this.#lists.get(this.#list ?? '');
      if (list !== undefined && this.#override >= 0) list.starts[this.#override] = Number(value) || 0;
    } else if (name === 'lvl') {
      this.#level = {
        start: 0,
        format: 'decimal',
        text: '',
        font: '',
        isLegal: false,
        restart: undefined,
        style: undefined,
      };
      const at = levelOf(attributes);
      if (this.#levels !== undefined && at >= 0) this.#levels[at] = this.#level;
    } else if (this.#level !== undefined) this.#property(this.#level, name, value, attributes);
  }

  #property(level: Level, name: string, value: string, attributes: Record<string, string>): void {
    if (name === 'start') level.start = Number(value) || 0;
    else if (name === 'numFmt') level.format = value;
    else if (name === 'lvlText') level.text = value.slice(0, 200);
    else if (name === 'isLgl') level.isLegal = value !== '0' && value !== 'false';
    else if (name === 'lvlRestart') level.restart = Number(value) || 0;
    else if (name === 'pStyle') level.style = value;
    else if (name === 'rFonts') level.font = attribute(attributes, 'ascii') ?? attribute(attributes, 'hAnsi') ?? '';
  }

  close(name: string): void {
    if (name === 'lvl') this.#level = undefined;
    else if (name === 'lvlOverride') this.#override = -1;
  }

  result(): ReadonlyMap<string, NumberedList> {
    return new Map(
      [...this.#lists].map(([id, { abstract, changed, starts }]) => {
        const base = this.#abstract.get(abstract) ?? [];
        const levels = Array.from({ length: MAX_LEVELS }, (_, at) => {
          const level = changed[at] ?? base[at];
          const start = starts[at];
          return level === undefined || start === undefined ? level : { ...level, start };
        });
        // Lists of one kind count on together, unless one says where it starts.
        return [id, { list: starts.length > 0 ? `${abstract}/${id}` : abstract, levels }];
      }),
    );
  }
}

function levelOf(attributes: Record<string, string>): number {
  const level = Number(attribute(attributes, 'ilvl'));
  return Number.isInteger(level) && level >= 0 && level < MAX_LEVELS ? level : -1;
}
