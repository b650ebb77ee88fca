// Mail (eml, mbox, msg): the headers that matter and the best body as one text; attachments as documents of their own.
import { TerminalError } from '../../errors.ts';
import type { ExtractLimits } from '../limits.ts';
import { MEDIA } from '../media-type.ts';
import { plain } from '../reading.ts';
import { type Mail, type MailAttachment, type MailFields, mailText } from './mail-fields.ts';

export async function readMail(bytes: Uint8Array, mediaType: string, limits: ExtractLimits): Promise<Mail> {
  if (mediaType === MEDIA.msg) return await (await import('./msg.ts')).readMsg(bytes, limits);
  return await readEml(bytes, limits);
}

/** Signatures, keys and delivery reports of machines: no documents. */
const NO_DOCUMENT =
  /^application\/(pkcs7-signature|x-pkcs7-signature|pgp-signature|pgp-keys|pgp-encrypted)$|^text\/rfc822-headers$|^message\/delivery-status$/i;

async function readEml(bytes: Uint8Array, limits: ExtractLimits): Promise<Mail> {
  const { default: PostalMime } = await import('postal-mime');
  const message = await PostalMime.parse(bytes, {
    attachmentEncoding: 'arraybuffer',
    maxNestingDepth: 64,
    maxHeadersSize: 1 << 20,
    forceRfc822Attachments: true,
  }).catch(refuse);
  const isEncrypted = message.attachments.some(
    (a) => /pgp-encrypted/i.test(a.mimeType) || (/pkcs7-mime/i.test(a.mimeType) && !/signed/i.test(a.filename ?? '')),
  );
  const warnings: string[] = [];
  const attachments: MailAttachment[] = [];
  let inline = 0;
  for (const [i, attachment] of message.attachments.entries()) {
    if (NO_DOCUMENT.test(attachment.mimeType)) continue;
    // Logos and signatures of the body's HTML are not attachments to anybody but MIME.
    if (
      /^image\//i.test(attachment.mimeType) &&
      (attachment.related === true || (attachment.disposition === 'inline' && attachment.contentId !== undefined))
    ) {
      inline += 1;
      continue;
    }
    const { content } = attachment;
    const data = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
    attachments.push({ name: attachment.filename ?? defaultName(i, attachment.mimeType), bytes: data });
  }
  if (inline > 0) warnings.push(`mail: ${inline} image(s) of the body were not read`);
  const fields: MailFields = {
    subject: message.subject,
    from: addresses(message.from),
    to: addresses(message.to),
    cc: addresses(message.cc),
    date: message.date,
    text: message.text,
    html: message.html,
  };
  const text = mailText(fields, limits);
  if (text === undefined && isEncrypted) throw new TerminalError('extract.encrypted', 'mail: its body is encrypted');
  return { body: plain(text ?? '', warnings), attachments };
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
  };
  return `attachment-${index + 1}.${extension[mimeType.toLowerCase()] ?? 'bin'}`;
}
