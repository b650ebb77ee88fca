// HTML: visible text only, one line per block, a tab between table cells, choices of forms as [x], pages within the page. Charset from the bytes, then
// from the meta element.
import { singleSpaced } from '../blanks.ts';
import { decodeText } from '../charset.ts';
import { parseMarkup } from '../markup.ts';
import { writtenDescription } from '../pictures.ts';
import { plain, type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { checkbox } from './choices.ts';
import { filesInAddresses } from './data-urls.ts';
import { OpenFractions, OpenItems } from './html-items.ts';
import { fontRules, hidingRules, OpenFonts, stylesOf } from './html-styles.ts';

const HIDDEN = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'iframe',
  'noembed',
  'noframes',
  'datalist',
  'canvas',
  'video',
  'audio',
  'progress',
  'meter',
]);
const BLOCKS = new Set(
  'address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead title tr ul'.split(
    ' ',
  ),
);

export async function readHtml(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { text } = await decodeText(bytes, declaredCharset(bytes));
  return { ...plain(htmlToText(text, context.limits)), ...filesInAddresses(text, context.limits) };
}

/** Charset of the meta element or the XML declaration. */
export function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1');
  return (
    /<meta[^>]{0,200}?charset\s*=\s*["']?([\w:-]+)/i.exec(head)?.[1] ??
    /<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:-]+)/i.exec(head)?.[1]
  );
}

/** Pages within pages (srcdoc) are read to this depth. */
const MAX_FRAMES = 3;

/**
 * Visible text of an HTML string.
 * @param styles  style sheets that it links
 */
export function htmlToText(
  html: string,
  limits: { maxChars: number; maxElements: number },
  depth = 0,
  styles = '',
): string {
  const lines = new CellLines(new TextSink(limits.maxChars));
  const hiddenStack: string[] = [];
  const lists: { hasChoice: boolean; first: string }[] = [];
  const tables = new OpenTables();
  const items = new OpenItems();
  const math = new OpenFractions();
  const css = stylesOf(html, styles);
  const fonts = new OpenFonts(fontRules(css));
  const isUnseen = hidingRules(css);
  let option: { text: string; isChosen: boolean } | undefined;
  let pre = 0;
  const endOption = () => {
    const list = lists.at(-1);
    if (option === undefined) return;
    const text = option.text.replace(/\s+/g, ' ').trim();
    if (list === undefined || option.isChosen) lines.add(` ${text} `);
    if (list !== undefined && option.isChosen) list.hasChoice = true;
    if (list !== undefined && list.first === '') list.first = text;
    option = undefined;
  };
  const openForm = (name: string, attributes: Record<string, string>) => {
    if (name === 'select') lists.push({ hasChoice: attributes.multiple !== undefined, first: '' });
    else if (name === 'option') {
      endOption();
      option = { text: attributes.label ?? '', isChosen: attributes.selected !== undefined };
    } else if (name === 'input') lines.add(inputText(attributes));
  };
  const openFrame = ({ srcdoc }: Record<string, string>) => {
    if (srcdoc === undefined || depth >= MAX_FRAMES) return;
    const maxChars = Math.max(0, limits.maxChars - lines.chars);
    lines.add(`\n${htmlToText(srcdoc, { ...limits, maxChars }, depth + 1)}\n`);
  };
  parseMarkup(
    html,
    {
      open(name, attributes) {
        fonts.open(name, attributes);
        const isGone = hiddenStack.length > 0 || isHidden(name, attributes) || isUnseen(attributes);
        if (isGone || HIDDEN.has(name)) {
          if (name === 'iframe' && !isGone) openFrame(attributes);
          if (!VOID.has(name)) hiddenStack.push(name);
          return;
        }
        if (name === 'pre') pre += 1;
        tables.open(name);
        if (name === 'td' || name === 'th') lines.openCell(tables.openCell(attributes));
        else if (BLOCKS.has(name)) lines.break();
        else if (SVG_TEXT.has(name)) lines.add(' ');
        math.open(name);
        items.open(name, attributes, (label) => lines.add(label));
        if (name === 'img') {
          const written = writtenDescription(attributes.alt);
          if (written !== '') lines.add(` ${written} `);
        }
        openForm(name, attributes);
      },
      text(text) {
        if (hiddenStack.length > 0) return;
        if (option !== undefined) option.text += text;
        else if (lists.length === 0) lines.add(fonts.signs(pre > 0 ? text : singleSpaced(text)));
      },
      close(name) {
        fonts.close();
        if (hiddenStack.length > 0) {
          if (hiddenStack.at(-1) === name) hiddenStack.pop();
          return;
        }
        if (name === 'option') endOption();
        if (name === 'select') {
          endOption();
          const list = lists.pop();
          // A list that drops down shows its first option when none is chosen.
          if (list !== undefined && !list.hasChoice && list.first !== '') lines.add(` ${list.first} `);
        }
        if (name === 'pre' && pre > 0) pre -= 1;
        items.close(name);
        math.close(name, () => lines.add('/'));
        tables.close(name);
        if (name === 'td' || name === 'th') lines.closeCell();
        else if (BLOCKS.has(name) && !VOID.has(name)) lines.break();
        else if (SVG_TEXT.has(name)) lines.add(' ');
      },
    },
    { xml: false, maxElements: limits.maxElements },
  );
  return lines.toString();
}

