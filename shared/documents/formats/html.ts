// HTML: visible text only, one line per block, a tab between table cells. Charset from the bytes, then from the meta element.
import { decodeText } from '../charset.ts';
import { parseMarkup } from '../markup.ts';
import { plain, type ReadContext, type ReadText, TextSink } from '../reading.ts';

const HIDDEN = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'object',
  'iframe',
  'noembed',
  'noframes',
  'select',
  'datalist',
  'canvas',
]);
const BLOCKS = new Set(
  'address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary table tbody tfoot thead title tr ul'.split(
    ' ',
  ),
);

export async function readHtml(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { text } = await decodeText(bytes, declaredCharset(bytes));
  return plain(htmlToText(text, context.limits));
}

/** Charset of the meta element or the XML declaration. */
export function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1');
  return (
    /<meta[^>]{0,200}?charset\s*=\s*["']?([\w:-]+)/i.exec(head)?.[1] ??
    /<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:-]+)/i.exec(head)?.[1]
  );
}

/** Visible text of an HTML string. */
export function htmlToText(html: string, limits: { maxChars: number; maxElements: number }): string {
  const sink = new TextSink(limits.maxChars);
  const hiddenStack: string[] = [];
  let pre = 0;
  parseMarkup(
    html,
    {
      open(name, attributes) {
        if (hiddenStack.length > 0 || HIDDEN.has(name) || isHidden(name, attributes)) {
          if (!VOID.has(name)) hiddenStack.push(name);
          return;
        }
        if (name === 'pre') pre += 1;
        if (name === 'td' || name === 'th') sink.add('\t');
        else if (BLOCKS.has(name)) sink.add('\n');
        if (name === 'img' && attributes.alt) sink.add(` ${attributes.alt} `);
        if (
          name === 'input' &&
          attributes.value &&
          /^(text|email|number|date|tel|url|search)?$/i.test(attributes.type ?? '')
        )
          sink.add(` ${attributes.value} `);
      },
      text(text) {
        if (hiddenStack.length === 0) sink.add(pre > 0 ? text : text.replace(/\s+/g, ' '));
      },
      close(name) {
        if (hiddenStack.length > 0) {
          if (hiddenStack.at(-1) === name) hiddenStack.pop();
          return;
        }
        if (name === 'pre' && pre > 0) pre -= 1;
        if (BLOCKS.has(name)) sink.add('\n');
      },
    },
    { xml: false, maxElements: limits.maxElements },
  );
  return sink.toString();
}

const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));

function isHidden(name: string, attributes: Record<string, string>): boolean {
  if (attributes.hidden !== undefined && attributes.hidden !== 'until-found') return true;
  if (name === 'input' && attributes.type === 'hidden') return true;
  return attributes.style !== undefined && /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style);
}
