// The IMAP source against a real server, where Dovecot is installed (Debian: dovecot-imapd) and may be started. The same promises as imap.test.ts.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { Tenant } from './tenant.ts';

const DOVECOT = '/usr/sbin/dovecot';
const OPENSSL = '/usr/bin/openssl';
// Its master process changes users, so it wants to be started by root.
const isHere = existsSync(DOVECOT) && existsSync(OPENSSL) && process.getuid?.() === 0;

/** Owner of the mails: it serves none of root's. */
const NOBODY = 65_534;

const eml = (name: string): string =>
  `Message-ID: <${name}@mail.example>\r\nSubject: =?utf-8?q?${name}_=C3=BC?=\r\n\r\nText of ${name}.\r\n`;

describe.skipIf(!isHere)('imap: against Dovecot (needs /usr/sbin/dovecot, openssl and root; skipped elsewhere)', () => {
  let folder: string;
  let server: ChildProcess;
  let port: number;
  let tlsPort: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-dovecot-'));
    await chmod(folder, 0o755); // its processes are other users
    port = await freePort();
    tlsPort = await freePort();
    // A certificate of its own, for the address and for localhost.
    execFileSync(
      OPENSSL,
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', join(folder, 'key.pem')],
        ...['-out', join(folder, 'cert.pem')],
      ],
      { stdio: 'ignore' },
    );
    await mkdir(join(folder, 'run'));
    for (const name of ['mail', 'mail/cur', 'mail/new', 'mail/tmp']) {
      await mkdir(join(folder, name));
      await chown(join(folder, name), NOBODY, NOBODY);
    }
    await writeFile(
      join(folder, 'dovecot.conf'),
      `base_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
auth_verbose = yes
disable_plaintext_auth = no
mail_location = maildir:${folder}/mail
first_valid_uid = 0
passdb {
  driver = static
  args = password=secret-of-letters
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${folder}/mail
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`,
    );
    server = spawn(DOVECOT, ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' });
    await answers(port);
  }, 20_000);

  afterAll(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  const entryOf = (over: Record<string, unknown> = {}) =>
    sourceEntrySchema.parse({
      ...{ name: 'letters', kind: 'imap', host: '127.0.0.1', port, user: 'tax', tls: 'none', ...over },
    });
  const inbox = () => join(folder, 'mail', 'cur');
  const deliver = (name: string) => writeFile(join(inbox(), `${name}.host:2,`), eml(name));

  test('mails land once; new ones, removals and other numbers are followed as in the test without it', async () => {
    const t = new Tenant();
    t.passwords = '{"letters":"secret-of-letters"}';
    for (let i = 0; i < 5; i++) await deliver(`m${i}`);
    const entry = entryOf({ deletion: 'remove' });
    expect(await t.sync({ entry })).toMatchObject({ landed: 5, failed: 0 });
    expect(await t.items(entry)).toHaveProperty(['INBOX/m0 ü.eml'], 'landed');
    expect(await t.landed()).toContain(eml('m3'));
    expect(await t.sync({ entry })).toMatchObject({ landed: 0, removed: 0 });
    expect((await readdir(inbox())).every((name) => !name.endsWith('S'))).toBe(true); // none is marked as seen

    await deliver('new');
    await rm(join(inbox(), 'm0.host:2,'));
    expect(await t.sync({ entry })).toMatchObject({ landed: 1, removed: 1 });

    // Without its lists the server numbers all mails anew, under another UIDVALIDITY.
    for (const name of await readdir(join(folder, 'mail')))
      if (name.startsWith('dovecot')) await rm(join(folder, 'mail', name), { recursive: true });
    await rename(join(inbox(), 'm1.host:2,'), join(inbox(), 'z1.host:2,'));
    expect(await t.sync({ entry })).toMatchObject({ removed: 0, state: { counts: { landed: 5 } } });
    expect(t.puts).toHaveLength(6);
    expect(await t.landed()).toHaveLength(5);
  }, 20_000);

  // Node has it from 22.19 and 24.5 on.
  test.skipIf(tls.setDefaultCACertificates === undefined).each(['implicit', 'starttls'] as const)(
    'over TLS (%s): a server that is not trusted never sees the password; one that is lands its mails',
    async (way) => {
      await deliver(`over-${way}`);
      const entry = entryOf({ name: 'letters', tls: way, port: way === 'implicit' ? tlsPort : port });
      const t = new Tenant();
      t.passwords = '{"letters":"another-secret"}'; // were it sent, the log would tell of a refusal
      await expect(t.sync({ entry })).rejects.toMatchObject({ code: 'sync.untrusted' });
      expect(readFileSync(join(folder, 'log'), 'utf8')).not.toMatch(/another-secret|auth failed|Password mismatch/i);
      t.passwords = '{"letters":"secret-of-letters"}';
      const before = tls.getCACertificates('default');
      tls.setDefaultCACertificates([...before, readFileSync(join(folder, 'cert.pem'), 'utf8')]);
      try {
        expect((await t.sync({ entry })).landed).toBeGreaterThan(0);
        expect(await t.landed()).toContain(eml(`over-${way}`));
      } finally {
        tls.setDefaultCACertificates(before);
      }
      expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(/Login: user=<tax>.*TLS/);
    },
    20_000,
  );

  test('a mail of many kinds of parts lands byte for byte as the server has it', async () => {
    const t = new Tenant();
    t.passwords = '{"letters":"secret-of-letters"}';
    const inner = eml('inner');
    const mail = [
      'Message-ID: <parts@mail.example>',
      'Subject: =?iso-8859-1?Q?Rechnung_f=FCr_M=E4rz?=',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b 1"',
      '',
      '--b 1',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      'Grüße, anbei die Rechnung.',
      '--b 1',
      'Content-Type: message/rfc822',
      '',
      inner,
      '--b 1',
      'Content-Type: application/octet-stream; name="=?utf-8?q?Gr=C3=B6=C3=9Fe.bin?="',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256))
        .toString('base64')
        .replace(/.{76}/g, '$&\r\n'),
      '--b 1--',
      '',
    ].join('\r\n');
    await writeFile(join(inbox(), 'parts.host:2,'), mail);
    const entry = entryOf({ name: 'letters' });
    await t.sync({ entry });
    expect(await t.landed()).toContain(mail);
    expect(await t.items(entry)).toHaveProperty(['INBOX/Rechnung für März.eml'], 'landed');
  }, 20_000);

  test('a wrong password and a folder that is not there are named', async () => {
    const t = new Tenant();
    await expect(t.sync({ entry: entryOf() })).rejects.toMatchObject({ code: 'sync.sign-in' });
    t.passwords = '{"letters":"secret-of-letters"}';
    await expect(t.sync({ entry: entryOf({ folders: ['Nowhere'] }) })).rejects.toMatchObject({
      code: 'config.invalid',
    });
  }, 20_000);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number }; // it listens on TCP
  probe.close();
  return port;
}

/** Until the port takes connections: a server has no other sign of being ready. */
async function answers(port: number): Promise<void> {
  for (let n = 0; n < 200; n++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Dovecot does not answer');
}
