// Mail (eml, emlx, web pages saved as one file, winmail.dat, msg): headers, body, attachments. Envelopes around the whole mail are opened here:
// what S/MIME signs and what Outlook packs into winmail.dat is the mail a person sees, not an attachment of it.
import { TerminalError } from '../../errors.ts';
import { decodeText } from '../charset.ts';
import type { ExtractLimits } from '../limits.ts';
import { mayHoldText, type Picture } from '../pictures.ts';
import { activeMimeFiles, isActiveMime } from './active-mime.ts';
import { withoutArmour } from './armour.ts';
import { cmsContent, looksCms, startsMime } from './cms.ts';
import { filesInAddresses } from './data-urls.ts';
import type { MailAttachment, MailFields } from './mail-text.ts';
import { type MimeMessage, parseMime } from './mime-tree.ts';
import { takeUuencoded } from './uuencode.ts';

/** Signatures, keys and delivery reports of machines: no documents. */
const NO_DOCUMENT =
  /^application\/(pkcs7-signature|x-pkcs7-signature|pgp-signature|pgp-keys|pgp-encrypted)$|^text\/rfc822-headers$|^message\/delivery-status$/i;
/** What a page that was saved as one file needs to be drawn. */
const OF_PAGE = /^(text\/css|(text|application)\/(x-|ecma|java)+script|font\/.*|application\/(x-|vnd\.ms-)?font.*)$/i;
const CMS_TYPE = /^application\/(x-)?pkcs7-mime$/i;
const TNEF_TYPE = /^application\/(vnd\.)?ms-tnef$/i;

export interface ParsedMail {
  fields: MailFields;
  attachments: MailAttachment[];
  pictures: Picture[];
  warnings: string[];
  isEncrypted: boolean;
  /** Body of the winmail.dat, headers included, where the mail has none of its own. */
  packed?: string | undefined;
}

const MAX_ENVELOPES = 8;

/** @param depth  envelopes opened so far */
export async function parseEml(bytes: Uint8Array, limits: ExtractLimits, depth: number): Promise<ParsedMail> {
  const message = await parseMime(await startOfMail(bytes)).catch(refuse);
  const armour = withoutArmour(message.text ?? '');
  const { text, files } = takeUuencoded(armour.text);
  const parsed: ParsedMail = {
    fields: {
      subject: message.subject,
      from: addresses(message.from),
      to: addresses(message.to),
      cc: addresses(message.cc),
      date: message.date,
      text,
      html: message.html,
    },
    attachments: [],
    pictures: [],
    warnings: [],
    isEncrypted: message.attachments.some((a) => /pgp-encrypted/i.test(a.mimeType)),
  };
  if (armour.encrypted > 0) {
    parsed.isEncrypted ||= text.trim() === '' && (message.html ?? '').trim() === '';
    parsed.warnings.push(`mail: ${armour.encrypted} encrypted part(s) were not read`);
  }
  const hasBody = text.trim() !== '' || (message.html ?? '').trim() !== '';
  let [inline, elsewhere] = [0, 0];
  for (const [i, attachment] of message.attachments.entries()) {
    if (
      NO_DOCUMENT.test(attachment.mimeType) ||
      (attachment.disposition !== 'attachment' && OF_PAGE.test(attachment.mimeType))
    )
      continue;
    // The part says where its content is to be fetched: a stub, no document (RFC 2046 5.2.3).
    if (/^message\/external-body$/i.test(attachment.mimeType)) {
      elsewhere += 1;
      continue;
    }
    const { content } = attachment;
    const data = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
    const name = attachment.filename ?? defaultName(i, attachment.mimeType);
    if (isShownInBody(attachment, message.html)) {
      if (mayHoldText(data)) parsed.pictures.push({ bytes: data });
      else inline += 1;
    } else if (!hasBody && depth < MAX_ENVELOPES && CMS_TYPE.test(attachment.mimeType) && looksCms(data))
      await openEnvelope(parsed, data, name, limits, depth);
    else if ((TNEF_TYPE.test(attachment.mimeType) || /^winmail\.dat$/i.test(name)) && isTnef(data))
      await openTnef(parsed, data, name, hasBody, limits);
    else if (isActiveMime(data)) await openActiveMime(parsed, data, name, limits);
    else parsed.attachments.push({ name, bytes: data });
  }
  parsed.attachments.push(...files);
  const { pictures, embedded } = filesInAddresses(message.html ?? '', limits);
  parsed.pictures.push(...pictures);
  parsed.attachments.push(...embedded);
  if (elsewhere > 0)
    parsed.warnings.push(`mail: ${elsewhere} attachment(s) stand elsewhere (external-body) and were not fetched`);
  if (inline > 0) parsed.warnings.push(`mail: ${inline} image(s) of the body were not read`);
  return parsed;
}

/** The signed or compressed entity is the mail itself; anything else inside is an attachment. */
async function openEnvelope(
  mail: ParsedMail,
  data: Uint8Array,
  name: string,
  limits: ExtractLimits,
  depth: number,
): Promise<void> {
  let inner: Buffer | undefined;
  try {
    inner = cmsContent(data, limits.maxBytes);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    if (error.code === 'extract.encrypted') mail.isEncrypted = true;
    else mail.attachments.push({ name, bytes: data }); // where it is refused with its reason
    return;
  }
  if (inner === undefined) return;
  if (startsMime(inner)) await takeEntity(mail, inner, limits, depth + 1);
  else mail.attachments.push({ name, bytes: data });
}

