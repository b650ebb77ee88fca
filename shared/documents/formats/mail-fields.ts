// What a mail is to the reader, whatever format it came in: its fields as text, its attachments as members.
import type { ExtractLimits } from '../limits.ts';
import type { ReadText } from '../reading.ts';
import { htmlToText } from './html.ts';

export interface MailAttachment {
  name: string;
  bytes: Uint8Array;
}

export interface Mail {
  body: ReadText;
  attachments: MailAttachment[];
}

export interface MailFields {
  subject: string | undefined;
  from: string | undefined;
  to: string | undefined;
  cc: string | undefined;
  date: string | undefined;
  text: string | undefined;
  html: string | undefined;
}

/** Headers and body as one text; undefined when there is no body: headers alone say nothing, attachments are documents of their own. */
export function mailText(fields: MailFields, limits: ExtractLimits): string | undefined {
  const text = fields.text?.trim() ?? '';
  const html = fields.html === undefined ? '' : htmlToText(fields.html, limits).trim();
  // Some senders put "This message needs an HTML reader" into the text part.
  const body = text.length === 0 || (html.length > 200 && text.length * 10 < html.length) ? html : text;
  if (body === '') return undefined;
  const headers = [
    ['Subject', fields.subject],
    ['From', fields.from],
    ['To', fields.to],
    ['Cc', fields.cc],
    ['Date', fields.date],
  ].filter(([, value]) => value !== undefined && value !== '');
  return `${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${body}`;
}
