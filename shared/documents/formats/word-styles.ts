// Styles of Word that matter for the text: those that hide it, those that show it in a symbol font, those of paragraphs that number them. Of Word 2003
// in one XML file too.
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';

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
  characters: ReadonlyMap<string, RunStyle>;
  paragraphs: ReadonlyMap<string, ParagraphStyle>;
}

/** A switch is on unless it says otherwise. */
export function isOn(attributes: Record<string, string>): boolean {
  return !/^(0|false|off)$/i.test(attribute(attributes, 'val') ?? '1');
}

export const isSymbolFont = (font: string) => /^(wingdings|webdings|symbol$|marlett)/i.test(font);

const MAX_STYLES = 10_000;

const PLAIN: ParagraphStyle = { hides: false, font: '', list: undefined, level: undefined };

/** Handler of `w:style` elements. */
export class StyleSheet implements WordStyles {
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

/** Of a part; most that number nothing name nothing of the kind and are not parsed. @param hasLists  does the document number paragraphs? */
export async function wordStyles(
  parts: PackageParts,
  part: string | undefined,
  hasLists: boolean,
): Promise<WordStyles> {
  const sheet = new StyleSheet();
  const content = part === undefined ? undefined : await parts.bytes(part);
  if (part === undefined || content === undefined) return sheet;
  if ((hasLists && content.includes('numPr')) || mayMatter(content)) await parts.xml(part, sheet, withoutUnused);
  return sheet;
}

/** Each by its end, which begins with a rarer char: the search goes from one such char to the next. */
const mayMatter = (content: Buffer) =>
  content.includes('vanish') ||
  content.includes('ngdings') ||
  (content.includes('bdings') && content.includes('ebdings')) ||
  (content.includes('Symbol"') && content.includes('"Symbol"')) ||
  content.includes('arlett');

const STYLE = '<w:style ';
const STYLE_END = '</w:style>';
const UNUSED = /^<w:style\s[^>]*w:type="(?:table|numbering)"/;
const HEAD_BYTES = 400;

/**
 * Names of styles that the file does not have, and styles of tables and lists, say nothing that matters here: nine tenths of what some programs write.
 * @param xml  in UTF-8
 */
export function withoutUnused(xml: Buffer): Buffer {
  if (xml.includes('!') && xml.includes('<!')) return xml; // what is no markup might look like some
  const kept: Buffer[] = [];
  const names = xml.indexOf('<w:latentStyles');
  let at = xml.indexOf(STYLE);
  let from = 0;
  const first = at < 0 ? xml.length : at;
  if (names >= 0 && names < first) {
    const end = xml.indexOf('</w:latentStyles>', names);
    if (end > names && end < first) {
      kept.push(xml.subarray(0, names));
      from = end + '</w:latentStyles>'.length;
    }
  }
  while (at >= 0) {
    const next = xml.indexOf(STYLE, at + STYLE.length);
    const end = xml.indexOf(STYLE_END, at);
    const isWhole = end >= 0 && (next < 0 || end < next);
    if (isWhole && UNUSED.test(xml.toString('latin1', at, at + HEAD_BYTES))) {
      kept.push(xml.subarray(from, at));
      from = end + STYLE_END.length;
    }
    at = next;
  }
  return Buffer.concat([...kept, xml.subarray(from)]);
}
