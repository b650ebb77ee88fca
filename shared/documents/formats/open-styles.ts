// Styles of OpenDocument that matter for the text: those that hide it, those that show it in a symbol font, those of hidden slides, those of lists.
// Named styles stand in styles.xml and hold for both parts; automatic ones hold for the part they stand in.
import { attribute } from '../markup-handler.ts';
import { OpenListStyles } from './open-lists.ts';

const MAX_STYLES = 50_000;

const TELLING: ReadonlySet<string> = new Set(['style', 'drawing-page-properties', 'text-properties']);

export class OpenStyles {
  readonly lists = new OpenListStyles();
  readonly #hidden = new Set<string>();
  readonly #symbolFonts = new Map<string, string>();
  readonly #hiddenPages = new Set<string>();
  /** Automatic styles of the part that was read. */
  readonly #own = new Set<string>();
  #isAutomatic = false;
  #style: string | undefined;

  /** Do the attributes of such an element say something? */
  static looksAt(name: string): boolean {
    return TELLING.has(name) || OpenListStyles.looksAt(name);
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'automatic-styles') this.#isAutomatic = true;
    this.lists.open(name, attributes);
    if (name === 'style') this.#open(attributes);
    else if (this.#style === undefined) return;
    else if (name === 'drawing-page-properties' && attribute(attributes, 'visibility') === 'hidden')
      this.#hiddenPages.add(this.#style);
    else if (name === 'text-properties') this.#letters(this.#style, attributes);
  }

  #open(attributes: Record<string, string>): void {
    this.#style = this.#own.size < MAX_STYLES ? key(attributes, 'name') : undefined;
    if (this.#style === undefined) return;
    if (this.#isAutomatic) this.#own.add(this.#style);
    const parent = attribute(attributes, 'parent-style-name');
    if (parent === undefined) return;
    const from = `${attribute(attributes, 'family')} ${parent}`;
    if (this.#hidden.has(from)) this.#hidden.add(this.#style);
    const font = this.#symbolFonts.get(from);
    if (font !== undefined) this.#symbolFonts.set(this.#style, font);
  }

  #letters(style: string, attributes: Record<string, string>): void {
    const display = attribute(attributes, 'display');
    if (display === 'none') this.#hidden.add(style);
    else if (display === 'true') this.#hidden.delete(style);
    const font = attribute(attributes, 'font-name') ?? attribute(attributes, 'font-family');
    if (font === undefined) return;
    if (/^'?(wingdings|webdings|symbol\b)/i.test(font)) this.#symbolFonts.set(style, font.replaceAll("'", ''));
    else this.#symbolFonts.delete(style);
  }

  close(name: string): void {
    if (name === 'automatic-styles') this.#isAutomatic = false;
    this.lists.close(name);
    if (name === 'style') this.#style = undefined;
  }

  /** Another part is read next: automatic styles are its own. */
  dropOwn(): void {
    for (const style of this.#own) {
      this.#hidden.delete(style);
      this.#symbolFonts.delete(style);
      this.#hiddenPages.delete(style);
    }
    this.#own.clear();
  }

  /** Is a paragraph or a span with this style hidden? */
  hides(attributes: Record<string, string>): boolean {
    if (this.#hidden.size === 0) return false;
    const style = attribute(attributes, 'style-name') ?? '';
    return this.#hidden.has(`text ${style}`) || this.#hidden.has(`paragraph ${style}`);
  }

  symbolFont(attributes: Record<string, string>): string | undefined {
    if (this.#symbolFonts.size === 0) return undefined;
    const style = attribute(attributes, 'style-name') ?? '';
    return this.#symbolFonts.get(`text ${style}`) ?? this.#symbolFonts.get(`paragraph ${style}`);
  }

  hidesPage(attributes: Record<string, string>): boolean {
    return this.#hiddenPages.has(`drawing-page ${attribute(attributes, 'style-name') ?? ''}`);
  }
}

/** Families have names of their own; a style that names none is of letters. */
const key = (attributes: Record<string, string>, name: string) =>
  `${attribute(attributes, 'family') ?? 'text'} ${attribute(attributes, name) ?? ''}`;
