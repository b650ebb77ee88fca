// The sources of an app: entries, what is due, what a round leaves in the status, names for results.
import { expect, test } from 'vitest';
import { type SourceEntry, sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { TerminalError } from '../../shared/errors.ts';
import { parseSources } from '../../shared/sources/setting.ts';
import { SourceNames } from '../../shared/sources/source-names.ts';
import { syncActivity, syncSource } from '../../shared/sources/sync-source.ts';
import { sourcesOf } from './sources-of.ts';
import { Tenant } from './tenant.ts';

const SITE = 'https://contoso.sharepoint.example/sites/tax';

test('an entry of the setting wins over one of the lake, and is changed there only', async () => {
  const t = new Tenant();
  const sources = sourcesOf(t, [{ name: 'tax', kind: 'sharepoint', site: SITE, deletion: 'erase' }]);
  await sources.put(t.entry({ name: 'other' }));
  expect((await sources.status()).sources.map(({ name, from, deletion }) => [name, from, deletion])).toEqual([
    ['other', 'lake', 'keep'],
    ['tax', 'settings', 'erase'],
  ]);
  await expect(sources.put(t.entry())).rejects.toMatchObject({ code: 'request.invalid' });
  await expect(sources.remove('tax')).rejects.toMatchObject({ code: 'request.invalid' });
  await sources.remove('other');
  await expect(sources.items('other', 'landed', 1)).rejects.toMatchObject({ code: 'sync.unknown' });
});

test('wrong entries are named, whole', () => {
  expect(() => parseSources('{')).toThrow(/SOURCES: is not JSON/);
  expect(() => parseSources('[{"name":"A b","kind":"sharepoint"}]')).toThrow(/name[\s\S]*site|site[\s\S]*name/);
  const twice = JSON.stringify([1, 2].map(() => ({ name: 'tax', kind: 'sharepoint', site: SITE })));
  expect(() => parseSources(twice)).toThrow(/given twice/);
});

test('a new source is due at once, then by its minutes; a paused one never', async () => {
  const t = new Tenant();
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  expect(await sources.due()).toEqual(['tax']);
  await sources.sync('tax', {}, 60_000);
  expect(await sources.due()).toEqual([]);
  await t.clock.sleep(5 * 60_000);
  expect(await sources.due()).toEqual(['tax']);
  await sources.pause('tax', true);
  expect(await sources.due()).toEqual([]);
  expect((await sources.status()).sources).toMatchObject([{ state: 'paused', nextAt: null }]);
});

test('a file that waits to settle makes the next round due when it may be read', async () => {
  const t = new Tenant({ rewriteAfterMs: 2000 });
  const sources = sourcesOf(t);
  await sources.put(t.entry({ everyMinutes: 60 }));
  await sources.sync('tax', {}, 60_000);
  t.library.putFile('contract.docx', Buffer.from('docx'));
  await t.clock.sleep(1000);
  await sources.sync('tax', {}, 60_000);
  await t.clock.sleep(46_000);
  expect(await sources.due()).toEqual(['tax']);
  await sources.sync('tax', {}, 60_000);
  expect(await t.landed()).toEqual(['docx\n']);
});

test('a round that fails says what to do, is tried again at growing distances, and holds up no other source', async () => {
  const t = new Tenant();
  t.addSite('/sites/other', ['Documents']);
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  await sources.put(t.entry({ name: 'other', site: 'https://contoso.sharepoint.example/sites/other' }));
  t.site.isForbidden = true;
  expect(await syncActivity(sources, { name: 'tax' })).toEqual({ isDone: true, code: 'sync.forbidden' });
  expect(await syncActivity(sources, { name: 'other' })).toEqual({ isDone: true, code: null });
  const [other, tax] = (await sources.status()).sources;
  expect(other).toMatchObject({ name: 'other', state: 'idle', error: null });
  expect(tax).toMatchObject({
    state: 'failing',
    error: { code: 'sync.forbidden', remedy: expect.stringContaining('Grant it') },
  });
  await syncActivity(sources, { name: 'tax' });
  await syncActivity(sources, { name: 'tax' });
  await t.clock.sleep(6 * 60_000);
  expect(await sources.due()).toEqual(['other']);
  t.site.isForbidden = false;
  await sources.sync('tax', {}, 60_000);
  expect((await sources.status()).sources).toMatchObject([{ name: 'other' }, { state: 'idle', error: null }]);
});

test('check asks for address and changes and says what is missing, without a round', async () => {
  const t = new Tenant();
  t.library.putFile('a.txt', Buffer.from('one'));
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  expect(await sources.check('tax')).toMatchObject([
    { what: 'address', isOk: true },
    { what: 'changes of Documents', isOk: true },
    { what: 'outside: https://contoso.sharepoint.example/', isOk: true, isWarning: false },
  ]);
  t.site.isForbidden = true;
  expect((await sources.check('tax'))[0]).toMatchObject({ what: 'address', isOk: false, remedy: expect.any(String) });
  expect(t.puts).toEqual([]);
});

test('check warns when something outside the grant can be read, or nothing proves that it cannot', async () => {
  const t = new Tenant();
  const sources = sourcesOf(t);
  const hr = t.addSite('/sites/hr', ['Documents']);
  const outside = async (entry: SourceEntry) => {
    await sources.put(entry);
    return (await sources.check(entry.name)).find(({ what }) => what.startsWith('outside'));
  };
  const address = 'https://contoso.sharepoint.example/sites/hr';
  const given = { isOk: true, isWarning: true, detail: expect.stringContaining('more rights') };
  const refused = { isOk: true, isWarning: false, remedy: null };
  const unproven = { isOk: true, isWarning: true, detail: expect.stringContaining('nothing is proven') };
  expect(await outside(t.entry({ outside: address }))).toMatchObject({ what: `outside: ${address}`, ...given });
  hr.isForbidden = true;
  expect(await outside(t.entry({ outside: address }))).toMatchObject(refused);
  expect(await outside(t.entry({ outside: `${address}-none` }))).toMatchObject(unproven);

  t.addMailbox();
  t.addMailbox('ceo@contoso.example').deliver('Inbox', 'letter', Buffer.from('one'));
  const mail = (over: Record<string, unknown>) => outside(t.mailEntry(over));
  expect(await mail({})).toMatchObject({ isWarning: true, remedy: expect.stringContaining('outside') });
  expect(await mail({ outside: 'ceo@contoso.example' })).toMatchObject(given);
  t.graph.users.set('ceo@contoso.example', { isForbidden: true });
  expect(await mail({ outside: 'ceo@contoso.example' })).toMatchObject(refused);
  expect(await mail({ outside: 'nobody@contoso.example' })).toMatchObject(unproven);
  t.graph.users.set('boss@contoso.example', { drive: t.newDrive('b!boss', 'OneDrive', 'https://x.example') });
  const user = { name: 'one', kind: 'onedrive', user: 'tax@contoso.example', outside: 'boss@contoso.example' };
  expect(await outside(sourceEntrySchema.parse(user))).toMatchObject(given);
});

test('the status says how many were skipped and failed for which reason, over all libraries', async () => {
  const t = new Tenant();
  t.site.drives.push(t.newDrive('b!second', 'Archive', 'https://contoso.sharepoint.example/sites/tax/Archive'));
  for (const drive of t.site.drives) for (const name of ['A', 'B']) drive.putOther(name, 'notebook');
  t.library.putOther('Link', 'shortcut');
  t.library.set(t.library.putFile('bad.exe', Buffer.from('x')).id, { isMalware: true });
  t.library.putFile('good.txt', Buffer.from('one'));
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  await sources.sync('tax', {}, 60_000);
  const [status] = (await sources.status()).sources;
  expect(status?.reasons).toEqual([
    { state: 'skipped', code: 'sync.notebook', items: 4 },
    { state: 'skipped', code: 'sync.malware', items: 1 },
    { state: 'skipped', code: 'sync.shortcut', items: 1 },
  ]);
  expect(status?.reasons.reduce((sum, { items }) => sum + items, 0)).toBe(
    (status?.skipped ?? 0) + (status?.failed ?? 0),
  );
  expect(status?.drives.map(({ reasons }) => reasons.length)).toEqual([3, 1]);
});

test('since: old files of a library are left out until they change; what comes later lands whatever its date; it is said in check and status', async () => {
  const t = new Tenant();
  const old = { createdAt: Date.UTC(2019, 0, 1), modifiedAt: Date.UTC(2019, 0, 2) };
  const file = t.library.putFile('old.txt', Buffer.from('old'), old);
  const kept = t.library.putFile('kept.txt', Buffer.from('kept'), old);
  t.library.putFile('copied.txt', Buffer.from('copied'), { modifiedAt: old.modifiedAt }); // a copy: made after that day
  t.library.putFile('edited.txt', Buffer.from('edited'), { createdAt: old.createdAt });
  const sources = sourcesOf(t);
  const since = '2026-01-01';
  await sources.put(t.entry({ since, deletion: 'remove' }));
  const sync = (full = false) => sources.sync('tax', { full }, 60_000);
  await sync();
  expect(await t.landed()).toEqual(['copied', 'edited']);
  const status = async () => (await sources.status()).sources[0];
  expect(await status()).toMatchObject({ since, landed: 2, skipped: 0, failed: 0, drives: [{ older: 2 }] });
  expect(await sources.check('tax')).toContainEqual(
    expect.objectContaining({ what: 'since', isOk: true, detail: expect.stringContaining(since) }),
  );
  await sync(true); // nothing old by a look at everything, and nothing of it is taken for vanished
  expect(await status()).toMatchObject({ landed: 2, drives: [{ older: 2, removed: 0 }] });
  t.library.putFile('old.txt', Buffer.from('old, edited'), { modifiedAt: old.modifiedAt }); // its date says nothing
  t.library.putFile('came.txt', Buffer.from('came'), old);
  await sync();
  expect(await t.landed()).toEqual(['came', 'copied', 'edited', 'old, edited']);
  t.library.delete(kept.id);
  await sync();
  expect(await status()).toMatchObject({ landed: 4, drives: [{ older: 0, removed: 0 }] });
  expect(file.version).toBeGreaterThan(1);
});

test('since: an earlier day lets older files in with the next look at everything, a later one takes none away', async () => {
  const t = new Tenant();
  const of = (year: number) => ({ createdAt: Date.UTC(year, 5, 1), modifiedAt: Date.UTC(year, 5, 1) });
  for (const year of [2018, 2020, 2022]) t.library.putFile(`${year}.txt`, Buffer.from(`${year}`), of(year));
  await t.sync({ entry: t.entry({ since: '2021-01-01' }) });
  expect(await t.landed()).toEqual(['2022']);
  await t.sync({ entry: t.entry({ since: '2019-01-01' }), isFull: true });
  expect(await t.landed()).toEqual(['2020', '2022']);
  await t.sync({ entry: t.entry({ since: '2025-01-01' }), isFull: true });
  expect(await t.landed()).toEqual(['2020', '2022']);
  await t.sync({ isFull: true });
  expect(await t.landed()).toEqual(['2018', '2020', '2022']);
});

test.each([{ isMalware: true }, { isPending: true }])(
  'a new version that cannot be read is said, leaves the landed one, and lands when it can: %o',
  async (hindered) => {
    const t = new Tenant();
    const file = t.library.putFile('a.txt', Buffer.from('one'));
    await t.sync();
    t.library.putFile('a.txt', Buffer.from('two'));
    t.library.set(file.id, hindered);
    expect(await t.sync()).toMatchObject({ landed: 0, skipped: 1 });
    expect(await t.items()).toEqual({ 'a.txt': expect.stringMatching(/^landed sync\.(malware|pending)$/) });
    t.library.set(file.id, { isMalware: false, isPending: false });
    expect(await t.sync()).toMatchObject({ landed: 1 });
    expect(await t.landed()).toEqual(['two']);
    expect(await t.items()).toEqual({ 'a.txt': 'landed' });
  },
);

test('a new version that is refused once is read again with the next look at everything', async () => {
  const t = new Tenant();
  t.library.putFile('a.txt', Buffer.from('one'));
  await t.sync();
  t.library.putFile('a.txt', Buffer.from('two'));
  t.graph.faults.push({ kind: 'forbidden', on: /content/ });
  await t.sync();
  expect(await t.landed()).toEqual(['one']);
  await t.sync({ isFull: true });
  expect(await t.landed()).toEqual(['two']);
});

test('what was skipped is listed with its reason and what to do', async () => {
  const t = new Tenant();
  t.library.putOther('Notes', 'notebook');
  t.library.putFile('a.txt', Buffer.from('one'));
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  await sources.sync('tax', {}, 60_000);
  expect(await sources.items('tax', 'skipped', 10)).toMatchObject([
    { path: 'Notes', code: 'sync.notebook', remedy: expect.stringContaining('PDF') },
  ]);
  expect((await sources.status()).sources).toMatchObject([{ landed: 1, skipped: 1, failed: 0 }]);
});

test('work that does not fit the time of an activity is taken up by the next, and nothing lands twice', async () => {
  const t = new Tenant();
  for (let i = 0; i < 30; i++) t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`));
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  const fetch = t.graph.handle.bind(t.graph);
  t.graph.handle = async (request) => {
    await t.clock.sleep(1000); // every call takes a second
    return fetch(request);
  };
  let rounds = 0;
  for (let isDone = false; !isDone; rounds++) ({ isDone } = await sources.sync('tax', {}, 20_000));
  expect(rounds).toBeGreaterThan(1);
  expect(t.puts).toHaveLength(30);
  expect((await sources.status()).sources).toMatchObject([{ landed: 30, drives: [{ rounds: 1 }] }]);
});

test('the orchestration goes on as new until a round is done, and ends with a failure of the source', () => {
  const renewed: unknown[] = [];
  const port = {
    call: (_name: string, input: unknown) => input,
    continueAsNew: (input: unknown) => void renewed.push(input),
  };
  const run = (outcome: unknown) => {
    const steps = syncSource(port, { name: 'tax' });
    steps.next();
    return steps.next(outcome as never);
  };
  expect(run({ isDone: false, code: null }).done).toBe(true);
  expect(renewed).toEqual([{ name: 'tax', isContinued: true }]);
  run({ isDone: true, code: 'sync.locked' });
  run({ isDone: true, code: null });
  expect(renewed).toHaveLength(1);
});

test('whoever decides on a landed file is told where its original lives, during the round and after it, also when it is renamed', async () => {
  const t = new Tenant();
  t.library.putFile('Letters/a.txt', Buffer.from('one'));
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  const names = new SourceNames(t.lake);
  const during: unknown[] = [];
  const upload = t.landing.upload;
  t.landing.upload = async (path, file, condition) => {
    const etag = await upload(path, file, condition);
    during.push((await names.of([path])).get(path));
    return etag;
  };
  await sources.sync('tax', {}, 60_000);
  const [path = ''] = t.puts;
  const shown = { source: 'tax', name: 'Letters/a.txt', url: expect.stringContaining('Letters/a.txt') };
  expect(during).toEqual([shown]);
  expect((await names.of([path, 'landing/elsewhere.txt'])).get(path)).toEqual(shown);
  t.library.move(t.library.putFolder('Letters').id, 'Old letters');
  await sources.sync('tax', {}, 60_000);
  expect((await names.of([path])).get(path)).toMatchObject({ name: 'Old letters/a.txt' });
});

test('a damaged entry or record stops its own source only, which says so; a removal or a new entry mends it', async () => {
  const t = new Tenant();
  const sources = sourcesOf(t);
  await sources.put(t.entry({ name: 'good' }));
  for (const [name, damage] of [
    ['cut', '{"name":"cut","kind":'],
    ['odd', '{"name":"odd","kind":"sharepoint"}'],
    ['empty', ''],
  ] as const)
    await t.lake.write(`source-entries/${name}.json`, damage);
  const { sources: shown, broken } = await sources.status();
  expect(shown.map(({ name }) => name)).toEqual(['good']);
  expect(broken.map(({ id, code, path }) => [id, code, path]).sort()).toEqual(
    ['cut', 'empty', 'odd'].map((name) => [name, 'lake.corrupt-record', `source-entries/${name}.json`]),
  );
  expect(await sources.due()).toEqual(['good']);
  await expect(sources.items('cut', 'landed', 1)).rejects.toMatchObject({ code: 'lake.corrupt-record' });
  await sources.remove('cut');
  await sources.remove('odd');
  await sources.put(t.entry({ name: 'empty' }));
  expect(await sources.status()).toMatchObject({ sources: [{ name: 'empty' }, { name: 'good' }], broken: [] });

  await sources.sync('good', {}, 60_000);
  await t.lake.write('sources/good/status.json', '{"drives":');
  expect(await sources.due()).toEqual(['empty', 'good']); // its next round writes the record anew
  await sources.sync('good', {}, 60_000);
  const states = [];
  for await (const { path } of t.lake.list('sources/good/drives')) if (path.endsWith('/state.json')) states.push(path);
  for (const path of states) await t.lake.write(path, '');
  const [, good] = (await sources.status()).sources;
  expect(good).toMatchObject({
    state: 'failing',
    error: { code: 'lake.corrupt-record', message: `${states[0]} is empty` },
  });
});

test('one file that the service never gives out holds up a few rounds, no other file, and not the cursor; it is tried again later', async () => {
  const t = new Tenant();
  const broken = t.library.putFile('rights.docx', Buffer.from('rights'));
  for (let i = 0; i < 12; i++) t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`));
  t.graph.faults.push({ kind: 'error', on: new RegExp(`${broken.id}/content`), times: 1000 });
  await expect(t.sync()).rejects.toMatchObject({ code: 'sync.unavailable' });
  expect(await t.landed()).toHaveLength(12);
  await expect(t.sync()).rejects.toMatchObject({ code: 'sync.unavailable' });
  const { state, failed } = await t.sync();
  expect([state.round, failed]).toEqual([1, 1]);
  expect(await t.items()).toMatchObject({ 'rights.docx': 'failed sync.unavailable' });
  await t.clock.sleep(7 * 3_600_000);
  expect(await t.sync()).toMatchObject({ status: 'done', failed: 1 }); // once more, and no round is held up
  t.graph.faults.length = 0;
  await t.clock.sleep(7 * 3_600_000);
  expect(await t.sync()).toMatchObject({ landed: 1 });
  expect(t.puts).toHaveLength(13);
});

