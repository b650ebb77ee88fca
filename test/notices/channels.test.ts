// Real receivers on the loopback: an HTTP server, and a mail server that speaks as much SMTP as a client needs.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { acsChannel, smtpChannel } from '../../shared/notices/email.ts';
import { textOf } from '../../shared/notices/notice.ts';
import { formOf, webhookChannel } from '../../shared/notices/webhook.ts';

const notice = {
  id: 'drift-2026-W48-abc',
  kind: 'alarm' as const,
  title: 'Sluice: what arrives has changed',
  lines: ['31.0 % of documents labelled <R&D> [x](https://a), 4.0 % before', 'second'],
  link: 'https://app.example/api/dashboard/costs',
};

const open: (Server | TcpServer)[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

interface Received {
  url: string;
  headers: Record<string, unknown>;
  body: string;
}

/** @param status  what is answered */
async function receiver(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ url: string; got: Received[] }> {
  const got: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status, headers).end('the answer of the service');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret-token`, got };
}

test('webhook: Slack and its kin get the text, in which labels are no markup', async () => {
  const { url, got } = await receiver(200);
  await webhookChannel(url).send(notice);
  expect(got).toHaveLength(1);
  expect(JSON.parse(got[0]?.body ?? '')).toEqual({
    text: 'Sluice: what arrives has changed\n\n31.0 % of documents labelled &lt;R&amp;D&gt; [x](https://a), 4.0 % before\nsecond\n\nhttps://app.example/api/dashboard/costs',
  });
});

test('webhook: a workflow of Teams gets a card with a button, in which labels are no markup', async () => {
  const { url, got } = await receiver(202);
  await webhookChannel(url, 'teams').send(notice);
  const { type, attachments } = JSON.parse(got[0]?.body ?? '') as {
    type: string;
    attachments: { contentType: string; content: { body: { text: string }[]; actions: unknown[] } }[];
  };
  expect([type, attachments[0]?.contentType]).toEqual(['message', 'application/vnd.microsoft.card.adaptive']);
  expect(attachments[0]?.content.body.map(({ text }) => text)).toEqual([
    'Sluice: what arrives has changed',
    '31\\.0 % of documents labelled \\<R&D\\> \\[x\\]\\(https://a\\), 4\\.0 % before',
    'second',
  ]);
  expect(attachments[0]?.content.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open Sluice', url: notice.link }]);
});

test('webhook: the form follows from the address', () => {
  expect(formOf('https://prod-12.westeurope.logic.azure.com:443/workflows/x')).toBe('teams');
  expect(formOf('https://x.environment.api.powerplatform.com/powerautomate/x')).toBe('teams');
  expect(formOf('https://hooks.slack.com/services/T/B/x')).toBe('text');
  expect(formOf('https://logic.azure.com.example.org/x')).toBe('text');
});

test.each([
  [400, 'notice.refused'],
  [404, 'notice.refused'],
  [302, 'notice.refused'],
  [429, 'notice.unavailable'],
  [503, 'notice.unavailable'],
])('webhook: HTTP %i is %s, told without the address and without following it', async (status, code) => {
  const { url, got } = await receiver(status, { location: 'http://127.0.0.1:9/elsewhere' });
  const error = await webhookChannel(url)
    .send(notice)
    .then(
      () => undefined,
      (reason: Error) => reason,
    );
  expect(error).toMatchObject({ code });
  expect(error?.message).toBe(`the webhook answered with HTTP ${status}`);
  expect(got).toHaveLength(1);
});

test('webhook: nobody there is told without the address', async () => {
  const error = await webhookChannel('http://127.0.0.1:1/hook/secret-token')
    .send(notice)
    .then(
      () => undefined,
      (reason: Error) => reason,
    );
  expect(error).toMatchObject({ code: 'notice.unavailable', message: 'the webhook did not answer' });
  expect(JSON.stringify(error)).not.toContain('secret-token');
});

/** Takes every mail, or answers the sender with `refusal`. */
async function mailServer(refusal?: string): Promise<{ url: string; mails: string[] }> {
  const mails: string[] = [];
  const server = createTcp((socket) => {
    let isData = false;
    let text = '';
    socket.write('220 mail.example ESMTP\r\n');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString();
      for (
        let end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n');
        end >= 0;
        end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n')
      ) {
        const piece = text.slice(0, end);
        text = text.slice(end + (isData ? 5 : 2));
        if (isData) {
          mails.push(piece);
          isData = false;
          socket.write('250 taken\r\n');
        } else if (/^EHLO/i.test(piece)) socket.write('250-mail.example\r\n250 AUTH PLAIN\r\n');
        else if (/^AUTH/i.test(piece)) socket.write(refusal === 'auth' ? '535 no\r\n' : '235 yes\r\n');
        else if (/^MAIL/i.test(piece)) socket.write(refusal === 'busy' ? '451 later\r\n' : '250 ok\r\n');
        else if (/^DATA/i.test(piece)) {
          isData = true;
          socket.write('354 go on\r\n');
        } else if (/^QUIT/i.test(piece)) socket.end('221 bye\r\n');
        else socket.write('250 ok\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return { url: `smtp://user:pass-word@127.0.0.1:${(server.address() as AddressInfo).port}`, mails };
}

const envelope = { from: 'sluice@example.org', to: ['records@example.org', 'tax@example.org'] };

test('e-mail by SMTP: one plain message to all, whose id is made of the notice’s', async () => {
  const { url, mails } = await mailServer();
  await smtpChannel(url, envelope).send(notice);
  expect(mails).toHaveLength(1);
  const mail = mails[0] ?? '';
  expect(mail).toMatch(/^From: sluice@example\.org$/m);
  expect(mail).toMatch(/^To: records@example\.org, tax@example\.org$/m);
  expect(mail).toMatch(/^Subject: Sluice: what arrives has changed$/m);
  expect(mail).toMatch(/^Message-ID: <drift-2026-W48-abc@example\.org>$/m);
  expect(mail).toMatch(/^Content-Type: text\/plain/m);
  expect(mail).toContain('<R&D>');
});

test.each([
  ['auth', 'notice.refused'],
  ['busy', 'notice.unavailable'],
])('e-mail by SMTP: a server that says %s gives %s, told without the password', async (refusal, code) => {
  const { url } = await mailServer(refusal);
  const error = await smtpChannel(url, envelope)
    .send(notice)
    .then(
      () => undefined,
      (reason: Error) => reason,
    );
  expect(error).toMatchObject({ code });
  expect(error?.message).not.toContain('pass-word');
});

test('e-mail by Communication Services: the request that the service documents, with the identity’s token', async () => {
  const { url, got } = await receiver(202);
  await acsChannel(new URL(url).origin, envelope, async () => 'token-1').send(notice);
  expect(got[0]?.url).toBe('/emails:send?api-version=2023-03-31');
  expect(got[0]?.headers.authorization).toBe('Bearer token-1');
  expect(JSON.parse(got[0]?.body ?? '')).toEqual({
    senderAddress: 'sluice@example.org',
    content: { subject: notice.title, plainText: textOf(notice) },
    recipients: { to: [{ address: 'records@example.org' }, { address: 'tax@example.org' }] },
  });
});

test.each([
  [401, 'notice.refused'],
  [429, 'notice.unavailable'],
])('e-mail by Communication Services: HTTP %i is %s', async (status, code) => {
  const { url } = await receiver(status);
  await expect(acsChannel(new URL(url).origin, envelope, async () => 'token-1').send(notice)).rejects.toMatchObject({
    code,
  });
});
