// What every kind of mail is read into: headers and the body that says most as one text, attachments as documents of their own.
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
  /** Of an appointment. */
  place?: string | undefined;
  starts?: string | undefined;
  ends?: string | undefined;
  text: string | undefined;
  html: string | undefined;
}

/** Headers and body as one text; undefined when there is no body: headers alone say nothing, attachments are documents of their own. */
export function mailText(fields: MailFields, limits: ExtractLimits): string | undefined {
  const text = fields.text?.trim() ?? '';
  const html = fields.html === undefined ? '' : htmlToText(fields.html, limits).trim();
  const body = saysMore(html, text) ? html : areApart(html, text) ? `${text}\n\n${html}` : text;
  const isAppointment = Boolean(fields.place || fields.starts);
  if (body === '' && !isAppointment) return undefined;
  const headers = [
    ['Subject', fields.subject],
    ['From', fields.from],
    ['To', fields.to],
    ['Cc', fields.cc],
    ['Date', fields.date],
    ['Where', fields.place],
    ['Starts', fields.starts],
    ['Ends', fields.ends],
  ].filter(([, value]) => value !== undefined && value !== '');
  return `${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${body}`;
}

/** Fewer words than this more are a difference of form: an alternative text, a footer. */
const FEW_WORDS = 5;

/** Does the HTML body say what the text body leaves out ("open this message in your browser", tables lost)? */
function saysMore(html: string, text: string): boolean {
  if (text === '' || html === '') return text === '';
  const inHtml = wordsOf(html);
  const inText = wordsOf(text);
  const onlyHtml = [...inHtml].filter((word) => !inText.has(word)).length;
  const onlyText = [...inText].filter((word) => !inHtml.has(word)).length;
  return onlyHtml > onlyText && (onlyHtml >= FEW_WORDS || inText.size < FEW_WORDS || onlyHtml * 2 > inHtml.size);
}

/** Do the bodies share so little that neither stands for the other: a stub as long as what it stands for, two texts? */
function areApart(html: string, text: string): boolean {
  const inHtml = wordsOf(html);
  const inText = wordsOf(text);
  const shared = [...inHtml].filter((word) => inText.has(word)).length;
  return inHtml.size >= FEW_WORDS && shared * 2 < Math.min(inHtml.size, inText.size);
}

const MAX_COMPARED_CHARS = 1_000_000;

const wordsOf = (body: string) =>
  new Set(
    body
      .slice(0, MAX_COMPARED_CHARS)
      .toLowerCase()
      .replace(/https?:\S+|\S+@\S+/g, ' ')
      .match(/[\p{L}\p{N}]{2,}/gu) ?? [],
  );

/** Text of an RTF body as Outlook packs it; undefined when it is damaged: the subject and the attachments remain. */
export async function compressedRtfToText(packed: Uint8Array, limits: ExtractLimits): Promise<string | undefined> {
  const { decompressRTF } = await import('@kenjiuno/decompressrtf');
  const { rtfToText } = await import('./rtf.ts');
  try {
    return await rtfToText(Uint8Array.from(decompressRTF(Array.from(packed))), limits.maxChars);
  } catch {
    return undefined;
  }
}
