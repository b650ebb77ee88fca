// Labels into columns of a library, and that Sluice's own writing is no change to it (complaint 23).
import { expect, test } from 'vitest';
import type { SourceEntry } from '../../shared/api/source-entry.ts';
import { echoed } from '../../shared/sources/notifications.ts';
import { Sources } from '../../shared/sources/sources.ts';
import { Subscriptions } from '../../shared/sources/subscriptions.ts';
import type { Decisions } from '../../shared/sources/write-back.ts';
import { killedAt } from './killed.ts';
import { Tenant } from './tenant.ts';

const MINUTE = 60_000;
const COLUMNS = { label: 'SluiceLabel', confidence: 'SluiceConfidence' };

async function scene(options: { promotesFields?: boolean; entry?: object; takesFileTags?: boolean } = {}) {
  let sources: Sources | undefined;
  const t = new Tenant({
    ...{ promotesFields: options.promotesFields ?? false, rewriteAfterMs: 2000 },
    takesFileTags: options.takesFileTags ?? true,
    notify: async (url, body) => {
      const token = new URL(url).searchParams.get('validationToken');
      if (token !== null) return { status: 200, contentType: 'text/plain; charset=utf-8', text: echoed(token) };
      await sources?.notifications.receive(JSON.parse(body ?? ''));
      return { status: 202, contentType: '', text: '' };
    },
  });
  for (const name of Object.values(COLUMNS)) t.library.columns.set(name, undefined);
  const said = new Map<string, string>();
  const decisions: Decisions & { corrections: number; at: number | undefined; isSilent: boolean } = {
    ...{ corrections: 0, at: undefined, isSilent: false },
    // Each landing is a decision, and no two are equally sure: what is decided again is written again.
    version: async () => t.puts.length + decisions.corrections,
    async *of() {
      for (const [i, path] of (decisions.isSilent ? [] : t.puts).entries())
        yield {
          ...{ path, at: decisions.at ?? t.clock.now() },
          value: { label: said.get(path) ?? 'invoice', confidence: 0.5 + i / 100 },
        };
    },
  };
  const log = (event: string) => void t.logged.push(event);
  const parts = { lake: t.lake, clock: t.clock, logger: { debug: log, info: log, warn: log, error: log } };
  sources = new Sources({
    ...{ ...parts, setting: '[]', landing: t.landing, parallel: 4, connect: (entry: SourceEntry) => t.connect(entry) },
    subscriptions: new Subscriptions({ ...parts, url: 'https://app.example', secret: () => '0'.repeat(32) }),
    erase: async () => undefined,
    decisions,
  });
  await sources.put(t.entry({ writeBack: COLUMNS, ...options.entry }));
  const patches = () => t.graph.log.filter((line) => line.startsWith('PATCH ') && line.includes('/listItem/')).length;
  /** Everything as it goes by itself, each change told of. */
  const run = async (minutes: number): Promise<void> => {
    const end = t.clock.now() + minutes * MINUTE;
    let told = t.library.newest();
    while (t.clock.now() < end) {
      await t.clock.sleep(MINUTE);
      if (t.library.newest() > told) await t.graph.subscriptions.tell();
      told = t.library.newest();
      for (const name of await sources.due()) await sources.sync(name, {}, MINUTE);
    }
  };
  const corrected = (path: string, label: string): void => {
    said.set(path, label);
    decisions.corrections++;
  };
  return { t, sources, patches, run, corrected, decisions };
}

test.each([false, true])(
  '23 write-back on for 24 hours: one decision and one PATCH a file, whether the service copies columns into files or not (%s)',
  async (promotesFields) => {
    const { t, patches, run, corrected } = await scene({ promotesFields, entry: { everyMinutes: 20 } });
    const files = ['a.docx', 'b.pdf', 'c.xlsx'].map((name) => t.library.putFile(name, Buffer.from(name)));
    await t.clock.sleep(3000); // the rewrite after the upload
    await run(24 * 60);
    expect([t.puts.length, patches()]).toEqual([3, 3]);
    for (const { fields } of files)
      expect(fields).toEqual({ SluiceLabel: 'invoice', SluiceConfidence: expect.any(Number) });

    t.library.putFile('a.docx', Buffer.from('another text')); // by a person
    await run(60);
    expect([t.puts.length, patches()]).toEqual([4, 4]);

    corrected(t.puts[1] ?? '', 'contract');
    await run(60);
    expect([t.puts.length, patches()]).toEqual([4, 5]);
    expect(files.map(({ fields }) => fields.SluiceLabel).sort()).toEqual(['contract', 'invoice', 'invoice']);
  },
);

