// Exchange mailboxes on the emulator: mails land once wherever they are moved, and a mailbox that misbehaves loses none.
import { expect, test } from 'vitest';
import { mailName } from '../../shared/sources/mail-name.ts';
import { SourceNames } from '../../shared/sources/source-names.ts';
import { killedAt } from './killed.ts';
import { Tenant } from './tenant.ts';

const eml = (text: string): Buffer => Buffer.from(`Subject: x\r\nMessage-ID: <${text}@contoso.example>\r\n\r\n${text}`);

test('mails of a folder and of those below it land as .eml under ids, and are shown by folder and subject', async () => {
  const t = new Tenant({ pageSize: 2 });
  const mailbox = t.addMailbox();
  for (let i = 0; i < 5; i++) mailbox.deliver('Inbox', `Invoice ${i}`, eml(`${i}`));
  mailbox.deliver('Inbox/Clients/Müller', 'Offer', eml('offer'));
  mailbox.deliver('Private', 'Not followed', eml('private'));
  const entry = t.mailEntry();
  expect(await t.sync({ entry })).toMatchObject({ landed: 6, skipped: 0, failed: 0 });
  expect(Object.keys(await t.items(entry)).sort()).toEqual([
    'Inbox/Clients/Müller/Offer.eml',
    ...Array.from({ length: 5 }, (_, i) => `Inbox/Invoice ${i}.eml`),
  ]);
  for (const path of t.puts) expect(path).toMatch(/^sources\/mail\/[0-9a-f]{16}\/[0-9a-f]{40}\.eml$/);
  const names = await new SourceNames(t.lake).of(t.puts);
  expect([...names.values()].map(({ name }) => name)).toContain('Inbox/Clients/Müller/Offer.eml');
});

test('a round without changes is one call for the folders and one for each of them; marks download nothing', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  const mail = mailbox.deliver('Inbox', 'One', eml('one'));
  mailbox.deliver('Inbox/Below', 'Two', eml('two'));
  const entry = t.mailEntry();
  await t.sync({ entry });
  mailbox.mark(mail.id, { isRead: true });
  t.graph.log.length = 0;
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, removed: 0 });
  expect(t.graph.log).toHaveLength(3);
  expect(t.puts).toHaveLength(2);
});

test('33 a mail that is moved, moved back between two rounds, or moved before it was ever seen is one document and is never erased', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  const entry = t.mailEntry({ folders: ['inbox', 'Projects'], deletion: 'erase' });
  mailbox.folder('Projects');
  mailbox.folder('Elsewhere');
  const moved = mailbox.deliver('Inbox', 'Moved', eml('moved'));
  const back = mailbox.deliver('Inbox', 'Back', eml('back'));
  const out = mailbox.deliver('Inbox', 'Out', eml('out'));
  await t.sync({ entry });
  mailbox.move(moved.id, 'Projects');
  mailbox.move(back.id, 'Projects');
  mailbox.move(back.id, 'Inbox');
  mailbox.move(out.id, 'Elsewhere');
  const early = mailbox.deliver('Inbox', 'Early', eml('early'));
  mailbox.move(early.id, 'Projects');
  mailbox.move(early.id, 'Inbox'); // told as removed only
  const byRule = mailbox.deliver('Inbox', 'By rule', eml('by rule'));
  mailbox.move(byRule.id, 'Projects');
  expect(await t.sync({ entry })).toMatchObject({ landed: 2, removed: 0, renamed: 2 });
  expect(t.puts).toHaveLength(5);
  expect(new Set(t.puts).size).toBe(5);
  expect(t.erased).toEqual([]);
  expect(await t.items(entry)).toEqual({
    'Projects/Moved.eml': 'landed',
    'Inbox/Back.eml': 'landed',
    'Elsewhere/Out.eml': 'landed',
    'Inbox/Early.eml': 'landed',
    'Projects/By rule.eml': 'landed',
  });
  expect(await t.sync({ entry, isFull: true })).toMatchObject({ landed: 0, removed: 0 });
});

