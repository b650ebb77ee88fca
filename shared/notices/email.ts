// E-mail: by a server of one's own (SMTP), or by Azure Communication Services with the app's identity.
// Invariants: E1 server, user and password stand in no error. E2 a message has an id of its own made of the notice's, so that a mail program shows a
// repeated one once. E3 the text is plain; nothing in it can be markup.
// https://learn.microsoft.com/rest/api/communication/email/email/send (2023-03-31)
import { randomUUID } from 'node:crypto';
import { RetryableError, TerminalError } from '../errors.ts';
import { type Channel, textOf } from './notice.ts';

const TIMEOUT_MS = 20_000;
const ACS_VERSION = '2023-03-31';

export interface Envelope {
  from: string;
  to: readonly string[];
}

/** @param server  smtp://user:password@host:587 or smtps://… of the setting NOTIFY_SMTP */
export function smtpChannel(server: string, { from, to }: Envelope): Channel {
  return {
    name: 'email',
    async send(notice) {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        url: server,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await transport.sendMail({
          from,
          to: [...to],
          subject: notice.title,
          text: textOf(notice),
          messageId: `<${notice.id}@${domainOf(from)}>`, // E2
          headers: { 'auto-submitted': 'auto-generated' },
        });
      } catch (error) {
        throw smtpError(error);
      } finally {
        transport.close();
      }
    },
  };
}

/** E1: code and status of the server only. */
function smtpError(error: unknown): Error {
  const { code, responseCode } = (error ?? {}) as { code?: unknown; responseCode?: unknown }; // of the mail library
  const words = `the mail server refused or did not answer (${String(code ?? 'no code')}${responseCode === undefined ? '' : ` ${String(responseCode)}`})`;
  const isFinal = typeof responseCode === 'number' && responseCode >= 500;
  return isFinal ? new TerminalError('notice.refused', words) : new RetryableError('notice.unavailable', words);
}

/** @param endpoint  https://<resource>.communication.azure.com of the setting NOTIFY_ACS_ENDPOINT @param token  of https://communication.azure.com */
export function acsChannel(
  endpoint: string,
  { from, to }: Envelope,
  token: () => Promise<string>,
  post: typeof fetch = fetch,
): Channel {
  const url = new URL(`/emails:send?api-version=${ACS_VERSION}`, endpoint);
  return {
    name: 'email',
    async send(notice) {
      const bearer = await token();
      let status: number;
      try {
        const response = await post(url, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${bearer}`,
            'content-type': 'application/json',
            'operation-id': randomUUID(),
          },
          body: JSON.stringify({
            senderAddress: from,
            content: { subject: notice.title, plainText: textOf(notice) },
            recipients: { to: to.map((address) => ({ address })) },
          }),
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.body?.cancel();
        status = response.status;
      } catch {
        throw new RetryableError('notice.unavailable', 'Communication Services did not answer');
      }
      if (status === 202) return;
      const words = `Communication Services answered with HTTP ${status}`;
      if (status === 408 || status === 429 || status >= 500) throw new RetryableError('notice.unavailable', words);
      throw new TerminalError('notice.refused', words);
    },
  };
}

const domainOf = (address: string): string => /@([^@\s>]+)>?$/.exec(address)?.[1] ?? 'sluice';
