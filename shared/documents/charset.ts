// Text bytes to a string: BOM, NUL pattern, strict UTF-8, declared charset, EBCDIC and DOS Cyrillic by their byte habits, statistics, Windows-1252.
// Invariant: never throws; the answer names the charset used.
import { decodeEbcdic, looksEbcdic } from './ebcdic.ts';
import { guessWide } from './wide-text.ts';

export interface DecodedText {
  text: string;
  charset: string;
}

/**
 * Decode with the charset its bytes show; `declared` (values of Content-Type, of a meta element, in the order they are believed) counts only
 * after BOM and strict UTF-8. UTF-7 and HZ are the exception: they look like ASCII.
 */
export async function decodeText(bytes: Uint8Array, ...declared: (string | undefined)[]): Promise<DecodedText> {
  const names = declared.filter((name) => name !== undefined);
  const sevenBit = names.find((name) => SEVEN_BIT.test(name));
  if (sevenBit !== undefined) {
    const text = await decodeSevenBit(bytes, sevenBit);
    if (text !== undefined) return { text, charset: sevenBit.toLowerCase() };
  }
  const sure = decodeSure(bytes);
  if (sure !== undefined) return sure;
  for (const name of names) {
    const text = await decodeAs(bytes, name);
    if (text !== undefined) return { text, charset: name.toLowerCase() };
  }
  if (looksEbcdic(bytes)) return { text: decodeEbcdic(bytes), charset: 'ibm500' };
  return await decodeGuessed(bytes);
}

const SEVEN_BIT =
  /^["']?(x-)?(unicode-(1-1|2-0)-utf-7|utf-?7(-imap)?|csunicode11utf7|hz-gb-2312|iso-2022-(kr|cn))["']?$/i;

/** Charsets that write other letters with ASCII alone; undefined when the bytes are not of them. */
async function decodeSevenBit(bytes: Uint8Array, name: string): Promise<string | undefined> {
  if (bytes.some((byte) => byte >= 0x80)) return undefined;
  const ascii = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (/utf-?7/i.test(name)) return (await import('iconv-lite')).default.decode(ascii, 'utf-7');
  if (/hz/i.test(name)) return decodeHz(ascii);
  return /kr/i.test(name) ? decodeIso2022Kr(ascii) : undefined;
}

/** RFC 1843: `~{` … `~}` hold GB 2312 without its high bits, `~~` is a tilde, `~` at a line's end joins lines. */
function decodeHz(ascii: Buffer): string {
  const gbk = new TextDecoder('gbk');
  return ascii
    .toString('latin1')
    .replace(/~\{([\s\S]*?)(~\}|$)/g, (_whole, run: string) =>
      gbk.decode(Buffer.from(run, 'latin1').map((b) => b | 0x80)),
    )
    .replace(/~\n/g, '')
    .replaceAll('~~', '~');
}

/** RFC 1557: between SO and SI stands KS X 1001 without its high bits. */
function decodeIso2022Kr(ascii: Buffer): string {
  const euc = new TextDecoder('euc-kr');
  return ascii
    .toString('latin1')
    .replace(/\x1b\$\)C/g, '')
    .replace(/\x0e([^\x0f]*)\x0f?/g, (_whole, run: string) =>
      euc.decode(Buffer.from(run, 'latin1').map((b) => b | 0x80)),
    );
}

/** Cases that need no statistics; undefined otherwise. */
function decodeSure(bytes: Uint8Array): DecodedText | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0)
    return { text: decodeUtf32(bytes.subarray(4), true), charset: 'utf-32le' };
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff)
    return { text: decodeUtf32(bytes.subarray(4), false), charset: 'utf-32be' };
  if (a === 0xff && b === 0xfe) return { text: decodeUtf16(bytes.subarray(2), true), charset: 'utf-16le' };
  if (a === 0xfe && b === 0xff) return { text: decodeUtf16(bytes.subarray(2), false), charset: 'utf-16be' };
  const wide = guessWide(bytes);
  if (wide === 'utf-32le' || wide === 'utf-32be')
    return { text: decodeUtf32(bytes, wide === 'utf-32le'), charset: wide };
  if (wide !== undefined) return { text: decodeUtf16(bytes, wide === 'utf-16le'), charset: wide };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // ISO-2022 is pure ASCII with escapes: valid UTF-8 and yet no UTF-8.
    if (/\x1b\$[@B]|\x1b\(J/.test(text.slice(0, 65536)))
      return { text: new TextDecoder('iso-2022-jp').decode(bytes), charset: 'iso-2022-jp' };
    return { text, charset: 'utf-8' };
  } catch {
    return undefined; // not UTF-8: the caller goes on
  }
}

