// MIME messages by postal-mime, with the charset of bodies, raw headers and encoded words decided as everywhere else: by the bytes, then by what is declared.
// Trap: the library believes a declared charset and turns what does not fit into U+FFFD. Its tree is open between parsing and assembly: there each
// text is brought to UTF-8 first. That is why its version is pinned; test/documents/formats/mail.test.ts fails when the tree changes.
import PostalMime, { type Email } from 'postal-mime';
import { decodeText } from '../charset.ts';
import { hideInnerBrackets, showInnerBrackets } from './address-comments.ts';
import { unfoldFlowed } from './flowed-text.ts';
import { declaredCharset } from './html.ts';

export type MimeMessage = Email;

interface TreeNode {
  state: string;
  childNodes: TreeNode[];
  headers: { key: string; value: string }[];
  content: ArrayBuffer | Uint8Array | null;
  contentType: { parsed: { value: string; params: Record<string, string> }; multipart: string | false };
  contentDisposition: { parsed: { value: string } };
}

/** What the library declares for itself only. */
interface Internals {
  root: TreeNode;
  currentNode: TreeNode;
  buildMessage(): MimeMessage;
  processLine(line: Uint8Array, isFinal: boolean): Promise<void>;
  collectNode(node: TreeNode, alternative: TreeNode | false, isRelated: boolean): Promise<void>;
}

const Open = PostalMime as unknown as new (
  options: ConstructorParameters<typeof PostalMime>[0],
) => Internals & Pick<PostalMime, 'parse'>;

class MimeTree extends Open {
  /** Charset that 8-bit headers are tried with: the first one the message names. */
  readonly #named: string | undefined;

  constructor(named: string | undefined) {
    super({
      attachmentEncoding: 'arraybuffer',
      maxNestingDepth: 64,
      maxHeadersSize: 1 << 20,
      forceRfc822Attachments: true,
    });
    this.#named = named;
  }

  override async processLine(line: Uint8Array, isFinal: boolean): Promise<void> {
    const isHeader = this.currentNode.state === 'header';
    await super.processLine(isHeader ? await mendHeader(line, this.#named) : line, isFinal);
  }

  override async collectNode(node: TreeNode, alternative: TreeNode | false, isRelated: boolean): Promise<void> {
    const { value, params } = node.contentType.parsed;
    const isBody = /^text\/(plain|html)$/i.test(value) && node.contentDisposition.parsed.value !== 'attachment';
    if ((isBody || /^(text\/calendar|application\/ics)$/i.test(value)) && node.content !== null) {
      const bytes = new Uint8Array(node.content);
      const declared = [params.charset, /html$/i.test(value) ? declaredCharset(bytes) : undefined];
      const { text, charset } = await decodeText(bytes, ...declared);
      // The library joins lines that flow across quotes and paragraphs.
      const isFlowed = /plain$/i.test(value) && /^flowed$/i.test(params.format ?? '');
      const whole = isFlowed ? unfoldFlowed(text, /^yes$/i.test(params.delsp ?? '')) : text;
      if (isFlowed || charset !== 'utf-8' || bytes[0] === 0xef)
        node.content = new Uint8Array(Buffer.from(whole)).buffer;
      params.charset = 'utf-8';
      if (isFlowed) params.format = 'fixed';
    }
    await super.collectNode(node, alternative, isRelated);
  }

  override buildMessage(): MimeMessage {
    for (const header of this.root.headers)
      if (/^(from|to|cc)$/.test(header.key)) header.value = hideInnerBrackets(header.value);
    const message = super.buildMessage();
    for (const address of [message.from, ...(message.to ?? []), ...(message.cc ?? [])])
      for (const named of [address, ...(address?.group ?? [])]) if (named !== undefined) showNames(named);
    return message;
  }
}

function showNames(named: { name: string; address?: string | undefined }): void {
  named.name = showInnerBrackets(named.name);
  if (named.address !== undefined) named.address = showInnerBrackets(named.address);
}

/** @throws {Error} of the library, over its limits */
export function parseMime(bytes: Uint8Array): Promise<MimeMessage> {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)).toString('latin1');
  return new MimeTree(/charset\s*=\s*"?([\w:.-]+)/i.exec(head)?.[1]).parse(
    withTrueEncodings(bytes, head) as Uint8Array<ArrayBuffer>,
  );
}

