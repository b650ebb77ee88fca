// Outlook messages (msg) by msgreader: fields, best body, attachments.
// Traps: errors come back as a field; any OLE file is accepted, so the media type comes first.
import { TerminalError } from '../../errors.ts';
import { decodeText } from '../charset.ts';
import type { ExtractLimits } from '../limits.ts';
import { mayHoldText } from '../pictures.ts';
import { cmsContent, looksCms, startsMime } from './cms.ts';
import { declaredCharset } from './html.ts';
import { type ParsedMail, takeEntity } from './mail.ts';
import { compressedRtfToText, type Mail, type MailFields, mailText } from './mail-text.ts';
import { checkOle } from './ole-check.ts';

type MsgReaderClass = typeof import('@kenjiuno/msgreader')['default'] extends infer M
  ? M extends { default: infer C }
    ? C
    : M
  : never;
type Fields = import('@kenjiuno/msgreader/lib/MsgReader.js').FieldsData;

export async function readMsg(bytes: Uint8Array, limits: ExtractLimits): Promise<Mail> {
  checkOle(bytes);
  const MsgReader = await loadReader();
  const buffer = new Uint8Array(bytes).buffer; // a copy: a Buffer may be a view of a larger one
  const reader = new MsgReader(buffer);
  if (hasBytes(bytes)) reader.parserConfig = { ansiEncoding: await charsetOf(MsgReader, buffer) };
  const fields = reader.getFileData();
  if (fields.error !== undefined) throw new TerminalError('extract.corrupt', 'msg: the message cannot be read');
  const mail: ParsedMail = {
    fields: await mailFields(fields, limits),
    attachments: [],
    pictures: [],
    warnings: [],
    isEncrypted: false,
  };
  const isSigned = /\.SMIME/i.test(fields.messageClass ?? '');
  let inline = 0;
  let unreadable = 0;
  for (const [i, attachment] of (fields.attachments ?? []).entries()) {
    try {
      const { fileName, content } = reader.getAttachment(attachment);
      const name = fileName || `attachment-${i + 1}`;
      if (isShownInBody(attachment, mail.fields.html)) {
        if (mayHoldText(content)) mail.pictures.push({ bytes: content });
        else inline += 1;
      } else if (!isSigned || !(await openSigned(mail, content, limits)))
        mail.attachments.push({ name, bytes: content });
    } catch (error) {
      if (error instanceof TerminalError) throw error;
      unreadable += 1; // one broken attachment does not cost the message
    }
  }
  const { warnings, pictures, attachments } = mail;
  if (inline > 0) warnings.push(`mail: ${inline} image(s) of the body were not read`);
  if (unreadable > 0) warnings.push(`mail: ${unreadable} attachment(s) are damaged and were not read`);
  const text = mailText(mail.fields, limits);
  if (text === undefined && mail.isEncrypted)
    throw new TerminalError('extract.encrypted', 'mail: its body is encrypted');
  if (text === undefined && /\.rpmsg$/i.test(fields.attachments?.[0]?.fileName ?? ''))
    throw new TerminalError('extract.encrypted', 'mail: its body is encrypted');
  return { body: { parts: [text ?? ''], pages: null, warnings, pictures }, attachments };
}

/** Does the message keep its texts as bytes of a code page (PtypString8) rather than as UTF-16? Names of streams are UTF-16 themselves. */
function hasBytes(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return ['1000', '0037', '1013'].some((tag) => file.includes(Buffer.from(`_${tag}001E`, 'utf16le')));
}

/** Code pages that programs name by default, whatever they write. */
const BY_DEFAULT = new Set([1252, 20127, 28591]);

/**
 * One decision for all texts of a message: the page it names unless that is what programs name by default, then the page of its body, then what the bytes
 * look like. @returns a name for iconv-lite
 */
