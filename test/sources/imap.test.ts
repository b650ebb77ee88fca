// Mailboxes behind IMAP: new numbers, moves, broken connections and refusals lose and double no mail.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SourceEntry, sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { parsePasswords } from '../../shared/sources/setting.ts';
import { ImapServer } from './imap-server.ts';
import { Tenant } from './tenant.ts';

let server: ImapServer;
beforeEach(async () => {
  server = await ImapServer.start();
  server.folder('INBOX');
});
afterEach(() => server.close());

const eml = (name: string, more = ''): string =>
  `Message-ID: <${name}@mail.example>\r\nSubject: ${name}\r\n${more}\r\nText of ${name}.\r\n`;

const entryOf = (over: Record<string, unknown> = {}): SourceEntry =>
  sourceEntrySchema.parse({
    ...{ name: 'letters', kind: 'imap', host: '127.0.0.1', port: server.port, user: 'tax', tls: 'none' },
    ...over,
  });

test('mails of a folder and of those below it land byte for byte, and nothing is opened for writing', async () => {
  const t = new Tenant();
  const large = eml('large', `X-Fill: ${'x'.repeat(900_000)}\r\n`);
  server.put('INBOX', eml('one'));
  server.put('INBOX/Below', large);
  server.put('Other', eml('not followed'));
  const entry = entryOf();
  expect(await t.sync({ entry })).toMatchObject({ landed: 2, failed: 0, skipped: 0 });
  expect(await t.items(entry)).toEqual({ 'INBOX/one.eml': 'landed', 'INBOX/Below/large.eml': 'landed' });
  expect(await t.landed()).toEqual([eml('one'), large].sort());
  for (const path of t.puts) expect(path).toMatch(/^sources\/letters\/[0-9a-f]{16}\/[0-9a-f]{40}\.eml$/);
  expect(server.log.filter((line) => /^(SELECT|STORE|UID STORE|COPY|EXPUNGE)/.test(line))).toEqual([]);
});

test('a round without changes opens no folder; a new mail is one download', async () => {
  const t = new Tenant();
  for (let i = 0; i < 5; i++) server.put('INBOX', eml(`m${i}`));
  const entry = entryOf();
  await t.sync({ entry });
  server.log.length = 0;
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, removed: 0 });
  expect(server.log.filter((line) => /EXAMINE|FETCH|SEARCH/.test(line))).toEqual([]);
  server.put('INBOX', eml('new'));
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, removed: 0 });
  expect(t.puts).toHaveLength(6);
});

test('35 a mailbox that is numbered anew: no duplicate, no deletion, nothing lands', async () => {
  const t = new Tenant();
  for (let i = 0; i < 8; i++) server.put('INBOX', eml(`m${i}`));
  const entry = entryOf({ deletion: 'erase' });
  await t.sync({ entry });
  server.renumber('INBOX');
  server.put('INBOX', eml('new'));
  const outcome = await t.sync({ entry });
  expect(outcome).toMatchObject({ removed: 0, state: { counts: { landed: 9, removed: 0 } } });
  expect(t.puts).toHaveLength(9);
  expect(t.erased).toEqual([]);
  server.log.length = 0;
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, removed: 0 });
  expect(await t.sync({ entry, isFull: true })).toMatchObject({ landed: 0, removed: 0 });
  expect(t.puts).toHaveLength(9);
});

test('other bytes under a known Message-ID and size are decided, also when numbers change', async () => {
  const t = new Tenant();
  server.put('INBOX', eml('same'));
  const entry = entryOf();
  await t.sync({ entry });
  server.remove('INBOX', 1);
  server.put('INBOX', eml('same').replace('Text', 'Test'));
  server.renumber('INBOX');
  expect(await t.sync({ entry })).toMatchObject({ removed: 0 });
  expect(await t.landed()).toEqual([eml('same').replace('Text', 'Test')]);
});

test('33 a mail that is moved between followed folders is one document', async () => {
  const t = new Tenant();
  server.folder('INBOX/Done');
  server.put('INBOX', eml('moved'));
  server.put('INBOX', eml('stays'));
  const entry = entryOf({ deletion: 'erase' });
  await t.sync({ entry });
  server.move('INBOX', 1, 'INBOX/Done');
  expect(await t.sync({ entry })).toMatchObject({ removed: 0, renamed: 1 });
  expect(t.puts).toHaveLength(2);
  expect(await t.items(entry)).toEqual({ 'INBOX/Done/moved.eml': 'landed', 'INBOX/stays.eml': 'landed' });
  server.put('INBOX', eml('later'));
  server.remove('INBOX/Done', 1);
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, removed: 1 });
});

