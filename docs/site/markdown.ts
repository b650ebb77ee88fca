// One Markdown file as HTML. HTML within it passes as it is: the files are ours.
import { Marked, type Tokens } from 'marked';
import { type Heading, outlineOf, plainText, type Section } from './outline.ts';

export interface Rendered {
  title: string;
  html: string;
  headings: readonly Heading[];
  sections: readonly Section[];
}

/** Where a target of the file lies in the site. */
export interface Places {
  link(href: string): string;
  /** Undefined leaves the picture out, and with it the paragraph around it. */
  picture(src: string): string | undefined;
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

/** Stands for a picture that is left out until its paragraph goes with it. */
const LEFT_OUT = '\u0000';

/** From so many characters code in a line may be broken, after these signs. */
const LONG_CODE = 20;
const BREAKS = /(?<=[,/=|&?])/;

/** @throws Error when the file does not begin with its title, or `places` throw at a target */
export function renderMarkdown(source: string, places: Places): Rendered {
  const marked = new Marked();
  const tokens = marked.lexer(source);
  const { headings, sections, anchors } = outlineOf(tokens);
  marked.use({
    renderer: {
      heading(token) {
        const anchor = anchors.get(token) ?? '';
        const label = escapeHtml(`Link to ${plainText(token.tokens)}`);
        const link = token.depth === 1 ? '' : ` <a class="anchor" href="#${anchor}" aria-label="${label}">#</a>`;
        return `<h${token.depth} id="${anchor}">${this.parser.parseInline(token.tokens)}${link}</h${token.depth}>\n`;
      },
      paragraph(token) {
        const html = this.parser.parseInline(token.tokens);
        return html.includes(LEFT_OUT) ? '' : `<p>${html}</p>\n`;
      },
      table(token) {
        const cell = ({ tokens, align, header }: Tokens.TableCell) => {
          // A heading that says nothing is none.
          const tag = header && tokens.length > 0 ? 'th' : 'td';
          const side = align === null ? '' : ` class="${align}"`;
          return `<${tag}${side}>${this.parser.parseInline(tokens)}</${tag}>`;
        };
        const row = (cells: Tokens.TableCell[]) => {
          const anchor = anchors.get(cells);
          return `<tr${anchor === undefined ? '' : ` id="${anchor}"`}>${cells.map(cell).join('')}</tr>\n`;
        };
        const isSilent = token.header.every(({ tokens }) => tokens.length === 0);
        const head = isSilent ? '' : `<thead>${row(token.header)}</thead>\n`;
        const kind = token.rows.some((cells) => anchors.has(cells)) ? ' class="names"' : '';
        return `<div class="table"><table${kind}>\n${head}<tbody>\n${token.rows.map(row).join('')}</tbody>\n</table></div>\n`;
      },
      codespan({ text }) {
        return `<code>${text.length < LONG_CODE ? escapeHtml(text) : text.split(BREAKS).map(escapeHtml).join('<wbr>')}</code>`;
      },
      link(token) {
        return `<a href="${escapeHtml(places.link(token.href))}">${this.parser.parseInline(token.tokens)}</a>`;
      },
      image({ href, text }) {
        const src = places.picture(href);
        return src === undefined ? LEFT_OUT : `<img src="${escapeHtml(src)}" alt="${escapeHtml(text)}" loading="lazy">`;
      },
      html({ text }) {
        return text.replace(/\b(src|srcset)="([^"]+)"/g, (_, name: string, src: string) => {
          const placed = places.picture(src);
          return placed === undefined ? LEFT_OUT : `${name}="${placed}"`;
        });
      },
    },
  });
  const [title] = headings;
  if (title?.depth !== 1) throw new Error('a page begins with its title: # …');
  return { title: title.text, html: marked.parser(tokens), headings, sections };
}