/** Is this no text in any charset? NUL bytes outside UTF-16/32, or many control bytes. */
export function looksBinary(bytes: Uint8Array): boolean {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return false;
  const head = bytes.subarray(0, 4096);
  if (head.length === 0 || guessWide(head) !== undefined) return false;
  let nul = 0;
  let control = 0;
  for (const byte of head) {
    if (byte === 0) nul += 1;
    else if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27 && byte !== 26)
      control += 1;
  }
  if (looksEbcdic(head)) return false;
  return nul > head.length * 0.01 || control > head.length * 0.05;
}

function decodeUtf16(bytes: Uint8Array, isLittle: boolean): string {
  return new TextDecoder(isLittle ? 'utf-16le' : 'utf-16be').decode(bytes);
}

function decodeUtf32(bytes: Uint8Array, isLittle: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength & ~3);
  const parts: string[] = [];
  for (let i = 0; i < view.byteLength; i += 4) {
    const code = view.getUint32(i, isLittle);
    parts.push(code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');
  }
  return parts.join('');
}

/** Names under which programs write a larger charset: the euro sign and the dashes of Windows stand where ISO 8859 has controls (WHATWG Encoding 4.2). */
const MEANT: readonly (readonly [RegExp, string])[] = [
  [/^(iso[-_]?8859[-_]?1|iso_8859-1:1987|latin-?1|l1|cp819|ibm819|iso-ir-100)$/, 'windows-1252'],
  [/^(iso[-_]?8859[-_]?9|latin-?5|l5)$/, 'windows-1254'],
  [/^(iso[-_]?8859[-_]?11|tis-?620)$/, 'windows-874'],
  [/^(gb2312|gb_2312-80|gbk|x-gbk|csgb2312|euc-?cn)$/, 'gb18030'],
  [/^(euc-?kr|ks_?c_?5601.*|ksc_?5601.*|korean)$/, 'cp949'],
];

/** Decode by a declared name; undefined when the name is unknown or the bytes contradict it. */
export async function decodeAs(bytes: Uint8Array, name: string): Promise<string | undefined> {
  const label = name
    .trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, '');
  if (/^(ibm|cp|csibm)?-?(037|500|1047|1140|1148|273|297)$/.test(label)) return decodeEbcdic(bytes);
  if (/^utf-?8$|^us-ascii$|^ascii$/.test(label)) return undefined; // strict UTF-8 has failed already
  if (/^utf-?(16|32)/.test(label)) return undefined; // no NUL pattern: mislabelled
  const iconv = (await import('iconv-lite')).default;
  const meant = MEANT.find(([pattern]) => pattern.test(label))?.[1] ?? label;
  if (iconv.encodingExists(meant))
    return iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), meant);
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return undefined; // a name nobody knows
  }
}

/** Bytes looked at for a guess. */
const SAMPLE_BYTES = 256 * 1024;

async function decodeGuessed(bytes: Uint8Array): Promise<DecodedText> {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  // A mostly valid UTF-8 text with a few broken bytes is still UTF-8.
  const lenient = new TextDecoder('utf-8').decode(sample);
  const broken = lenient.match(/\ufffd/g)?.length ?? 0;
  const multibyte = lenient.match(/[\u0080-\ufffc]/g)?.length ?? 0;
  if (broken * 10 <= multibyte) return { text: new TextDecoder('utf-8').decode(bytes), charset: 'utf-8' };
  const { guessCharset } = await import('./charset-guess.ts');
  const charset = await guessCharset(sample);
  const text = await decodeAs(bytes, charset);
  return text === undefined
    ? { text: new TextDecoder('windows-1252').decode(bytes), charset: 'windows-1252' }
    : { text, charset };
}
