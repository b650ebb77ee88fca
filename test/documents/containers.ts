// Envelopes made in memory for the tests: CMS in DER and BER, TNEF, mails of any headers and bodies.
import { deflateSync } from 'node:zlib';

/** An ASN.1 element of definite length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xffff ? 6 : 4, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

/** An ASN.1 element of indefinite length. */
export const ber = (tag: number, ...parts: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from([tag, 0x80]), ...parts, Buffer.from([0, 0])]);

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const PKCS7 = '2a864886f70d0107';

/** A signed envelope; nobody signed it: the reader does not ask. `pieces` writes it in BER, its content cut in so many. */
export function signedCms(content: Uint8Array, pieces = 1): Buffer {
  const isBer = pieces > 1;
  const wrap = isBer ? ber : der;
  const size = Math.ceil(content.length / pieces);
  const octets = Array.from({ length: pieces }, (_, i) => der(0x04, content.subarray(i * size, (i + 1) * size)));
  return wrap(
    0x30,
    oid(`${PKCS7}02`),
    wrap(
      0xa0,
      wrap(
        0x30,
        der(0x02, Buffer.from([1])),
        der(0x31, der(0x30, oid('608648016503040201'))),
        wrap(0x30, oid(`${PKCS7}01`), wrap(0xa0, isBer ? ber(0x24, ...octets) : octets[0]!)), // one piece
        der(0x31),
      ),
    ),
  );
}

/** The signature without the document. */
export const detachedCms = () =>
  der(
    0x30,
    oid(`${PKCS7}02`),
    der(0xa0, der(0x30, der(0x02, Buffer.from([1])), der(0x31), der(0x30, oid(`${PKCS7}01`)), der(0x31))),
  );

export const envelopedCms = () =>
  der(0x30, oid(`${PKCS7}03`), der(0xa0, der(0x30, der(0x02, Buffer.from([0])), der(0x31))));

export function compressedCms(content: Uint8Array): Buffer {
  return der(
    0x30,
    oid('2a864886f70d0109100109'),
    der(
      0xa0,
      der(
        0x30,
        der(0x02, Buffer.from([0])),
        der(0x30, oid('2a864886f70d0109100308')),
        der(0x30, oid(`${PKCS7}01`), der(0xa0, der(0x04, deflateSync(content)))),
      ),
    ),
  );
}

export interface MapiProperty {
  number: number;
  /** A string as UTF-16, or bytes of `type`. */
  value: string | Buffer;
  type?: number;
  /** Number in the set of appointments. */
  named?: number;
}

function mapiProperties(properties: readonly MapiProperty[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(properties.length);
  const rows = properties.map(({ number, value, type, named }) => {
    const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`, 'utf16le') : value;
    const kind = type ?? (typeof value === 'string' ? 0x1f : 0x102);
    const head = Buffer.alloc(4);
    head.writeUInt16LE(kind, 0);
    head.writeUInt16LE(number, 2);
    const name = Buffer.alloc(named === undefined ? 0 : 24);
    if (named !== undefined) name.writeUInt32LE(named, 20);
    if (kind === 0x40 || kind === 3) return Buffer.concat([head, name, bytes]);
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(1, 0);
    sizes.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, name, sizes, bytes, Buffer.alloc(-bytes.length & 3)]);
  });
  return Buffer.concat([count, ...rows]);
}

function attribute(level: number, number: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(level, 0);
  head.writeUInt16LE(number, 1);
  head.writeUInt32LE(data.length, 5);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(data.reduce((a, b) => (a + b) & 0xffff, 0));
  return Buffer.concat([head, data, sum]);
}

/** A winmail.dat. `codePage` is the one of its 8-bit strings. */
export function tnef(
  properties: readonly MapiProperty[],
  attachments: readonly { title?: Buffer; data?: Buffer; properties?: readonly MapiProperty[] }[] = [],
  codePage = 1252,
): Buffer {
  const page = Buffer.alloc(8);
  page.writeUInt32LE(codePage);
  return Buffer.concat([
    Buffer.from([0x78, 0x9f, 0x3e, 0x22, 1, 0]),
    attribute(1, 0x9007, page),
    attribute(1, 0x9003, mapiProperties(properties)),
    ...attachments.flatMap(({ title, data, properties: own }) => [
      attribute(2, 0x9002, Buffer.alloc(14)),
      ...(title === undefined ? [] : [attribute(2, 0x8010, title)]),
      ...(data === undefined ? [] : [attribute(2, 0x800f, data)]),
      ...(own === undefined ? [] : [attribute(2, 0x9005, mapiProperties(own))]),
    ]),
  ]);
}

/** Windows file time. */
export function fileTime(iso: string): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(Date.parse(iso) + 11_644_473_600_000) * 10_000n);
  return time;
}

export interface MimePart {
  type: string;
  content: string | Uint8Array;
  headers?: string;
}

const partBytes = ({ type, content, headers = '' }: MimePart) =>
  Buffer.concat([
    Buffer.from(`Content-Type: ${type}\r\n${headers}`),
    typeof content === 'string'
      ? Buffer.from(`\r\n${content}\r\n`, 'latin1')
      : Buffer.from(
          `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
        ),
  ]);

/** A MIME entity of one part or of several; strings are written byte by byte (latin1). */
export function mimeEntity(parts: readonly MimePart[], kind = 'mixed'): Buffer {
  if (parts.length === 1) return partBytes(parts[0]!); // length 1
  return Buffer.concat([
    Buffer.from(`Content-Type: multipart/${kind}; boundary="=_B"\r\n\r\n`),
    ...parts.flatMap((part) => [Buffer.from('--=_B\r\n'), partBytes(part)]),
    Buffer.from('--=_B--\r\n'),
  ]);
}

/** A mail with these headers before the usual ones. */
export const mimeMail = (parts: readonly MimePart[], { kind = 'mixed', headers = 'Subject: Note\r\n' } = {}) =>
  Buffer.concat([
    Buffer.from(`From: Ada Example <ada@example.com>\r\nTo: bob@example.com\r\n`),
    Buffer.from(headers, 'latin1'),
    Buffer.from('MIME-Version: 1.0\r\n'),
    mimeEntity(parts, kind),
  ]);
