// Outlook's TNEF (winmail.dat): subject, body, appointment fields and attachments. Checksums are not asked: many senders get them wrong.
// Invariants: T1 every length is checked against the file. T2 a message inside is given out as TNEF bytes of its own, under the limits of the walk.
// Source: [MS-OXTNEF] 2.1.3 (attributes), 2.1.3.4 (encapsulated properties), [MS-OXPROPS] for the property numbers.
import { TerminalError } from '../../errors.ts';
import { decodeText } from '../charset.ts';
import type { ExtractLimits } from '../limits.ts';
import { plain } from '../reading.ts';
import { compressedRtfToText, type Mail, type MailAttachment, type MailFields, mailText } from './mail-text.ts';

const SIGNATURE = 0x223e9f78;
// Attribute numbers, without their type in the upper half.
const FROM = 0x8000;
const SUBJECT = 0x8004;
const DATE_SENT = 0x8005;
const BODY = 0x800c;
const ATTACHMENT_DATA = 0x800f;
const ATTACHMENT_TITLE = 0x8010;
const ATTACHMENT_BEGINS = 0x9002;
const MESSAGE_PROPERTIES = 0x9003;
const RECIPIENTS = 0x9004;
const ATTACHMENT_PROPERTIES = 0x9005;
const CODE_PAGE = 0x9007;
// MAPI property numbers.
const PR_SUBJECT = 0x0037;
const PR_SENDER_NAME = 0x0c1a;
const PR_SENDER_ADDRESS = 0x0c1f;
const PR_RECIPIENT_TYPE = 0x0c15;
const PR_DELIVERY_TIME = 0x0e06;
const PR_BODY = 0x1000;
const PR_RTF = 0x1009;
const PR_HTML = 0x1013;
const PR_DISPLAY_NAME = 0x3001;
const PR_EMAIL = 0x3003;
const PR_SMTP = 0x39fe;
const PR_ATTACH_DATA = 0x3701;
const PR_ATTACH_FILENAME = 0x3704;
const PR_ATTACH_LONG_FILENAME = 0x3707;
const PR_CONTENT_ID = 0x3712;
const PR_CODEPAGE = 0x3fde;
// Named properties of appointments, by their number in the set.
const PLACE = 0x8208;
const STARTS = 0x820d;
const ENDS = 0x820e;

const OBJECT = 0x0d;
const STRING = 0x1e;
const UNICODE = 0x1f;
const BINARY = 0x102;
const TIME = 0x40;
const FIXED_BYTES: Readonly<Record<number, number>> = {
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
};
const MAX_PROPERTIES = 20_000;
const MAX_ATTACHMENTS = 10_000;

interface Property {
  type: number;
  value: Buffer;
}
/** By property number; named ones by the number in their set. */
type Properties = Map<number, Property>;

interface Attached {
  title?: string;
  data?: Buffer;
  properties?: Properties;
}

/** @throws {TerminalError} extract.corrupt */
export async function readTnef(bytes: Uint8Array, limits: ExtractLimits): Promise<Mail> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 6 || file.readUInt32LE(0) !== SIGNATURE) throw damaged();
  const attributes = new Map<number, Buffer>();
  const attached: Attached[] = [];
  let charset = 'windows-1252';
  let isCut = false;
  for (let at = 6; at + 9 <= file.length; ) {
    const number = file.readUInt16LE(at + 1);
    const length = file.readUInt32LE(at + 5);
    const end = at + 9 + length;
    if (end > file.length) {
      isCut = true;
      break;
    }
    const data = file.subarray(at + 9, end);
    if (number === CODE_PAGE && length >= 4) charset = `cp${data.readUInt32LE(0)}`;
    if (number === ATTACHMENT_BEGINS && attached.length < MAX_ATTACHMENTS) attached.push({});
    const current = attached.at(-1);
    if (current === undefined) attributes.set(number, data);
    else if (number === ATTACHMENT_TITLE) current.title = await text(data, charset);
    else if (number === ATTACHMENT_DATA) current.data = data;
    else if (number === ATTACHMENT_PROPERTIES) current.properties = readProperties(data);
    at = end + 2;
  }
  if (attributes.size === 0 && attached.length === 0) throw damaged();
  const fields = await messageFields(attributes, charset, limits);
  const attachments: MailAttachment[] = [];
  let inline = 0;
  for (const [i, one] of attached.entries()) {
    const attachment = await attachmentOf(one, i, charset);
    if (attachment === undefined) continue;
    if (isInline(one, attachment.name, fields.html)) inline += 1;
    else attachments.push(attachment);
  }
  const warnings = isCut ? ['tnef: the file is cut off; what stands before the cut was read'] : [];
  if (inline > 0) warnings.push(`mail: ${inline} image(s) of the body were not read`);
  return { body: plain(mailText(fields, limits) ?? '', warnings), attachments };
}

