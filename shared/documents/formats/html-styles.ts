// What style sheets do to the words of a page: symbol fonts, whose letters are signs, and classes that hide. No cascade: a class is hidden when all
// rules that name it and say how to display it hide it.
import { symbolText } from './choices.ts';
import { isSymbolFont } from './word-styles.ts';

/** Fonts of the elements that are open. */
export class OpenFonts {
  #depth = 0;
  readonly #fonts: { depth: number; symbol: string | undefined }[] = [];

  readonly #ofClass: (attributes: Record<string, string>) => string | undefined;

  /** @param ofClass  family that the style sheets give an element */
  constructor(ofClass: (attributes: Record<string, string>) => string | undefined = () => undefined) {
    this.#ofClass = ofClass;
  }

  open(name: string, attributes: Record<string, string>): void {
    this.#depth += 1;
    const own = name === 'font' && attributes.face !== undefined ? attributes.face : familyIn(attributes.style);
    const family = own ?? this.#ofClass(attributes);
    if (family === undefined) return;
    const first = family.split(',')[0]!.replace(/["']/g, '').trim(); // split gives one at least
    this.#fonts.push({ depth: this.#depth, symbol: isSymbolFont(first) ? first : undefined });
  }

  close(): void {
    if (this.#fonts.at(-1)?.depth === this.#depth) this.#fonts.pop();
    this.#depth -= 1;
  }

  /** A text as the font in use shows it. */
  signs(text: string): string {
    const font = this.#fonts.at(-1)?.symbol;
    if (font === undefined) return text;
    return text.replace(/[!-~\xa1-\xff\uf021-\uf0ff]/g, (char) => symbolText(font, char.charCodeAt(0).toString(16)));
  }
}

/** `font: 7pt "Times New Roman"` names a family too. */
function familyIn(style: string | undefined): string | undefined {
  if (style === undefined || !/font/i.test(style)) return undefined;
  return (
    /(?:^|;)\s*font-family\s*:\s*([^;]+)/i.exec(style)?.[1] ??
    /(?:^|;)\s*font\s*:[^;]*?\d[\w.%]*(?:\/\S+)?\s+([^;]+)/i.exec(style)?.[1]
  );
}

const MAX_STYLE_CHARS = 200_000;
const MAX_RULES = 5000;

/** Style sheets of the page. @param linked  those in files of their own, which the page links */
export function stylesOf(html: string, linked = ''): string {
  const sheets = [...html.matchAll(/<style\b(?![^>]*\bmedia\s*=\s*["']?(?:print|speech))[^>]*>([\s\S]*?)<\/style/gi)];
  return [linked, ...sheets.map(([, sheet = '']) => sheet)].join('\n').slice(0, MAX_STYLE_CHARS);
}

/** Addresses of the style sheets that a page links for the screen. */
export function linkedStyles(html: string): string[] {
  const links = html.match(/<link\b[^<>]{0,2000}>/gi) ?? [];
  return links
    .filter((link) => /\brel\s*=\s*["']?stylesheet\b/i.test(link) && !/\bmedia\s*=\s*["']?(print|speech)/i.test(link))
    .flatMap((link) => /\bhref\s*=\s*["']([^"']+)["']/i.exec(link)?.[1] ?? []);
}

/** Symbol font of an element by its class or id. */
export function fontRules(css: string): (attributes: Record<string, string>) => string | undefined {
  if (!/wingdings|webdings|symbol/i.test(css)) return () => undefined;
  const families = new Map<string, string>();
  let rules = 0;
  for (const [, selectors = '', body = ''] of topLevel(css).matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const family = familyIn(body);
    if (family === undefined) continue;
    if (++rules > MAX_RULES) break;
    for (const selector of selectors.split(',')) {
      const plain = PLAIN_SELECTOR.exec(selector)?.[1];
      if (plain !== undefined) families.set(plain, family);
    }
  }
  return ({ class: classes, id }) => {
    const named = id === undefined ? undefined : families.get(`#${id}`);
    if (named !== undefined || classes === undefined) return named;
    const own = classes.split(/\s+/).find((name) => families.has(`.${name}`));
    return own === undefined ? undefined : families.get(`.${own}`);
  };
}

/** A class or an id, of any element or of those with a name. */
const PLAIN_SELECTOR = /^\s*(?:[a-z][\w-]*)?([.#][\w-]+)\s*$/i;

/** Does a style sheet hide the element? By its class or id; rules for other media do not count. @param css  as `stylesOf` gives it */
export function hidingRules(css: string): (attributes: Record<string, string>) => boolean {
  if (!/display\s*:\s*none|visibility\s*:\s*hidden/i.test(css)) return () => false;
  const hidden = new Set<string>();
  const shown = new Set<string>();
  let rules = 0;
  for (const [, selectors = '', body = ''] of topLevel(css).matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const told = /(?:^|;)\s*(?:display|visibility)\s*:\s*([\w-]+)/i.exec(body)?.[1]?.toLowerCase();
    const display = told === 'hidden' ? 'none' : told;
    if (display === undefined) continue;
    if (++rules > MAX_RULES) break;
    for (const selector of selectors.split(',')) {
      const plain = PLAIN_SELECTOR.exec(selector)?.[1];
      if (display === 'none') {
        if (plain !== undefined) hidden.add(plain);
      } else for (const [name] of selector.matchAll(/[.#][\w-]+/g)) shown.add(name);
    }
  }
  for (const name of shown) hidden.delete(name);
  if (hidden.size === 0) return () => false;
  return ({ class: classes, id }) =>
    (id !== undefined && hidden.has(`#${id}`)) || (classes ?? '').split(/\s+/).some((name) => hidden.has(`.${name}`));
}

/** A style sheet without its comments and without what stands in @media and its kin. */
function topLevel(css: string): string {
  const plain = css.replace(/\/\*[\s\S]*?\*\/|<!--|-->/g, ' ');
  let out = '';
  let depth = 0;
  let skip = -1;
  for (let i = 0; i < plain.length; i++) {
    const char = plain[i]!; // i < length
    if (char === '@' && depth === 0 && skip < 0) {
      const end = plain.slice(i).search(/[;{]/);
      if (end < 0) break;
      if (plain[i + end] === ';') {
        i += end;
        continue;
      }
      skip = 0;
      i += end;
      depth = 1;
      continue;
    }
    if (char === '{') depth += 1;
    else if (char === '}') {
      depth = Math.max(0, depth - 1);
      if (skip >= 0 && depth === 0) {
        skip = -1;
        continue;
      }
    }
    if (skip < 0) out += char;
  }
  return out;
}