/** Lines of text; within a cell only those between its words, so that cells of one row stay beside each other. */
class CellLines {
  readonly #sink: TextSink;
  /** Does the cell have words, for each cell that is open. */
  readonly #cells: boolean[] = [];
  /** A line is due before the next words, unless the cell of this depth ends first; 0 is none. */
  #dueIn = 0;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  add(text: string): void {
    if (this.#cells.length > 0) {
      const isBlank = text.trim() === '';
      if (isBlank && (this.#dueIn > 0 || this.#cells.at(-1) === false)) return;
      if (!isBlank) {
        this.#endLine();
        this.#cells.fill(true);
      }
    }
    this.#sink.add(text);
  }

  break(): void {
    if (this.#cells.length === 0) this.#sink.add('\n');
    else if (this.#cells.at(-1) === true && this.#dueIn === 0) this.#dueIn = this.#cells.length;
  }

  /** @param tabs  columns before it */
  openCell(tabs: number): void {
    if (tabs > 0) {
      this.#endLine();
      this.#sink.add('\t'.repeat(tabs));
    }
    this.#cells.push(false);
  }

  closeCell(): void {
    if (this.#dueIn === this.#cells.length) this.#dueIn = 0;
    this.#cells.pop();
  }

  #endLine(): void {
    if (this.#dueIn > 0) this.#sink.add('\n');
    this.#dueIn = 0;
  }

  get chars(): number {
    return this.#sink.chars;
  }

  toString(): string {
    return this.#sink.toString();
  }
}

const MAX_SPAN = 32;
const MAX_COLUMNS = 1000;

/** Columns of the tables that are open: what a cell covers beside and below it stays empty. */
class OpenTables {
  /** Rows that each column is still covered for, and the next free column of the row; undefined between rows. */
  readonly #tables: { covered: number[]; column: number | undefined; written: number }[] = [];

  open(name: string): void {
    if (name === 'table') this.#tables.push({ covered: [], column: undefined, written: 0 });
    const table = this.#tables.at(-1);
    if (name !== 'tr' || table === undefined) return;
    if (table.column !== undefined) this.#endRow(table);
    table.column = 0;
    table.written = 0;
  }

  /** @returns tabs due before the cell */
  openCell(attributes: Record<string, string>): number {
    const table = this.#tables.at(-1);
    if (table?.column === undefined) return 1; // a cell outside a row
    let { column } = table;
    while ((table.covered[column] ?? 0) > 0) column += 1;
    const tabs = column - table.written;
    const span = (value: string | undefined) => Math.max(1, Math.min(MAX_SPAN, Number(value) || 1));
    const end = Math.min(MAX_COLUMNS, column + span(attributes.colspan));
    // One more than the rows below: the row itself takes one off at its end.
    for (let at = column; at < end; at++) table.covered[at] = span(attributes.rowspan);
    table.written = column;
    table.column = end;
    return tabs;
  }

  close(name: string): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    if (name === 'tr') this.#endRow(table);
    else if (name === 'table') this.#tables.pop();
  }

  #endRow(table: { covered: number[]; column: number | undefined }): void {
    if (table.column === undefined) return;
    table.column = undefined;
    for (const [at, rows] of table.covered.entries()) if (rows > 0) table.covered[at] = rows - 1;
  }
}

const SVG_TEXT = new Set(['text', 'tspan', 'desc', 'object']);

function inputText(attributes: Record<string, string>): string {
  const type = attributes.type ?? '';
  if (/^(checkbox|radio)$/i.test(type)) return ` ${checkbox(attributes.checked !== undefined)} `;
  if (
    attributes.value &&
    /^(text|email|number|date|tel|url|search|time|month|week|datetime-local|button|submit)?$/i.test(type)
  )
    return ` ${attributes.value} `;
  return '';
}

const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));

/** Words for previews of mails are made so small or faint that nobody sees them. */
const UNSEEN_STYLE =
  /display\s*:\s*none|visibility\s*:\s*hidden|(?:^|;)\s*(?:mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$))/i;

function isHidden(name: string, attributes: Record<string, string>): boolean {
  if (attributes.hidden !== undefined && attributes.hidden !== 'until-found') return true;
  if (name === 'input' && attributes.type === 'hidden') return true;
  if (name === 'dialog' && attributes.open === undefined) return true;
  return attributes.style !== undefined && UNSEEN_STYLE.test(attributes.style);
}
