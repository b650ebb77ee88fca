// The IMAP source against a real server, where Dovecot is installed (Debian: dovecot-imapd) and may be started. The same promises as imap.test.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { Tenant } from './tenant.ts';

const DOVECOT = '/usr/sbin/dovecot';
// Its master process changes users, so it wants to be started by root.
const isHere = existsSync(DOVECOT) && process.getuid?.() === 0;

/** Owner of the mails: it serves none of root's. */
const NOBODY = 65_534;

const eml = (name: string): string =>
  `Message-ID: <${name}@mail.example>\r\nSubject: =?utf-8?q?${name}_=C3=BC?=\r\n\r\nText of ${name}.\r\n`;

describe.skipIf(!isHere)('imap: against Dovecot (needs /usr/sbin/dovecot and root; skipped elsewhere)', () => {
  let folder: string;
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-dovecot-'));
    await chmod(folder, 0o755); // its processes are other users
    port = await freePort();
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
ssl = no
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
    port = 0
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