const damaged = () => new TerminalError('extract.corrupt', 'tnef: the file is damaged or cut off');

async function messageFields(
  attributes: ReadonlyMap<number, Buffer>,
  charset: string,
  limits: ExtractLimits,
): Promise<MailFields> {
  const properties = readProperties(attributes.get(MESSAGE_PROPERTIES) ?? Buffer.alloc(0));
  const string = (number: number) => stringOf(properties, number, charset);
  const plainBody = attributes.get(BODY);
  const subject = attributes.get(SUBJECT);
  const body = (await string(PR_BODY)) ?? (plainBody === undefined ? undefined : await text(plainBody, charset));
  const html = properties.get(PR_HTML);
  const page = properties.get(PR_CODEPAGE)?.value.readUInt32LE(0);
  const rtf = properties.get(PR_RTF)?.value;
  const from = [await string(PR_SENDER_NAME), angle(await string(PR_SENDER_ADDRESS))].filter((part) => part).join(' ');
  const recipients = recipientsOf(attributes.get(RECIPIENTS));
  const people = async (kind: number) =>
    (
      await Promise.all(
        recipients
          .filter((row) => (row.get(PR_RECIPIENT_TYPE)?.value.readUInt32LE(0) ?? 1) === kind)
          .map(async (row) =>
            [
              await stringOf(row, PR_DISPLAY_NAME, charset),
              angle((await stringOf(row, PR_SMTP, charset)) ?? (await stringOf(row, PR_EMAIL, charset))),
            ]
              .filter((part) => part)
              .join(' '),
          ),
      )
    ).join(', ');
  const rtfText =
    rtf === undefined || body?.trim() || html !== undefined ? undefined : await compressedRtfToText(rtf, limits);
  return {
    subject: (await string(PR_SUBJECT)) ?? (subject === undefined ? undefined : await text(subject, charset)),
    from: from === '' ? fromAttribute(attributes.get(FROM)) : from,
    to: await people(1),
    cc: await people(2),
    date: timeOf(properties, PR_DELIVERY_TIME) ?? dateOf(attributes.get(DATE_SENT)),
    place: await string(PLACE),
    starts: timeOf(properties, STARTS),
    ends: timeOf(properties, ENDS),
    text: body?.trim() ? body : rtfText,
    html:
      html === undefined
        ? undefined
        : html.type === BINARY
          ? (await decodeText(html.value, page === undefined ? charset : `cp${page}`)).text
          : await string(PR_HTML),
  };
}

const angle = (address: string | undefined) => (address?.includes('@') ? `<${address}>` : '');

/** A TRP structure: lengths of a name and of an address, both with their NULs, the address as `SMTP:a@b`. */
function fromAttribute(data: Buffer | undefined): string | undefined {
  const parts = data?.subarray(8).toString('latin1').split('\0') ?? [];
  const [name = '', address = ''] = parts.filter((part) => /^[\x20-\x7e]{2,}$/.test(part));
  const from = [name, angle(address.replace(/^smtp:/i, ''))].filter((part) => part).join(' ');
  return from === '' ? undefined : from;
}

