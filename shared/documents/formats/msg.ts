// Outlook messages (msg) by msgreader: fields, best body, attachments.
// Traps: errors come back as a field; any OLE file is accepted, so the media type comes first.
import { TerminalError } from '../../errors.ts';
import { decodeAs, decodeText } from '../charset.ts';
import type { ExtractLimits } from '../limits.ts';
import { plain } from '../reading.ts';
import { type Mail, type MailAttachment, type MailFields, mailText } from './mail-fields.ts';
import { checkOle } from './ole-check.ts';
import { rtfToText } from './rtf.ts';

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
  const codepage = new MsgReader(buffer).getFileData().messageCodepage;
  const reader = new MsgReader(buffer);
  if (codepage !== undefined) reader.parserConfig = { ansiEncoding: `cp${codepage}` };
  const fields = reader.getFileData();
  if (fields.error !== undefined) throw new TerminalError('extract.corrupt', 'msg: the message cannot be read');
  const attachments: MailAttachment[] = [];
  let inline = 0;
  let unreadable = 0;
  for (const [i, attachment] of (fields.attachments ?? []).entries()) {
    if (
      attachment.attachmentHidden === true ||
      (attachment.pidContentId !== undefined && /\.(png|jpe?g|gif|bmp)$/i.test(attachment.fileName ?? ''))
    ) {
      inline += 1;
      continue;
    }
    try {
      const { fileName, content } = reader.getAttachment(attachment);
      attachments.push({ name: fileName || `attachment-${i + 1}`, bytes: content });
    } catch {
      unreadable += 1; // one broken attachment does not cost the message
    }
  }
  const warnings: string[] = [];
  if (inline > 0) warnings.push(`mail: ${inline} image(s) of the body were not read`);
  if (unreadable > 0) warnings.push(`mail: ${unreadable} attachment(s) are damaged and were not read`);
  const text = mailText(await mailFields(fields, limits), limits);
  if (text === undefined && /\.rpmsg$/i.test(fields.attachments?.[0]?.fileName ?? ''))
    throw new TerminalError('extract.encrypted', 'mail: its body is encrypted');
  return { body: plain(text ?? '', warnings), attachments };
}

/** The class behind one or two layers of default exports, by how the module was loaded. */
async function loadReader(): Promise<MsgReaderClass> {
  const outer = (await import('@kenjiuno/msgreader')).default as unknown as MsgReaderClass & {
    default?: MsgReaderClass;
  };
  return outer.default ?? outer;
}

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
    text: fields.body ?? (await rtfBody(fields, limits)),
    html: fields.bodyHtml ?? (await htmlBody(fields)),
  };
}

const person = (name: string | undefined, address: string | undefined) =>
  [name, address?.includes('@') && address !== name ? `<${address}>` : ''].filter((part) => part).join(' ');

async function htmlBody({ html, internetCodepage }: Fields): Promise<string | undefined> {
  if (html === undefined) return undefined;
  const declared = internetCodepage === undefined ? undefined : `cp${internetCodepage}`;
  const known = declared === undefined || internetCodepage === 65001 ? undefined : await decodeAs(html, declared);
  return known ?? (await decodeText(html)).text;
}

async function rtfBody({ compressedRtf, html, bodyHtml }: Fields, limits: ExtractLimits): Promise<string | undefined> {
  if (compressedRtf === undefined || html !== undefined || bodyHtml !== undefined) return undefined;
  const { decompressRTF } = await import('@kenjiuno/decompressrtf');
  try {
    return await rtfToText(Uint8Array.from(decompressRTF(Array.from(compressedRtf))), limits.maxChars);
  } catch {
    return undefined; // a damaged body: the subject and the attachments remain
  }
}