test('a service that gives out nothing is found after a few files, not after all, and nothing is taken for failed', async () => {
  const t = new Tenant();
  for (let i = 0; i < 100; i++) t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`));
  t.graph.faults.push({ kind: 'busy', on: /content/, times: 10_000 });
  await expect(t.sync()).rejects.toMatchObject({ code: 'sync.unavailable' });
  expect(t.graph.log.filter((line) => line.includes('/content')).length).toBeLessThan(60);
  t.graph.faults.length = 0;
  expect(await t.sync()).toMatchObject({ landed: 100, failed: 0 });
});

test('what vanished and cannot be asked for is asked for in the next round; what waits for a word is not asked for in every round', async () => {
  const t = new Tenant();
  const files = Array.from({ length: 60 }, (_, i) => t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`)));
  const entry = t.entry({ deletion: 'remove' });
  await t.sync({ entry });
  t.library.delete(files[0]!.id);
  t.graph.faults.push({ kind: 'error', on: /GET .*\/items\/[^/]+$/, times: 6 });
  expect(await t.sync({ entry })).toMatchObject({ status: 'done', removed: 0 });
  expect(await t.landed()).toHaveLength(60);
  expect(await t.sync({ entry })).toMatchObject({ removed: 1 });
  for (const { id } of files.slice(1, 50)) t.library.delete(id);
  expect((await t.sync({ entry })).state.unconfirmedRemovals).toBe(49);
  t.graph.log.length = 0;
  expect((await t.sync({ entry })).state.unconfirmedRemovals).toBe(49);
  expect(t.graph.log.filter((line) => /items/.test(line))).toEqual([]);
  t.library.restore(files[1]!.id);
  expect((await t.sync({ entry })).state.unconfirmedRemovals).toBe(48);
  t.library.delete(files[55]!.id); // one more does not slip through
  expect((await t.sync({ entry })).state.unconfirmedRemovals).toBe(49);
  expect(await t.sync({ entry, confirmRemovals: true })).toMatchObject({ removed: 49 });
  expect(await t.landed()).toHaveLength(10);
});