test('nothing is written where the source names no columns', async () => {
  const { t, patches, run } = await scene({ entry: { writeBack: undefined } });
  t.library.putFile('a.txt', Buffer.from('one'));
  await run(30);
  expect([t.puts.length, patches()]).toEqual([1, 0]);
});

test('a version that has not landed is not written to: it is decided first', async () => {
  const { t, run, patches } = await scene();
  const file = t.library.putFile('a.txt', Buffer.from('one'));
  const handle = t.graph.handle.bind(t.graph);
  t.graph.handle = (request) => {
    if (request.method === 'PATCH') {
      t.graph.handle = handle;
      t.library.putFile('a.txt', Buffer.from('two')); // between the round's rows and its write
    }
    return handle(request);
  };
  await run(1);
  expect([t.puts.length, patches(), file.fields]).toEqual([1, 1, {}]);
  await run(15);
  expect([t.puts.length, patches()]).toEqual([2, 2]);
  expect(file.fields).toMatchObject({ SluiceConfidence: 0.51 });
});

test('a refusal fails no round, stands in the status, and is made good later; check says it before', async () => {
  const { t, sources, run, patches } = await scene();
  const file = t.library.putFile('a.txt', Buffer.from('one'));
  const line = async () => (await sources.check('tax')).find(({ what }) => what === 'columns of Documents');
  expect(await line()).toMatchObject({ isOk: true });
  t.site.isReadOnly = true;
  expect(await line()).toMatchObject({ isOk: false, detail: expect.stringContaining('sync.forbidden') });
  await run(6);
  const status = async () => (await sources.status()).sources[0];
  expect(await status()).toMatchObject({
    state: 'idle',
    landed: 1,
    drives: [
      { writeBack: { written: 0, waiting: 1, code: 'sync.forbidden', remedy: expect.stringContaining('`write`') } },
    ],
  });
  t.site.isReadOnly = false;
  t.library.columns.delete(COLUMNS.confidence);
  expect(await line()).toMatchObject({ isOk: false, detail: expect.stringContaining('SluiceConfidence') });
  t.library.columns.set(COLUMNS.confidence, undefined);
  await run(6);
  expect(await status()).toMatchObject({ drives: [{ writeBack: { written: 1, code: null } }] });
  expect(file.fields).toMatchObject({ SluiceLabel: 'invoice' });
  expect(patches()).toBeLessThanOrEqual(6);
  expect(t.puts.length).toBe(1);
});

test('a file that is checked out, and a label that is no choice, hold up no other file; both are made good when they can be', async () => {
  const { t, sources, run, patches, corrected } = await scene();
  const [locked, odd, other] = ['a.txt', 'b.txt', 'c.txt'].map((name) => t.library.putFile(name, Buffer.from(name)));
  t.library.set(locked!.id, { isCheckedOut: true });
  t.library.columns.set(COLUMNS.label, ['invoice']);
  await run(1);
  corrected(t.puts[(await t.contents()).indexOf('b.txt')]!, 'contract');
  await run(30);
  const status = async () => (await sources.status()).sources[0]?.drives[0]?.writeBack;
  expect(await status()).toMatchObject({ waiting: 2, code: expect.stringMatching(/^sync\.(locked|column-value)$/) });
  expect([other!.fields.SluiceLabel, locked!.fields, odd!.fields]).toMatchObject([
    'invoice',
    {},
    { SluiceLabel: 'invoice' },
  ]);
  expect(locked!.fields).toEqual({});
  const before = patches();
  await run(25);
  expect(patches()).toBe(before); // what is refused is not asked for again and again
  t.library.set(locked!.id, { isCheckedOut: false });
  t.library.columns.set(COLUMNS.label, ['invoice', 'contract']);
  await run(70);
  expect(await status()).toMatchObject({ written: 4, waiting: 0, code: null });
  expect(odd!.fields.SluiceLabel).toBe('contract');
  expect(t.puts).toHaveLength(3);
});

