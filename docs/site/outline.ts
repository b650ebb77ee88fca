// What stands in a Markdown file: headings that others may link to, and the parts that the search finds.
// Invariants: O1 anchors of headings are those of GitHub, so that a link works in both places. O2 a row of a table that begins with a name in code has
// an anchor of its own, given after all headings have theirs: settings, commands and codes are found one by one.
import GithubSlugger from 'github-slugger';
import type { Token, Tokens } from 'marked';

export interface Heading {
  depth: number;
  text: string;
  anchor: string;
}

/** A heading with what stands below it until the next, or one row of a table (O2). */
export interface Section {
  title: string;
  /** '' of what stands before the second heading. */
  anchor: string;
  text: string;
}

export interface Outline {
  headings: readonly Heading[];
  sections: readonly Section[];
  /** Of headings and of rows: the tokens as they were read. */
  anchors: ReadonlyMap<Tokens.Heading | Tokens.TableCell[], string>;
}

/** @param tokens  of a whole file, in order */
export function outlineOf(tokens: readonly Token[]): Outline {
  const slugger = new GithubSlugger();
  const anchors = new Map<Tokens.Heading | Tokens.TableCell[], string>();
  const headings: Heading[] = [];
  for (const token of tokens) {
    if (!isHeading(token)) continue;
    const text = plainText(token.tokens);
    const anchor = slugger.slug(text);
    anchors.set(token, anchor);
    headings.push({ depth: token.depth, text, anchor });
  }
  const sections: Section[] = [];
  const rows: Section[] = [];
  for (const token of tokens) {
    const last = sections.at(-1);
    if (isHeading(token)) {
      const anchor = sections.length === 0 ? '' : (anchors.get(token) ?? '');
      sections.push({ title: plainText(token.tokens), anchor, text: '' });
    } else if (isTable(token)) {
      for (const cells of token.rows) {
        const [name = '', ...others] = cells.map((cell) => plainText(cell.tokens));
        if (isNamed(cells)) {
          const anchor = slugger.slug(name);
          anchors.set(cells, anchor);
          rows.push({ title: name, anchor, text: oneLine(others.join(' ')) });
        } else add(last, [name, ...others].join(' '));
      }
    } else add(last, plainText([token]));
  }
  return { headings, sections: [...sections, ...rows], anchors };
}

function add(section: Section | undefined, text: string): void {
  if (section !== undefined) section.text = oneLine(`${section.text} ${text}`);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading';
const isTable = (token: Token): token is Tokens.Table => token.type === 'table';
const isNamed = (cells: readonly Tokens.TableCell[]): boolean =>
  cells[0]?.tokens.length === 1 && cells[0].tokens[0]?.type === 'codespan';

/** Text without marks and pictures. */
export const plainText = (tokens: readonly Token[]): string => tokens.map(plainToken).join('');

function plainToken(token: Token): string {
  if (token.type === 'html' || token.type === 'image' || token.type === 'space') return '';
  if (token.type === 'br') return ' ';
  if (token.type === 'list') return (token as Tokens.List).items.map(({ tokens }) => plainText(tokens)).join(' ');
  if ('tokens' in token && token.tokens !== undefined) return plainText(token.tokens);
  return 'text' in token ? token.text : '';
}