test('what a run has in hand is erased by a later round, and holds up no other', async () => {
  const t = new Tenant();
  const files = ['a.txt', 'b.txt', 'c.txt'].map((name) => t.library.putFile(name, Buffer.from(name)));
  const entry = t.entry({ deletion: 'erase' });
  await t.sync({ entry });
  for (const { id } of files.slice(0, 2)) t.library.delete(id);
  t.eraseErrors.push(new TerminalError('run.not-finished', 'a run is working on it'));
  expect(await t.sync({ entry })).toMatchObject({ status: 'done', removed: 1 });
  expect(await t.sync({ entry })).toMatchObject({ status: 'done', removed: 1 });
  expect([t.erased.length, await t.landed()]).toEqual([2, ['c.txt']]);
});

test('two rounds of one source at once: every file lands once, and one of them ends', async () => {
  const t = new Tenant();
  for (let i = 0; i < 40; i++) t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`));
  let arrived = 0;
  const upload = t.landing.upload.bind(t.landing);
  t.landing.upload = async (path, file, condition) => {
    const etag = await upload(path, file, condition);
    arrived++;
    return etag;
  };
  const ends = await Promise.allSettled([t.sync(), t.sync(), t.sync()]);
  expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'lake.conflict' });
  expect([arrived, (await t.landed()).length]).toEqual([40, 40]);
  expect(await t.sync()).toMatchObject({ landed: 0, failed: 0 });
});

test('a source that is removed while its round runs leaves no record behind; one that is paused ends at the next piece of work', async () => {
  const t = new Tenant();
  for (let i = 0; i < 20; i++) t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`));
  const sources = sourcesOf(t);
  await sources.put(t.entry());
  const upload = t.landing.upload.bind(t.landing);
  let puts = 0;
  t.landing.upload = async (path, file, condition) => {
    if (++puts === 10) await sources.remove('tax');
    return upload(path, file, condition);
  };
  await sources.sync('tax', {}, 60_000).catch((error) => expect(error).toMatchObject({ code: 'lake.conflict' }));
  expect(t.lake.paths().filter((path) => path.startsWith('sources/'))).toEqual([]);
  await sources.put(t.entry());
  expect(await syncActivity(sources, { name: 'tax', isContinued: true })).toMatchObject({ isDone: true, code: null });
  await sources.pause('tax', true);
  t.library.putFile('late.txt', Buffer.from('late'));
  expect(await syncActivity(sources, { name: 'tax', isContinued: true })).toEqual({ isDone: true, code: null });
  expect(await t.landed()).not.toContain('late');
  expect(await syncActivity(sources, { name: 'tax' })).toMatchObject({ isDone: true }); // a person's word
  expect(await t.landed()).toContain('late');
});
