// Content of a signed or compressed CMS envelope (.p7m, opaque S/MIME): DER or BER, PEM or bare base64.
// Invariants: C1 nothing is verified: a signature is no matter of reading. C2 depth and pieces are bounded, a cut file is corrupt.
// Source: RFC 5652 5 (SignedData), 6 (EnvelopedData), RFC 3274 (CompressedData), X.690 8.1.3 and 8.14 (indefinite lengths).
import { inflateSync } from 'node:zlib';
import { TerminalError } from '../../errors.ts';

/** Last arc below 1.2.840.113549.1.7 (PKCS #7). */
const SIGNED = 2;
const ENVELOPED = new Set([3, 4, 6]);
/** DER of 1.2.840.113549.1.7, without the last arc. */
const PKCS7 = Buffer.from('2a864886f70d0107', 'hex');
/** DER of 1.2.840.113549.1.9.16.1, without the last arc: 9 compressed, 23 enveloped and authenticated. */
const SMIME_TYPES = Buffer.from('2a864886f70d01091001', 'hex');
const COMPRESSED = 9;
const AUTH_ENVELOPED = 23;

const OBJECT_ID = 0x06;
const OCTETS = 0x04;
const CONSTRUCTED = 0x20;
const EXPLICIT_0 = 0xa0;
const MAX_DEPTH = 64;

/** Do these bytes begin a CMS envelope? True for its base64 forms too. */
export function looksCms(bytes: Uint8Array): boolean {
  return startsCms(bytes) || bareBytes(bytes, 256) !== undefined;
}

/** SEQUENCE { OBJECT IDENTIFIER below one of the two arcs, … */
function startsCms(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30 || bytes.length < 16) return false;
  const second = bytes[1]!; // length >= 16
  const at = second <= 0x80 ? 2 : 2 + (second & 0x7f);
  if (at > 8 || bytes[at] !== OBJECT_ID) return false;
  const id = Buffer.from(bytes.buffer, bytes.byteOffset + at + 2, Math.min(12, Math.max(0, bytes.length - at - 2)));
  return id.subarray(0, PKCS7.length).equals(PKCS7) || id.subarray(0, SMIME_TYPES.length).equals(SMIME_TYPES);
}

/** The envelope behind PEM lines or bare base64; undefined when it is neither. @param limit  characters looked at, for a first look */
function bareBytes(bytes: Uint8Array, limit = bytes.length): Buffer | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, limit));
  const text = view.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const pem = /^\s*-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s/.exec(text);
  const body = (pem === null ? text : text.slice(pem[0].length)).replace(/-----END[\s\S]*$/, '');
  if (!/^\s*M[A-Za-z0-9+/\s]{15}/.test(body)) return undefined;
  const decoded = Buffer.from(body.replace(/\s+/g, ''), 'base64');
  return startsCms(decoded) ? decoded : undefined;
}

/**
 * The document inside.
 * @param maxBytes  of a compressed content
 * @returns undefined for a detached signature, which holds none
 * @throws {TerminalError} extract.encrypted, extract.corrupt, extract.too-large, extract.unsupported
 */
export function cmsContent(bytes: Uint8Array, maxBytes: number): Buffer | undefined {
  const file = startsCms(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bareBytes(bytes);
  if (file === undefined) throw damaged();
  const [id, content] = children(file, element(file, 0));
  const kind = id === undefined ? undefined : kindOf(file.subarray(id.from, id.to));
  if (kind === 'enveloped') throw new TerminalError('extract.encrypted', 'cms: its content is encrypted');
  if (kind === undefined || content === undefined || content.tag !== EXPLICIT_0)
    throw new TerminalError('extract.unsupported', 'cms: only signed and compressed envelopes are read');
  const fields = children(file, content)[0];
  // version, algorithms, encapsulated content: the third field in both kinds
  const inner = fields === undefined ? undefined : children(file, fields)[2];
  const wrapped = inner === undefined ? undefined : children(file, inner)[1];
  if (inner === undefined) throw damaged();
  if (wrapped === undefined) return undefined;
  const pieces: Buffer[] = [];
  collectOctets(file, wrapped, pieces, 0);
  const octets = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces); // length 1
  return kind === 'compressed' ? inflate(octets, maxBytes) : octets;
}