test('34 a mail that Exchange cannot give out is one failed row after one answer; the others and the cursor go on', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  const signed = mailbox.deliver('Inbox', 'Signed', eml('signed'), { isUnconvertible: true });
  mailbox.deliver('Inbox', 'Plain', eml('plain'));
  const entry = t.mailEntry();
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, failed: 1 });
  expect(await t.items(entry)).toEqual({ 'Inbox/Signed.eml': 'failed sync.no-mime', 'Inbox/Plain.eml': 'landed' });
  mailbox.deliver('Inbox', 'Later', eml('later'));
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, failed: 0 });
  expect(
    t.graph.log.filter((line) => line.includes(encodeURIComponent(signed.id)) && line.endsWith('/$value')),
  ).toHaveLength(1);
});

test('a mail that Exchange cannot give out whole is put together of its text and attachments, the same each time; a link and a refused one are named', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) % 256));
  const subject = 'Bescheid über 2025 "Q1"\r\nBcc: nobody';
  mailbox.deliver('Inbox', subject, eml('x'), {
    isUnconvertible: true,
    text: 'Grüße aus dem Finanzamt',
    attachments: [
      { kind: 'file', name: 'Bescheid "größer" \u{1F4C4}.pdf', bytes },
      { kind: 'item', name: 'Frühere Mail', bytes: Buffer.from('Subject: inner\r\n\r\nInner text') },
      { kind: 'reference', name: 'on a drive.xlsx', bytes: Buffer.alloc(0) },
      { kind: 'file', name: 'refused.bin', bytes, isRefused: true },
    ],
  });
  const entry = t.mailEntry();
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, failed: 0 });
  const [raw] = await t.landed();
  const { default: PostalMime } = await import('postal-mime');
  const mail = await PostalMime.parse(raw ?? '');
  expect(mail.subject).toBe('Bescheid über 2025 "Q1" Bcc: nobody');
  expect(mail.headers.map(({ key }) => key)).not.toContain('bcc');
  expect(mail.from).toMatchObject({ name: 'Müller, Anna', address: 'anna@contoso.example' });
  expect(mail.text).toContain('Grüße aus dem Finanzamt');
  expect(mail.text).toContain('on a drive.xlsx');
  expect(mail.text).toContain('refused.bin');
  expect(mail.attachments.map(({ filename }) => filename)).toEqual([
    'Bescheid "größer" \u{1F4C4}.pdf',
    'Frühere Mail.eml',
  ]);
  expect(Buffer.from(mail.attachments[0]?.content as ArrayBuffer)).toEqual(bytes);
  expect(await t.sync({ entry, isFull: true })).toMatchObject({ landed: 0, failed: 0 });
  const other = new Tenant();
  other.graph.users.set('tax@contoso.example', { mailbox });
  await other.sync({ entry });
  expect(await other.landed()).toEqual([raw]);
});

test('a deletion is confirmed by id, and one that was never told is found by a full enumeration', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  const [a, b] = ['A', 'B', 'C'].map((name) => mailbox.deliver('Inbox', name, eml(name)));
  const entry = t.mailEntry({ deletion: 'remove' });
  await t.sync({ entry });
  mailbox.delete(a!.id);
  expect(await t.sync({ entry })).toMatchObject({ removed: 1 });
  mailbox.delete(b!.id, { tombstone: false });
  expect(await t.sync({ entry })).toMatchObject({ removed: 0 });
  expect(await t.sync({ entry, isFull: true })).toMatchObject({ removed: 1 });
  expect(await t.landed()).toHaveLength(1);
});

test('a folder whose state the service has forgotten is enumerated anew alone, and nothing is decided twice', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  for (let i = 0; i < 4; i++) mailbox.deliver(i < 2 ? 'Inbox' : 'Inbox/Below', `M${i}`, eml(`${i}`));
  const entry = t.mailEntry();
  await t.sync({ entry });
  const inbox = mailbox.folder('Inbox').id;
  t.graph.faults.push({ kind: 'sync-state-not-found', on: new RegExp(`${encodeURIComponent(inbox)}/messages/delta`) });
  mailbox.deliver('Inbox', 'New', eml('new'));
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, removed: 0, failed: 0 });
  expect(t.puts).toHaveLength(5);
  mailbox.forgottenBefore = mailbox.newest() + 1;
  mailbox.deliver('Inbox/Below', 'Newer', eml('newer'));
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, removed: 0 });
  expect(t.puts).toHaveLength(6);
});

