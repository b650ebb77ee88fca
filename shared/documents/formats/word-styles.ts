// Character styles of Word that matter for the text: those that hide it, and those that show it in a symbol font. Of Word 2003 in one XML file too.
import { attribute } from '../markup.ts';
import type { PackageParts } from '../package-parts.ts';

/** What a character style does to the text in it. */
export interface RunStyle {
  hides: boolean;
  font: string;
}

/** A switch is on unless it says otherwise. */
export function isOn(attributes: Record<string, string>): boolean {
  return !/^(0|false|off)$/i.test(attribute(attributes, 'val') ?? '1');
}

export const isSymbolFont = (font: string) => /^(wingdings|webdings|symbol$|marlett)/i.test(font);

const MAX_STYLES = 10_000;

/** Handler of `w:style` elements. */
export class StyleSheet {
  readonly styles = new Map<string, RunStyle>();
  #id: string | undefined;
  #style: RunStyle = { hides: false, font: '' };

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'style') {
      this.#id = attribute(attributes, 'type') === 'character' ? attribute(attributes, 'styleId') : undefined;
      this.#style = { hides: false, font: '' };
    } else if (this.#id === undefined) return;
    else if (name === 'basedOn')
      this.#style = { ...this.#style, ...this.styles.get(attribute(attributes, 'val') ?? '') };
    else if (name === 'vanish') this.#style.hides = isOn(attributes);
    else if (name === 'rFonts') {
      const font = attribute(attributes, 'ascii') ?? '';
      this.#style.font = isSymbolFont(font) ? font : '';
    }
  }

  close(name: string): void {
    if (name !== 'style' || this.#id === undefined) return;
    const { hides, font } = this.#style;
    if ((hides || font !== '') && this.styles.size < MAX_STYLES) this.styles.set(this.#id, this.#style);
    this.#id = undefined;
  }
}

/** Of a part; most name neither and are not parsed. */
export async function characterStyles(parts: PackageParts, part: string): Promise<ReadonlyMap<string, RunStyle>> {
  const sheet = new StyleSheet();
  const content = await parts.bytes(part);
  if (content === undefined) return sheet.styles;
  if (!['vanish', 'ngdings', 'ebdings', '"Symbol"', 'arlett'].some((word) => content.includes(word)))
    return sheet.styles;
  await parts.xml(part, sheet);
  return sheet.styles;
}
