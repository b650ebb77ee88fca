// A mail that Exchange cannot turn into MIME (some signed mails, some reports), put together of what it gives out one by one: headers, text,
// attachments. The same mail gives the same bytes, so it is decided once.
// Invariants: X1 attachments are asked for while they are written, never held. X2 what is only a link, or is not given out, is named in the text.
// https://learn.microsoft.com/graph/api/attachment-get
import { z } from 'zod';
import { TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { Content } from '../feed.ts';
import { type GraphClient, GraphError } from './graph-client.ts';

const address = z.looseObject({
  emailAddress: z.looseObject({ name: z.string().nullish(), address: z.string().nullish() }),
});
const mailSchema = z.looseObject({
  subject: z.string().nullish(),
  receivedDateTime: z.string().nullish(),
  internetMessageId: z.string().nullish(),
  from: address.nullish(),
  toRecipients: z.array(address).nullish(),
  ccRecipients: z.array(address).nullish(),
  body: z.looseObject({ contentType: z.string().nullish(), content: z.string().nullish() }).nullish(),
});
const attachmentSchema = z.looseObject({
  '@odata.type': z.string().optional(),
  id: z.string(),
  name: z.string().nullish(),
  contentType: z.string().nullish(),
});
const pageSchema = z.looseObject({ value: z.array(attachmentSchema), '@odata.nextLink': z.string().optional() });
type Attachment = z.infer<typeof attachmentSchema>;

const FIELDS = 'subject,receivedDateTime,internetMessageId,from,toRecipients,ccRecipients,body';
const MAX_ATTACHMENTS = 500;
const LINE = 76;

/**
 * @param path     of the mail, below the root
 * @param headers  of every call, for ids that stay
 * @throws {TerminalError} sync.no-mime when the mail has neither text nor attachments; {GraphError} when it cannot be asked for
 */
export async function rebuildMail(graph: GraphClient, path: string, headers: Record<string, string>): Promise<Content> {
  const { body } = await graph.json(`${path}?$select=${FIELDS}`, { units: 1, headers });
  const mail = mailSchema.parse(body);
  const attachments = await attachmentsOf(graph, path, headers);
  if ((mail.body?.content ?? '').trim() === '' && attachments.length === 0)
    throw new TerminalError('sync.no-mime', 'Exchange gives out neither the mail nor parts of it');
  const open = async ({ id, '@odata.type': type }: Attachment): Promise<AsyncIterable<Uint8Array> | undefined> => {
    if (/referenceAttachment/.test(type ?? '')) return undefined; // a link to a file elsewhere
    try {
      const { body: bytes } = await graph.content(`${path}/attachments/${encodeURIComponent(id)}/$value`, headers);
      return (bytes ?? undefined) as AsyncIterable<Uint8Array> | undefined; // a web stream of Node
    } catch (error) {
      if (error instanceof GraphError) return undefined; // refused for good
      throw error;
    }
  };
  return { body: mimeOf(mail, attachments, open), announced: undefined };
}

async function attachmentsOf(graph: GraphClient, path: string, headers: Record<string, string>): Promise<Attachment[]> {
  const found: Attachment[] = [];
  let link: string | undefined = `${path}/attachments?$select=id,name,contentType`;
  while (link !== undefined && found.length < MAX_ATTACHMENTS) {
    const page: z.infer<typeof pageSchema> = pageSchema.parse((await graph.json(link, { units: 1, headers })).body);
    found.push(...page.value);
    link = page['@odata.nextLink'];
  }
  return found.slice(0, MAX_ATTACHMENTS);
}

async function* mimeOf(
  { body, ...mail }: z.infer<typeof mailSchema>,
  attachments: readonly Attachment[],
  open: (attachment: Attachment) => Promise<AsyncIterable<Uint8Array> | undefined>,
): AsyncGenerator<Uint8Array> {
  const boundary = `sluice-${sha256Hex(JSON.stringify([mail.internetMessageId, mail.subject])).slice(0, 32)}`;
  const lines = (...all: (string | undefined)[]) =>
    Buffer.from(`${all.filter((one) => one !== undefined).join('\r\n')}\r\n`);
  const people = (all: readonly z.infer<typeof address>[]): string =>
    all
      .map(({ emailAddress: { name, address: at } }) => `${word(name ?? '')} <${plain(at ?? '')}>`.trim())
      .join(',\r\n ');
  const date = new Date(mail.receivedDateTime ?? Number.NaN);
  yield lines(
    mail.internetMessageId ? `Message-ID: ${plain(mail.internetMessageId)}` : undefined,
    Number.isNaN(date.getTime()) ? undefined : `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    mail.from ? `From: ${people([mail.from])}` : undefined,
    mail.toRecipients?.length ? `To: ${people(mail.toRecipients)}` : undefined,
    mail.ccRecipients?.length ? `Cc: ${people(mail.ccRecipients)}` : undefined,
    `Subject: ${word(mail.subject ?? '')}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
  );
  const isHtml = body?.contentType?.toLowerCase() === 'html';
  yield lines(`--${boundary}`, `Content-Type: text/${isHtml ? 'html' : 'plain'}; charset=utf-8`);
  yield* encoded(Buffer.from(body?.content ?? ''));
  for (const attachment of attachments) {
    const bytes = await open(attachment);
    const isMail = /itemAttachment/.test(attachment['@odata.type'] ?? '');
    const name = word(
      `${attachment.name ?? 'attachment'}${isMail && !/\.eml$/i.test(attachment.name ?? '') ? '.eml' : ''}`,
    );
    if (bytes === undefined) {
      yield lines(`--${boundary}`, 'Content-Type: text/plain; charset=utf-8');
      yield* encoded(Buffer.from(`Not given out: ${attachment.name ?? 'an attachment'}`)); // X2
      continue;
    }
    const type = isMail ? 'application/octet-stream' : plain(attachment.contentType ?? 'application/octet-stream');
    yield lines(`--${boundary}`, `Content-Type: ${type}`, `Content-Disposition: attachment;\r\n filename="${name}"`);
    yield* encodedAll(bytes);
  }
  yield lines(`--${boundary}--`);
}

async function* encoded(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield* encodedAll([bytes]);
}

/** Base64 in lines, whatever the chunks. */
async function* encodedAll(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const perLine = (LINE / 4) * 3;
  yield Buffer.from('Content-Transfer-Encoding: base64\r\n\r\n');
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % perLine);
    if (whole > 0) yield Buffer.from(bytes.subarray(0, whole).toString('base64').replace(/.{76}/g, '$&\r\n'));
    rest = bytes.subarray(whole);
  }
  if (rest.length > 0) yield Buffer.from(`${rest.toString('base64')}\r\n`);
}

/** Text of a header as encoded words (RFC 2047), which also keeps line ends out of it. */
function word(given: string): string {
  const text = given.replace(/\p{Cc}+/gu, ' ');
  if (/^[\x20-\x7e]{0,60}$/.test(text) && !/["\\]|=\?/.test(text)) return text;
  const words: string[] = [];
  let part = '';
  for (const one of text.slice(0, 2000)) {
    if (Buffer.byteLength(part + one) > 42) {
      words.push(part);
      part = '';
    }
    part += one;
  }
  return [...words, part].map((one) => `=?utf-8?B?${Buffer.from(one).toString('base64')}?=`).join('\r\n ');
}

/** Nothing that ends a header. */
const plain = (text: string): string => text.replace(/[^\x21-\x7e]/g, '').slice(0, 900);