test('throttling, 503, lost pages, endless links, doubled rows and broken downloads lose and double no mail', async () => {
  const t = new Tenant({ pageSize: 3 });
  const mailbox = t.addMailbox();
  for (let i = 0; i < 20; i++) mailbox.deliver('Inbox', `M${i}`, eml(`${i}`));
  const entry = t.mailEntry();
  t.graph.faults.push(
    { kind: 'throttle', on: /messages\/delta/, retryAfterSeconds: 7 },
    { kind: 'busy', on: /value/, times: 2 },
    { kind: 'cut-body', on: /value/, times: 2 },
    { kind: 'not-found', on: /skiptoken/ },
    { kind: 'duplicate-rows', on: /messages\/delta/, times: 3 },
    { kind: 'empty-page', on: /skiptoken/, times: 2 },
  );
  expect(await t.sync({ entry })).toMatchObject({ landed: 20, failed: 0 });
  expect(new Set(t.puts).size).toBe(20);
  expect(t.puts).toHaveLength(20);
  expect(Math.max(...t.clock.sleeps)).toBeLessThanOrEqual(10_000);
  t.graph.faults.push({ kind: 'endless', on: /messages\/delta/, times: 1000 });
  mailbox.deliver('Inbox', 'New', eml('new'));
  await expect(t.sync({ entry })).rejects.toMatchObject({ code: 'sync.endless' });
  t.graph.faults.length = 0;
});

test('a folder that is renamed shows its mails elsewhere; one that is deleted takes them along after a 404 each', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  mailbox.deliver('Inbox/Old', 'One', eml('one'));
  mailbox.deliver('Inbox/Gone', 'Two', eml('two'));
  const entry = t.mailEntry({ deletion: 'remove' });
  await t.sync({ entry });
  mailbox.renameFolder(mailbox.folder('Inbox/Old').id, 'New');
  mailbox.deleteFolder(mailbox.folder('Inbox/Gone').id);
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, renamed: 1, removed: 1 });
  expect(await t.items(entry)).toMatchObject({ 'Inbox/New/One.eml': 'landed' });
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, removed: 0 });
});

test('drafts wait until they are sent; mails before `since` are none of the source', async () => {
  const t = new Tenant();
  const mailbox = t.addMailbox();
  mailbox.deliver('Inbox', 'Old', eml('old'), { receivedAt: Date.UTC(2025, 11, 31) });
  const draft = mailbox.deliver('Inbox', 'Draft', eml('draft'), { isDraft: true });
  const entry = t.mailEntry({ since: '2026-01-01' });
  expect(await t.sync({ entry })).toMatchObject({ landed: 0, skipped: 1 });
  expect(await t.items(entry)).toEqual({ 'Inbox/Draft.eml': 'skipped sync.pending' });
  mailbox.mark(draft.id, { isDraft: false });
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, skipped: 0 });
});

test('a folder that is not there is named with those that are; a mailbox outside the grant is refused with what to do', async () => {
  const t = new Tenant();
  t.addMailbox();
  await expect(t.sync({ entry: t.mailEntry({ folders: ['Inbox/Nowhere'] }) })).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('"Inbox/Nowhere"; it has "Inbox"'),
  });
  t.graph.users.set('other@contoso.example', { isForbidden: true });
  const entry = t.mailEntry({ mailbox: 'other@contoso.example' });
  await expect(t.sync({ entry })).rejects.toMatchObject({ code: 'sync.forbidden' });
  const service = t.connect(entry);
  const [drive] = await service.drives();
  await expect(service.probe(drive!)).rejects.toMatchObject({ code: 'sync.forbidden' });
});

test('killed at any step, a round of mails loses none and lands none twice', async () => {
  for (let step = 0; ; step++) {
    const t = new Tenant({ pageSize: 2 });
    const mailbox = t.addMailbox();
    for (let i = 0; i < 4; i++) mailbox.deliver(i < 2 ? 'Inbox' : 'Inbox/Below', `M${i}`, eml(`${i}`));
    const entry = t.mailEntry();
    const first = await killedAt(t, step, () => t.sync({ entry }));
    await t.sync({ entry });
    expect(Object.values(await t.items(entry)), `killed at ${step}`).toEqual(Array(4).fill('landed'));
    expect(await t.landed(), `killed at ${step}`).toHaveLength(4);
    if (first === 'done') break;
  }
});

test('a subject is shown as one name: no folders, no control characters, never empty', () => {
  expect(mailName('a/b\\c\r\nd')).toBe('a-b-c d.eml');
  expect(mailName(' \u202e ')).toBe('(no subject).eml');
  expect(mailName('x'.repeat(999))).toHaveLength(204);
});