function kindOf(id: Buffer): 'signed' | 'enveloped' | 'compressed' | undefined {
  const last = id.at(-1) ?? 0;
  const isPkcs7 = id.length === PKCS7.length + 1 && id.subarray(0, -1).equals(PKCS7);
  if (isPkcs7) return last === SIGNED ? 'signed' : ENVELOPED.has(last) ? 'enveloped' : undefined;
  if (!id.subarray(0, -1).equals(SMIME_TYPES)) return undefined;
  return last === COMPRESSED ? 'compressed' : last === AUTH_ENVELOPED ? 'enveloped' : undefined;
}

function inflate(octets: Buffer, maxBytes: number): Buffer {
  try {
    return inflateSync(octets, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if (error instanceof RangeError)
      throw new TerminalError('extract.too-large', `cms: it expands to more than ${maxBytes} bytes`);
    throw damaged();
  }
}

interface Element {
  tag: number;
  /** Content, without the end mark of an indefinite length. */
  from: number;
  to: number;
  /** Where the next element begins. */
  end: number;
}

/** The element at an offset; of indefinite length when its end is found by its end mark. */
function element(file: Buffer, at: number, depth = 0): Element {
  if (depth > MAX_DEPTH || at + 2 > file.length) throw damaged();
  const tag = file[at]!; // within the file
  if ((tag & 0x1f) === 0x1f) throw damaged(); // long tags do not occur in CMS
  const first = file[at + 1]!;
  if (first === 0x80) {
    let next = at + 2;
    while (!(file[next] === 0 && file[next + 1] === 0)) next = element(file, next, depth + 1).end;
    return { tag, from: at + 2, to: next, end: next + 2 };
  }
  let from = at + 2;
  let length = first;
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 5 || from + count > file.length) throw damaged();
    length = file.readUIntBE(from, count);
    from += count;
  }
  if (from + length > file.length) throw damaged();
  return { tag, from, to: from + length, end: from + length };
}

const MAX_FIELDS = 16;

/** The first children of a constructed element. */
function children(file: Buffer, { from, to }: Element): Element[] {
  const found: Element[] = [];
  for (let at = from; at < to && found.length < MAX_FIELDS; ) {
    const child = element(file, at);
    found.push(child);
    at = child.end;
  }
  return found;
}

/** An OCTET STRING may be one piece or any number of pieces inside pieces. */
function collectOctets(file: Buffer, { tag, from, to }: Element, pieces: Buffer[], depth: number): void {
  if (depth > MAX_DEPTH) throw damaged();
  if (tag === OCTETS) {
    pieces.push(file.subarray(from, to));
    return;
  }
  if ((tag & CONSTRUCTED) === 0) throw damaged();
  for (let at = from; at < to; ) {
    const child = element(file, at);
    collectOctets(file, child, pieces, depth + 1);
    at = child.end;
  }
}

const damaged = () => new TerminalError('extract.corrupt', 'cms: the envelope is damaged or cut off');

/** `a.xml` of `a.xml.p7m`; a MIME entity becomes a mail, whose type its headers alone do not show. */
export function cmsMemberName(name: string, content: Uint8Array): string {
  const file = name.replace(/^.*[/\\]/, '');
  const bare = file.replace(/\.(p7m|p7s|p7b|p7|p7z|m7m|pkcs7|cms|pem|b64)$/i, '');
  if (startsMime(content))
    return `${bare === '' || /^smime$/i.test(bare) ? 'message' : bare.replace(/\.eml$/i, '')}.eml`;
  return bare === '' ? 'content' : bare;
}

/** A MIME entity begins with header lines, one of which is of MIME. */
export function startsMime(content: Uint8Array): boolean {
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 4096)).toString('latin1');
  const headers = /^(?:[\x21-\x39\x3b-\x7e]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+\r?\n/.exec(
    head.replace(/^(\r?\n)+/, ''),
  )?.[0];
  return headers !== undefined && /^content-(type|transfer-encoding):/im.test(headers);
}
