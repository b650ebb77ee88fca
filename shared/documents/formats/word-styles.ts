// Styles of Word that matter for the text: those that hide it, those that show it in a symbol font, those of paragraphs that number them. Of Word 2003
// in one XML file too.
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import { readEvents } from '../xml-events.ts';
import { XmlBlocks } from './xml-blocks.ts';

/** What a character style does to the text in it. */
export interface RunStyle {
  hides: boolean;
  font: string;
}

/** The same of a paragraph, with the list it belongs to. */
export interface ParagraphStyle extends RunStyle {
  list: string | undefined;
  level: number | undefined;
}

export interface WordStyles {
  characters: { get(id: string): RunStyle | undefined };
  paragraphs: { get(id: string): ParagraphStyle | undefined };
}

/** A switch is on unless it says otherwise. */
export function isOn(attributes: Record<string, string>): boolean {
  return !/^(0|false|off)$/i.test(attribute(attributes, 'val') ?? '1');
}

export const isSymbolFont = (font: string) => /^(wingdings|webdings|symbol$|marlett)/i.test(font);

const MAX_STYLES = 10_000;

const PLAIN: ParagraphStyle = { hides: false, font: '', list: undefined, level: undefined };

const LOOKED_AT: ReadonlySet<string> = new Set(['style', 'basedOn', 'vanish', 'numId', 'ilvl', 'rFonts']);

/** What a style says itself. */
interface OwnStyle {
  base: string | undefined;
  says: Partial<ParagraphStyle>;
}

/** Styles of one kind, each with what it is based on: that may stand anywhere. */
class StylesOfKind {
  readonly own = new Map<string, OwnStyle>();
  readonly #known = new Map<string, ParagraphStyle>();

  /** A chain that comes back to where it was ends there: of a circle only that style is kept, for the others end elsewhere. */
  get(id: string): ParagraphStyle | undefined {
    const chain: [id: string, style: OwnStyle][] = [];
    const seen = new Set<string>();
    let next: string | undefined = id;
    while (next !== undefined && !this.#known.has(next) && !seen.has(next)) {
      seen.add(next);
      const own = this.own.get(next);
      if (own !== undefined) chain.push([next, own]);
      next = own?.base;
    }
    let style = next === undefined ? PLAIN : (this.#known.get(next) ?? PLAIN);
    let isKept = next === undefined || this.#known.has(next);
    for (const [of, { says }] of chain.reverse()) {
      style = { ...style, ...says };
      isKept ||= of === next;
      if (isKept) this.#known.set(of, style);
    }
    const { hides, font, list } = style;
    return hides || font !== '' || list !== undefined ? style : undefined;
  }
}

/** Handler of `w:style` elements. */
export class StyleSheet implements WordStyles {
  readonly looksAt = LOOKED_AT;
  readonly characters = new StylesOfKind();
  readonly paragraphs = new StylesOfKind();
  #id: string | undefined;
  #isParagraph = false;
  #style: OwnStyle = { base: undefined, says: {} };

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'style') {
      const type = attribute(attributes, 'type');
      this.#isParagraph = type === 'paragraph';
      this.#id = this.#isParagraph || type === 'character' ? attribute(attributes, 'styleId') : undefined;
      this.#style = { base: undefined, says: {} };
    } else if (this.#id !== undefined) this.#property(name, attributes);
  }

  #property(name: string, attributes: Record<string, string>): void {
    const { says } = this.#style;
    const value = () => attribute(attributes, 'val') ?? '';
    if (name === 'basedOn') this.#style.base = value();
    else if (name === 'vanish') says.hides = isOn(attributes);
    else if (name === 'numId') says.list = value();
    else if (name === 'ilvl') says.level = Number(value()) || 0;
    else if (name === 'rFonts') {
      const font = attribute(attributes, 'ascii') ?? '';
      says.font = isSymbolFont(font) ? font : '';
    }
  }

  close(name: string): void {
    if (name !== 'style' || this.#id === undefined) return;
    const { own } = this.#isParagraph ? this.paragraphs : this.characters;
    if (own.size < MAX_STYLES) own.set(this.#id, this.#style);
    this.#id = undefined;
  }
}

/** @param part  styles.xml; undefined where there is none */
export async function readStyles(
  parts: PackageParts,
  part: string | undefined,
  maxElements: number,
): Promise<WordStyles> {
  const content = part === undefined ? undefined : await parts.utf8(part);
  return content === undefined ? new StyleSheet() : stylesOf(content, maxElements);
}

/** @param xml  in UTF-8 */
export function stylesOf(xml: Buffer, maxElements: number): WordStyles {
  const blocks = XmlBlocks.of(xml, ['style']);
  return blocks === undefined || blocks.count('style') > MAX_STYLES
    ? wholeSheet(xml, maxElements)
    : new StylesOnDemand(xml, blocks, maxElements);
}

export function wholeSheet(xml: Buffer, maxElements: number): StyleSheet {
  const sheet = new StyleSheet();
  readEvents(xml.toString('utf8'), sheet, maxElements);
  return sheet;
}

/** A style without one of these says nothing. */
const TELLING = /basedOn|vanish|numId|ilvl|rFonts/;

/** Those that are asked for, and what they are based on. */
class StylesOnDemand implements WordStyles {
  readonly characters = { get: (id: string) => this.#sheetWith(id).characters.get(id) };
  readonly paragraphs = { get: (id: string) => this.#sheetWith(id).paragraphs.get(id) };
  readonly #xml: Buffer;
  readonly #blocks: XmlBlocks;
  readonly #maxElements: number;
  readonly #read = new Set<string>();
  #sheet = new StyleSheet();
  #isWhole = false;

  constructor(xml: Buffer, blocks: XmlBlocks, maxElements: number) {
    this.#xml = xml;
    this.#blocks = blocks;
    this.#maxElements = maxElements;
  }

  #sheetWith(id: string): StyleSheet {
    for (let next: string | undefined = id; next !== undefined && !this.#isWhole && !this.#read.has(next); ) {
      this.#read.add(next);
      const block = this.#blocks.find('style', next);
      if (block === null) {
        this.#sheet = wholeSheet(this.#xml, this.#maxElements);
        this.#isWhole = true;
      } else if (block !== undefined && TELLING.test(block.xml)) readEvents(block.xml, this.#sheet, this.#maxElements);
      const { characters, paragraphs } = this.#sheet;
      next = (characters.own.get(next) ?? paragraphs.own.get(next))?.base;
    }
    return this.#sheet;
  }
}