/** Bodies that say base64 and are written in plain text keep their letters: what they say is taken back. */
function withTrueEncodings(bytes: Uint8Array, head: string): Uint8Array {
  let mended: Uint8Array | undefined;
  for (const match of head.matchAll(/^content-transfer-encoding:[ \t]*base64(?=[ \t]*\r?$)/gim)) {
    const end = match.index + match[0].length;
    const body = /\r?\n\r?\n([\s\S]{0,400})/.exec(head.slice(end, end + 8192))?.[1]?.trimStart() ?? '';
    const line = body.split(/\r?\n/)[0] ?? '';
    if (!/\S[ \t]+\S/.test(line) || /^--/.test(line)) continue;
    mended ??= Uint8Array.from(bytes);
    mended.set(Buffer.from('8bit  '), end - 6);
  }
  return mended ?? bytes;
}

const ESCAPE = 0x1b;
const TILDE = 0x7e;

/** A header line in UTF-8, whatever bytes it was written in. */
async function mendHeader(line: Uint8Array, named: string | undefined): Promise<Uint8Array> {
  let text: string | undefined;
  // ISO-2022 and HZ are written in seven bits.
  const isSeven = line.includes(ESCAPE) || (/^hz/i.test(named ?? '') && line.includes(TILDE));
  if (isSeven || line.some((byte) => byte >= 0x80)) {
    const decoded = await decodeText(line, named);
    if (decoded.charset !== 'utf-8') text = decoded.text;
  }
  const latin = text ?? Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8');
  if (latin.includes('=?')) {
    const mended = await mendWords(latin);
    if (mended !== latin) text = mended;
  }
  return text === undefined ? line : new Uint8Array(Buffer.from(text));
}

/** Encoded words whose bytes are not in the charset they name, or in one the library does not know, in UTF-8. RFC 2047. */
async function mendWords(line: string): Promise<string> {
  let mended = '';
  let at = 0;
  for (const match of line.matchAll(/=\?([\w:.+-]{1,40})(?:\*[\w-]*)?\?([bq])\?([^?\s]{0,2000})\?=/gi)) {
    const [word, charset = '', encoding = '', payload = ''] = match;
    const bytes = /b/i.test(encoding) ? Buffer.from(payload, 'base64') : quotedBytes(payload);
    const replaced = await mendedWord(charset, bytes);
    mended +=
      line.slice(at, match.index) + (replaced === undefined ? word : `=?utf-8?B?${replaced.toString('base64')}?=`);
    at = match.index + word.length;
  }
  return mended + line.slice(at);
}

async function mendedWord(charset: string, bytes: Buffer): Promise<Buffer | undefined> {
  const isSeven = /utf-?7$/i.test(charset);
  if (
    !isSeven &&
    !/^(utf-?8|us-ascii|ascii|unknown.*|default.*|x-unknown|8bit|.*\$.*|ks_?c_?5601.*|ksc_?5601.*|euc-?kr|korean|gb_?2312.*|x-gbk|hz-gb-2312)$/i.test(
      charset,
    )
  )
    return undefined;
  // A character cut in two at the end of a word is mended by the library, which joins the words.
  const isCutOnly = !/[^\ufffd]\ufffd[^\ufffd]/.test(new TextDecoder('utf-8').decode(bytes));
  if (!isSeven && /^utf-?8$/i.test(charset) && isCutOnly) return undefined;
  return Buffer.from((await decodeText(bytes, charset)).text);
}

function quotedBytes(payload: string): Buffer {
  const text = payload
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