test('a library that takes no tag of a file for the one of its list item is written to under the latter', async () => {
  const { t, run, patches } = await scene({ takesFileTags: false });
  const files = ['a.txt', 'b.txt', 'c.txt'].map((name) => t.library.putFile(name, Buffer.from(name)));
  await run(60);
  expect(files.map(({ fields }) => fields.SluiceLabel)).toEqual(['invoice', 'invoice', 'invoice']);
  expect([t.puts.length, patches() <= 7]).toEqual([3, true]);
});

test('an app whose own name nobody tells is still bounded: a file is written to and decided a few times a day, not without end', async () => {
  const { t, run, patches } = await scene({ promotesFields: true });
  const connect = t.connect.bind(t);
  t.connect = (entry) => {
    const service = connect(entry);
    const feed = service.feed.bind(service);
    service.feed = (drive) => Object.assign(feed(drive), { self: async () => null });
    return service;
  };
  t.library.putFile('a.docx', Buffer.from('a'));
  await run(20 * 60);
  expect(patches()).toBe(5);
  expect(t.puts.length).toBeLessThanOrEqual(6);
});

test('other columns in the entry are written to at once', async () => {
  const { t, sources, run, patches } = await scene();
  const file = t.library.putFile('a.txt', Buffer.from('one'));
  await run(15);
  t.library.columns.set('Kind', undefined);
  await sources.put(t.entry({ writeBack: { label: 'Kind' } }));
  await run(15);
  expect(file.fields).toEqual({ SluiceLabel: 'invoice', SluiceConfidence: 0.5, Kind: 'invoice' });
  expect(patches()).toBe(2);
});

test('what is decided between two distant rounds is written back within minutes', async () => {
  const { t, run, corrected } = await scene({ entry: { everyMinutes: 600 } });
  const file = t.library.putFile('a.txt', Buffer.from('one'));
  await run(15);
  corrected(t.puts[0]!, 'contract');
  await run(6);
  expect(file.fields.SluiceLabel).toBe('contract');
});

test('a decision about the version before is not written into the new one', async () => {
  const { t, run, decisions } = await scene();
  const file = t.library.putFile('a.txt', Buffer.from('one'));
  decisions.at = t.clock.now() + 90_000;
  t.clock.sleep(60_000);
  decisions.isSilent = true;
  await run(5);
  t.library.putFile('a.txt', Buffer.from('two'));
  await run(10);
  decisions.isSilent = false;
  await run(10);
  expect([t.puts.length, file.fields]).toEqual([2, {}]);
  decisions.at = undefined;
  decisions.corrections++;
  await run(10);
  expect(file.fields.SluiceLabel).toBe('invoice');
});

test('units of writing are counted in the gate that all calls pass', async () => {
  const { t, run, patches } = await scene();
  for (let i = 0; i < 30; i++) t.library.putFile(`f${i}.txt`, Buffer.from(`text ${i}`));
  await run(1);
  const record = (await t.state.get('graph'))?.value as { units: number };
  expect(patches()).toBe(30);
  expect(record.units).toBe(t.graph.units); // one minute of the clock: all that was spent
  expect(record.units).toBeGreaterThanOrEqual(30 * 2 + 30);
});

test('killed at any step while columns are written, a file is written to once more at most, and never decided again', async () => {
  let steps = 0;
  for (let step = 0; ; step++) {
    const { t, sources, run } = await scene({ promotesFields: true });
    let writes = 0;
    const setFields = t.library.setFields.bind(t.library);
    t.library.setFields = (...args) => {
      writes++;
      return setFields(...args);
    };
    for (const name of ['a.docx', 'c.txt']) t.library.putFile(name, Buffer.from(name));
    const first = await killedAt(t, step, () => sources.sync('tax', {}, 60_000));
    await run(11);
    expect(new Set(t.puts).size, `killed at ${step}`).toBe(2);
    expect(t.puts.length, `killed at ${step}`).toBeLessThanOrEqual(2 + 2); // in hand when it was killed
    expect(writes, `killed at ${step}`).toBeLessThanOrEqual(2 * 2);
    for (const { fields, kind } of t.library.items.values())
      if (kind === 'file') expect(fields, `killed at ${step}`).toMatchObject({ SluiceLabel: 'invoice' });
    steps = step;
    if (first === 'done') break;
  }
  expect(steps).toBeGreaterThan(20);
});
