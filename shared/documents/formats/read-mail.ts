// One mail in whatever format it came: its text, and its attachments as documents of their own.
import { TerminalError } from '../../errors.ts';
import type { ExtractLimits } from '../limits.ts';
import { MEDIA } from '../media-type.ts';
import { parseEml } from './mail.ts';
import { type Mail, mailText } from './mail-text.ts';

/** Loaded once: asking for a module costs even where it is there. */
let outlook: typeof import('./msg.ts') | undefined;

export async function readMail(bytes: Uint8Array, mediaType: string, limits: ExtractLimits): Promise<Mail> {
  if (mediaType === MEDIA.msg) {
    outlook ??= await import('./msg.ts');
    return await outlook.readMsg(bytes, limits);
  }
  if (mediaType === MEDIA.tnef) return await (await import('./tnef.ts')).readTnef(bytes, limits);
  const parsed = await parseEml(bytes, limits, 0);
  const text = mailText(parsed.fields, limits);
  if (text === undefined && parsed.isEncrypted)
    throw new TerminalError('extract.encrypted', 'mail: its body is encrypted');
  const { warnings, pictures } = parsed;
  return {
    body: { parts: [text ?? parsed.packed ?? ''], pages: null, warnings, pictures },
    attachments: parsed.attachments,
  };
}