/** Year, month, day, hour, minute, second, weekday, as 16-bit numbers. */
function dateOf(data: Buffer | undefined): string | undefined {
  if (data === undefined || data.length < 12) return undefined;
  const [year, month, day, hour, minute, second] = [0, 2, 4, 6, 8, 10].map((at) => data.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

const WINDOWS_EPOCH_MS = 11_644_473_600_000;

function timeOf(properties: Properties, number: number): string | undefined {
  const property = properties.get(number);
  if (property?.type !== TIME || property.value.length < 8) return undefined;
  const time = Number(property.value.readBigUInt64LE(0) / 10_000n) - WINDOWS_EPOCH_MS;
  return Math.abs(time) > 8.64e15 ? undefined : new Date(time).toISOString();
}

async function stringOf(properties: Properties, number: number, charset: string): Promise<string | undefined> {
  const property = properties.get(number);
  if (property === undefined) return undefined;
  if (property.type === UNICODE) return property.value.toString('utf16le').replace(/\0[\s\S]*$/, '');
  return property.type === STRING ? await text(property.value, charset) : undefined;
}

async function text(data: Buffer, charset: string): Promise<string> {
  const end = data.indexOf(0);
  return (await decodeText(end < 0 ? data : data.subarray(0, end), charset)).text;
}

async function attachmentOf(one: Attached, index: number, charset: string): Promise<MailAttachment | undefined> {
  const properties = one.properties ?? new Map<number, Property>();
  const stored = properties.get(PR_ATTACH_DATA);
  // An object begins with the identifier of its interface: a message is TNEF, a storage is OLE.
  const object = stored?.type === OBJECT ? stored.value.subarray(16) : stored?.value;
  const bytes = object !== undefined && object.length > 0 && stored?.type === OBJECT ? object : (one.data ?? object);
  if (bytes === undefined) return undefined;
  const name =
    (await stringOf(properties, PR_ATTACH_LONG_FILENAME, charset)) ??
    one.title ??
    (await stringOf(properties, PR_ATTACH_FILENAME, charset)) ??
    (await stringOf(properties, PR_DISPLAY_NAME, charset)) ??
    `attachment-${index + 1}`;
  return { name, bytes };
}

function isInline({ properties }: Attached, name: string, html: string | undefined): boolean {
  const id = properties?.get(PR_CONTENT_ID)?.value;
  if (id === undefined || !/\.(png|jpe?g|gif|bmp)$/i.test(name)) return false;
  const text = (
    properties?.get(PR_CONTENT_ID)?.type === UNICODE ? id.toString('utf16le') : id.toString('latin1')
  ).replace(/\0[\s\S]*$/, '');
  return text !== '' && (html ?? '').includes(`cid:${text}`);
}

/** Rows of properties, behind their number. */
function recipientsOf(data: Buffer | undefined): Properties[] {
  if (data === undefined || data.length < 4) return [];
  const rows: Properties[] = [];
  const reader = new PropertyReader(data, 4);
  for (let left = Math.min(data.readUInt32LE(0), MAX_PROPERTIES); left > 0 && reader.isOpen; left--)
    rows.push(reader.list());
  return rows;
}

function readProperties(data: Buffer): Properties {
  return new PropertyReader(data, 0).list();
}

/** Properties in their encapsulated form; what lies outside the data ends the list. */
class PropertyReader {
  readonly #data: Buffer;
  #at: number;

  constructor(data: Buffer, at: number) {
    this.#data = data;
    this.#at = at;
  }

  get isOpen(): boolean {
    return this.#at + 4 <= this.#data.length;
  }

  list(): Properties {
    const found: Properties = new Map();
    if (!this.isOpen) return found;
    const count = Math.min(this.#number(), MAX_PROPERTIES);
    for (let i = 0; i < count && this.isOpen; i++) {
      const type = this.#data.readUInt16LE(this.#at);
      let number = this.#data.readUInt16LE(this.#at + 2);
      this.#at += 4;
      if (number >= 0x8000) number = this.#nameNumber();
      const value = this.#value(type);
      if (value === undefined) break;
      if (!found.has(number)) found.set(number, { type: type & 0xfff, value });
    }
    return found;
  }

  #number(): number {
    if (!this.isOpen) {
      this.#at = this.#data.length;
      return 0;
    }
    this.#at += 4;
    return this.#data.readUInt32LE(this.#at - 4);
  }

  /** GUID of a set, then a number in it or a name; a name counts as number 0. */
  #nameNumber(): number {
    this.#at += 16;
    const kind = this.#number();
    const value = this.#number();
    if (kind === 0) return value;
    this.#at += padded(value);
    return 0;
  }

  #value(type: number): Buffer | undefined {
    const base = type & 0xfff;
    const isMany = (type & 0x1000) !== 0;
    const fixed = FIXED_BYTES[base];
    if (fixed !== undefined) {
      const count = isMany ? this.#number() : 1;
      return this.#take(fixed * count);
    }
    if (base !== STRING && base !== UNICODE && base !== BINARY && base !== OBJECT) return undefined;
    const count = Math.min(this.#number(), MAX_PROPERTIES);
    let first: Buffer | undefined;
    for (let i = 0; i < count && this.isOpen; i++) {
      const length = this.#number();
      const value = this.#take(length);
      if (value === undefined) return first;
      first ??= value;
      this.#at += padded(length) - length;
    }
    return first ?? Buffer.alloc(0);
  }

  #take(length: number): Buffer | undefined {
    if (this.#at + length > this.#data.length) return undefined;
    this.#at += length;
    return this.#data.subarray(this.#at - length, this.#at);
  }
}

const padded = (length: number) => (length + 3) & ~3;
