// Styles of Word that matter for the text: those that hide it, those that show it in a symbol font, those of paragraphs that number them. Of Word 2003
// in one XML file too.
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import { readEvents } from '../xml-events.ts';
import { type XmlBlock, XmlBlocks } from './xml-blocks.ts';

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

/** Handler of `w:style` elements. */
export class StyleSheet implements WordStyles {
  readonly looksAt = LOOKED_AT;
  readonly characters = new Map<string, RunStyle>();
  readonly paragraphs = new Map<string, ParagraphStyle>();
  #id: string | undefined;
  #isParagraph = false;
  #style: ParagraphStyle = PLAIN;

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'style') {
      const type = attribute(attributes, 'type');
      this.#isParagraph = type === 'paragraph';
      this.#id = this.#isParagraph || type === 'character' ? attribute(attributes, 'styleId') : undefined;
      this.#style = PLAIN;
    } else if (this.#id !== undefined) this.#property(name, attributes);
  }

  #property(name: string, attributes: Record<string, string>): void {
    const value = () => attribute(attributes, 'val') ?? '';
    if (name === 'basedOn')
      this.#style = { ...this.#style, ...(this.#isParagraph ? this.paragraphs : this.characters).get(value()) };
    else if (name === 'vanish') this.#style = { ...this.#style, hides: isOn(attributes) };
    else if (name === 'numId') this.#style = { ...this.#style, list: value() };
    else if (name === 'ilvl') this.#style = { ...this.#style, level: Number(value()) || 0 };
    else if (name === 'rFonts') {
      const font = attribute(attributes, 'ascii') ?? '';
      this.#style = { ...this.#style, font: isSymbolFont(font) ? font : '' };
    }
  }

  close(name: string): void {
    if (name !== 'style' || this.#id === undefined) return;
    const { hides, font, list } = this.#style;
    const styles = this.#isParagraph ? this.paragraphs : this.characters;
    if ((hides || font !== '' || list !== undefined) && styles.size < MAX_STYLES) styles.set(this.#id, this.#style);
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

const BASE = /<w:basedOn\s[^>]*?w:val="([^"&]*)"/;
/** What a style without one of these says nothing about, but for what it is based on. */
const TELLING = /vanish|numId|ilvl|rFonts/;

/** Those that are asked for, and what they are based on. */
class StylesOnDemand implements WordStyles {
  readonly characters = { get: (id: string) => this.#sheetWith(id).characters.get(id) };
  readonly paragraphs = { get: (id: string) => this.#sheetWith(id).paragraphs.get(id) };
  readonly #xml: Buffer;
  readonly #blocks: XmlBlocks;
  readonly #maxElements: number;
  readonly #known = new Set<string>();
  #sheet = new StyleSheet();
  #isWhole = false;

  constructor(xml: Buffer, blocks: XmlBlocks, maxElements: number) {
    this.#xml = xml;
    this.#blocks = blocks;
    this.#maxElements = maxElements;
  }

  #sheetWith(id: string): StyleSheet {
    if (this.#isWhole || this.#known.has(id)) return this.#sheet;
    if (!this.#add(id)) {
      this.#sheet = wholeSheet(this.#xml, this.#maxElements);
      this.#isWhole = true;
    }
    return this.#sheet;
  }

  /** @returns false where the whole must be read */
  #add(id: string): boolean {
    const chain: { id: string; xml: string; base: string | undefined }[] = [];
    for (let next: string | undefined = id; next !== undefined && !this.#known.has(next); ) {
      this.#known.add(next);
      const block = this.#blocks.find('style', next);
      if (block === undefined) break;
      const base = block === null ? null : this.#baseOf(block);
      if (block === null || base === null) return false;
      chain.push({ id: next, xml: block.xml, base });
      next = base;
    }
    for (const style of chain.reverse()) this.#read(style);
    return true;
  }

  /** A style is based on those that stand before it. @returns null where the whole must be read */
  #baseOf(block: XmlBlock): string | undefined | null {
    const bases = block.xml.split('basedOn', 3).length - 1;
    if (bases === 0) return undefined;
    // Only where it stands there once: a pattern that begins at many places and ends at none takes the square of their number.
    const id = bases === 1 ? BASE.exec(block.xml)?.[1] : undefined;
    if (id === undefined) return null;
    const base = this.#blocks.find('style', id);
    if (base === null || base === undefined) return base;
    return base.at < block.at ? id : undefined;
  }

  #read({ id, xml, base }: { id: string; xml: string; base: string | undefined }): void {
    const sheet = new StyleSheet();
    const [character, paragraph] =
      base === undefined ? [] : [this.#sheet.characters.get(base), this.#sheet.paragraphs.get(base)];
    if (character === undefined && paragraph === undefined && !TELLING.test(xml)) return;
    if (base !== undefined && character !== undefined) sheet.characters.set(base, character);
    if (base !== undefined && paragraph !== undefined) sheet.paragraphs.set(base, paragraph);
    readEvents(xml, sheet, this.#maxElements);
    const [own, ofParagraph] = [sheet.characters.get(id), sheet.paragraphs.get(id)];
    if (own !== undefined) this.#sheet.characters.set(id, own);
    if (ofParagraph !== undefined) this.#sheet.paragraphs.set(id, ofParagraph);
  }
}