test('a deletion and a folder that is gone are applied by the policy, never many at once without a word', async () => {
  const t = new Tenant();
  for (let i = 0; i < 40; i++) server.put('INBOX/Many', eml(`m${i}`));
  server.put('INBOX', eml('one'));
  const entry = entryOf({ deletion: 'remove' });
  await t.sync({ entry });
  server.remove('INBOX/Many', 7);
  expect(await t.sync({ entry })).toMatchObject({ removed: 1 });
  server.folders.delete('INBOX/Many');
  expect(await t.sync({ entry })).toMatchObject({ removed: 0, state: { unconfirmedRemovals: 39 } });
  expect(await t.sync({ entry, confirmRemovals: true })).toMatchObject({ removed: 39 });
  expect(await t.landed()).toEqual([eml('one')]);
});

test('a server that does not answer what a folder holds has not lost its mails', async () => {
  const t = new Tenant();
  for (let i = 0; i < 3; i++) server.put('INBOX', eml(`m${i}`));
  const entry = entryOf({ deletion: 'remove' });
  await t.sync({ entry });
  server.remove('INBOX', 1);
  for (const on of [/^STATUS/, /SEARCH/, /^EXAMINE/, /^LIST/]) {
    server.faults.push({ on, kind: 'no', times: 3 });
    await t.sync({ entry }).catch((error) => expect(error).toMatchObject({ code: 'sync.unavailable' }));
    server.faults.length = 0;
    expect((await t.landed()).length, String(on)).toBeGreaterThanOrEqual(2);
  }
  await t.sync({ entry });
  expect(await t.landed()).toEqual([eml('m1'), eml('m2')]);
});

test('connections that end before, within and after answers: every mail lands once', async () => {
  const t = new Tenant();
  for (let i = 0; i < 6; i++) server.put('INBOX', eml(`m${i}`));
  server.faults.push(
    { on: /^STATUS/, kind: 'drop' },
    { on: /ENVELOPE/, kind: 'cut' },
    { on: /BODY\.PEEK/, kind: 'cut', times: 2 },
    { on: /BODY\.PEEK/, kind: 'drop' },
  );
  const entry = entryOf();
  for (let n = 0; n < 4; n++)
    await t.sync({ entry }).catch((error) => expect(error).toMatchObject({ code: 'sync.unavailable' }));
  expect(await t.landed()).toHaveLength(6);
  expect(new Set(t.puts).size).toBe(6);
  expect(t.puts).toHaveLength(6);
});

test('too large ones are skipped by their size without a download, drafts wait, and mails before `since` are none of the source', async () => {
  const t = new Tenant();
  server.put('INBOX', eml('large', `X: ${'x'.repeat(5000)}\r\n`));
  server.put('INBOX', eml('draft'), ['\\Draft']);
  server.put('INBOX', eml('old', 'X-Taken: 31-Dec-2025 08:00:00 +0000\r\n'));
  const entry = entryOf({ maxBytes: 2000, since: '2026-01-01' });
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, skipped: 2 });
  expect(await t.items(entry)).toEqual({
    'INBOX/large.eml': 'skipped sync.over-limit',
    'INBOX/draft.eml': 'skipped sync.pending',
  });
  expect(server.log.filter((line) => line.includes('PEEK'))).toEqual([]);
});

test('a wrong password, a missing one and a folder that is not there say what to do; the password is in no message', async () => {
  const t = new Tenant();
  server.password = 'another';
  const refused = await t.sync({ entry: entryOf() }).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'sync.sign-in', remedy: expect.stringContaining('SOURCES_PASSWORDS') });
  expect(String(refused)).not.toContain('secret');
  expect(server.log.filter((line) => line.startsWith('LOGIN'))).toHaveLength(1); // no second try: accounts get locked
  server.password = 'secret of letters';
  await expect(t.sync({ entry: entryOf({ name: 'nobody' }) })).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('SOURCES_PASSWORDS has no password'),
  });
  await expect(t.sync({ entry: entryOf({ folders: ['Nowhere'] }) })).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('"Nowhere"; it has "INBOX"'),
  });
});

test('a password never leaves readable: not to another machine, and not to a server that offers no TLS', async () => {
  const t = new Tenant();
  expect(() => entryOf({ host: 'mail.example', tls: 'none' })).toThrow(/readable/);
  await expect(t.sync({ entry: entryOf({ tls: 'starttls' }) })).rejects.toMatchObject({ code: 'sync.untrusted' });
  expect(server.log.filter((line) => line.startsWith('LOGIN'))).toEqual([]);
});

test('passwords that are no JSON object are refused without showing any of them', () => {
  expect(parsePasswords(undefined)).toEqual({});
  for (const text of ['hunter2', '["hunter2"]', '{"a":{"b":"hunter2"}}'])
    expect(() => parsePasswords(text)).toThrow(/^(?!.*hunter2).*password by source/s);
});