/** A MIME entity stands in place of the body: its text and attachments are the mail's. */
export async function takeEntity(
  mail: ParsedMail,
  entity: Uint8Array,
  limits: ExtractLimits,
  depth: number,
): Promise<void> {
  const inner = await parseEml(entity, limits, depth);
  mail.fields.text = inner.fields.text;
  mail.fields.html = inner.fields.html;
  for (const key of ['subject', 'from', 'to', 'cc', 'date'] as const) mail.fields[key] ??= inner.fields[key];
  mail.attachments.push(...inner.attachments);
  mail.pictures.push(...inner.pictures);
  mail.warnings.push(...inner.warnings);
  mail.isEncrypted ||= inner.isEncrypted;
}

const isTnef = (data: Uint8Array) => data[0] === 0x78 && data[1] === 0x9f && data[2] === 0x3e && data[3] === 0x22;

async function openTnef(
  mail: ParsedMail,
  data: Uint8Array,
  name: string,
  hasBody: boolean,
  limits: ExtractLimits,
): Promise<void> {
  const { readTnef } = await import('./tnef.ts');
  try {
    const packed = await readTnef(data, limits);
    if (!hasBody) mail.packed = packed.body.parts[0] || undefined;
    mail.attachments.push(...packed.attachments);
    mail.warnings.push(...packed.body.warnings);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    mail.attachments.push({ name, bytes: data }); // where it is refused with its reason
  }
}

/** What Word puts beside the body: the objects in it are attachments, macros are told. */
async function openActiveMime(mail: ParsedMail, data: Uint8Array, name: string, limits: ExtractLimits): Promise<void> {
  try {
    const files = await activeMimeFiles(data, limits.maxArchiveEntries, limits.maxBytes);
    mail.attachments.push(...files);
    if (files.length === 0) mail.warnings.push('mail: macros or settings of Word (mso) were not read');
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    mail.attachments.push({ name, bytes: data }); // where it is refused with its reason
  }
}

/** Logos and signatures of the body's HTML are not attachments to anybody but MIME; a photo that the HTML does not show is one. */
function isShownInBody(attachment: MimeMessage['attachments'][number], html: string | undefined): boolean {
  if (!/^image\//i.test(attachment.mimeType) || attachment.contentId === undefined) return false;
  const id = attachment.contentId.trim().replace(/^<|>$/g, '');
  const page = html ?? '';
  return id !== '' && (page.includes(`cid:${id}`) || page.includes(`cid:${encodeURIComponent(id)}`));
}

/** The message without what stands before its headers: a byte order mark, blank lines, Apple Mail's byte count; UTF-16 becomes UTF-8. */
async function startOfMail(bytes: Uint8Array): Promise<Uint8Array> {
  let mail = bytes;
  if (
    (mail[0] === 0xff && mail[1] === 0xfe) ||
    (mail[0] === 0xfe && mail[1] === 0xff) ||
    mail[0] === 0 ||
    mail[1] === 0
  )
    mail = new Uint8Array(Buffer.from((await decodeText(mail)).text));
  mail = withLineEnds(mail);
  const head = Buffer.from(mail.buffer, mail.byteOffset, Math.min(mail.length, 256)).toString('latin1');
  const before = /^(?:\xef\xbb\xbf)?\s*(?:(\d{1,12})[ \t]*\r?\n)?\s*/.exec(head)?.[0] ?? '';
  const count = /\d+/.exec(before)?.[0];
  const rest = mail.subarray(before.length);
  return count === undefined ? rest : rest.subarray(0, Number(count));
}

const LOOKED_AT_BYTES = 65_536;

/** Programs of the old Macintosh end lines by a carriage return alone. */
function withLineEnds(mail: Uint8Array): Uint8Array {
  const head = mail.subarray(0, LOOKED_AT_BYTES);
  if (head.includes(0x0a) || !head.includes(0x0d)) return mail;
  return mail.map((byte) => (byte === 0x0d ? 0x0a : byte));
}

function refuse(error: unknown): never {
  const message = error instanceof Error ? error.message : '';
  if (/nesting depth/i.test(message))
    throw new TerminalError('extract.archive-depth', 'mail: its parts are nested too deeply', { cause: error });
  if (/header size/i.test(message))
    throw new TerminalError('extract.too-large', 'mail: its headers are too long', { cause: error });
  throw new TerminalError('extract.corrupt', 'mail: it cannot be read', { cause: error });
}

type Address = {
  name?: string;
  address?: string | undefined;
  group?: { name?: string; address?: string | undefined }[] | undefined;
};

function addresses(value: Address | Address[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  const list = (Array.isArray(value) ? value : [value]).flatMap((entry) => [entry, ...(entry.group ?? [])]);
  const text = list
    .map(({ name, address }) => [name, address ? `<${address}>` : ''].filter((part) => part).join(' '))
    .filter((part) => part !== '')
    .join(', ');
  return text === '' ? undefined : text;
}

function defaultName(index: number, mimeType: string): string {
  const extension: Record<string, string> = {
    'message/rfc822': 'eml',
    'text/plain': 'txt',
    'text/html': 'html',
    'text/calendar': 'ics',
    'application/pdf': 'pdf',
    'application/pkcs7-mime': 'p7m',
    'image/jpeg': 'jpg',
    'image/png': 'png',
  };
  return `attachment-${index + 1}.${extension[mimeType.toLowerCase()] ?? 'bin'}`;
}