async function charsetOf(MsgReader: MsgReaderClass, buffer: ArrayBuffer): Promise<string> {
  const raw = new MsgReader(buffer);
  raw.parserConfig = { ansiEncoding: 'latin1' }; // each byte one character
  const { body, bodyHtml, subject, messageCodepage, internetCodepage } = raw.getFileData();
  const told = [messageCodepage, internetCodepage].filter((page) => page !== undefined && !BY_DEFAULT.has(page));
  const sample = Buffer.from([subject, body, bodyHtml].filter(Boolean).join('\n'), 'latin1');
  const { charset } = await decodeText(sample, ...told.map((page) => pageName(page)));
  const { default: iconv } = await import('iconv-lite');
  const name = charset === 'utf-8' ? 'utf8' : charset;
  return iconv.encodingExists(name) ? name : 'windows-1252';
}

const pageName = (page: number | undefined) => (page === undefined || page === 65001 ? 'utf-8' : `cp${page}`);

/** Hidden by Outlook, or shown by the HTML under its content id. */
function isShownInBody(attachment: Fields, html: string | undefined): boolean {
  if (!/\.(png|jpe?g|gif|bmp)$/i.test(attachment.fileName ?? attachment.extension ?? ''))
    return attachment.attachmentHidden === true;
  const id = attachment.pidContentId?.replace(/^<|>$/g, '');
  if (attachment.attachmentHidden === true) return true;
  // An RTF body shows its pictures without naming them.
  return id !== undefined && id !== '' && (html === undefined || html.includes(`cid:${id}`));
}

/** The one attachment of a signed message is the message: MIME as it was sent, or an envelope around it. */
async function openSigned(mail: ParsedMail, content: Uint8Array, limits: ExtractLimits): Promise<boolean> {
  let entity: Uint8Array | undefined = content;
  if (looksCms(content)) {
    try {
      entity = cmsContent(content, limits.maxBytes);
    } catch (error) {
      if (!(error instanceof TerminalError) || error.code !== 'extract.encrypted') throw error;
      mail.isEncrypted = true;
      return true;
    }
  }
  if (entity === undefined || !startsMime(entity)) return false;
  await takeEntity(mail, entity, limits, 1);
  return true;
}

/** The class behind one or two layers of default exports, by how the module was loaded. */
async function loadReader(): Promise<MsgReaderClass> {
  if (reader !== undefined) return reader;
  const outer = (await import('@kenjiuno/msgreader')).default as unknown as MsgReaderClass & {
    default?: MsgReaderClass;
  };
  reader = outer.default ?? outer;
  return reader;
}

let reader: MsgReaderClass | undefined;

async function mailFields(fields: Fields, limits: ExtractLimits): Promise<MailFields> {
  const people = (type: string) =>
    (fields.recipients ?? [])
      .filter((r) => (r.recipType ?? 'to') === type)
      .map((r) => person(r.name, r.smtpAddress ?? r.email))
      .join(', ');
  return {
    subject: fields.subject,
    from: person(fields.senderName, fields.senderSmtpAddress ?? fields.senderEmail),
    to: people('to'),
    cc: people('cc'),
    date: fields.messageDeliveryTime ?? fields.clientSubmitTime,
    place: fields.apptLocation,
    starts: isoTime(fields.apptStartWhole ?? fields.clipStart),
    ends: isoTime(fields.apptEndWhole ?? fields.clipEnd),
    text: fields.body?.trim() ? fields.body : await rtfBody(fields, limits),
    html: fields.bodyHtml ?? (await htmlBody(fields)),
  };
}

function isoTime(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

const person = (name: string | undefined, address: string | undefined) =>
  [name, address?.includes('@') && address !== name ? `<${address}>` : ''].filter((part) => part).join(' ');

async function htmlBody({ html, internetCodepage }: Fields): Promise<string | undefined> {
  if (html === undefined) return undefined;
  const declared = [internetCodepage === undefined ? undefined : pageName(internetCodepage), declaredCharset(html)];
  return (await decodeText(html, ...declared)).text;
}

async function rtfBody({ compressedRtf, html, bodyHtml }: Fields, limits: ExtractLimits): Promise<string | undefined> {
  if (compressedRtf === undefined || html !== undefined || bodyHtml !== undefined) return undefined;
  return await compressedRtfToText(compressedRtf, limits);
}
