// What a drive keeps of its items: what a round reads and writes of them, what it leaves behind, and the one file of earlier versions.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sourcePaths } from '../../shared/paths.ts';
import type { DriveItem } from '../../shared/sources/drive-items.ts';
import { readDriveState } from '../../shared/sources/drive-state.ts';
import { itemOf, recordOf } from '../../shared/sources/item-record.ts';
import { ItemStore } from '../../shared/sources/item-store.ts';
import { SourceNames } from '../../shared/sources/source-names.ts';
import fc from '../fakes/property.ts';
import { killedAt } from './killed.ts';
import { Tenant } from './tenant.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

async function stored(t: Tenant) {
  const [drive] = await t.drives();
  const { state } = (await readDriveState(t.lake, 'tax', drive!.key))!;
  const place = { source: 'tax', driveId: drive!.id, driveKey: drive!.key };
  return { state, store: await ItemStore.open(t.lake, place, state), drive: drive! };
}

/** Back to how earlier versions kept a drive. */
async function makeEarlier(t: Tenant): Promise<void> {
  const { state, store, drive } = await stored(t);
  const lines: string[] = [];
  const bare = { contentTag: '', eTag: '', webUrl: '', size: 0, state: 'none', code: null, sha256: null };
  for (const folder of store.tree.byId.values())
    lines.push(JSON.stringify({ ...folder, ...bare, landedPath: null, waitUntil: null }));
  for await (const item of store.all()) lines.push(JSON.stringify(item));
  await t.lake.deleteFolder(sourcePaths.items('tax', drive.key));
  const itemsPath = `${sourcePaths.items('tax', drive.key)}/00000001-abcdef01.jsonl.gz`;
  await t.lake.write(itemsPath, gzipSync(lines.join('\n')));
  const { index: _, ...rest } = state;
  await t.lake.write(sourcePaths.state('tax', drive.key), JSON.stringify({ ...rest, itemsPath }));
}

async function files(t: Tenant): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of t.lake.list('sources/tax/drives')) paths.push(path.replace(/^.*\/drives\/[^/]+\//, ''));
  return paths.sort();
}

test('the one file of an earlier version is shown, and taken over by the next round: nothing lands or is asked for again', async () => {
  const t = new Tenant();
  const made = Array.from({ length: 60 }, (_, i) => t.library.putFile(`d${i % 5}/f\u2028${i}.txt`, bytes(`text ${i}`)));
  t.library.putOther('Notes', 'notebook');
  const entry = t.entry({ deletion: 'remove' });
  const { state } = await t.sync({ entry });
  const before = await t.items();
  const names = await new SourceNames(t.lake).of(t.puts);
  await makeEarlier(t);
  expect(await t.items()).toEqual(before);
  expect(await new SourceNames(t.lake).of(t.puts)).toEqual(names);
  t.graph.log.length = 0;
  const after = await t.sync({ entry });
  expect(t.graph.log).toHaveLength(3); // the site, its libraries, one page
  expect(after).toMatchObject({ landed: 0, removed: 0, renamed: 0 });
  expect(after.state).toMatchObject({ counts: state.counts, reasons: state.reasons, itemsPath: null });
  expect(await t.items()).toEqual(before);
  expect((await files(t)).filter((path) => path.endsWith('.jsonl.gz'))).toEqual([]);
  // It goes on as if it had always been so.
  t.library.move(made[0]!.id, 'd0/other.txt');
  t.library.delete(made[1]!.id);
  t.library.putFile('d2/f\u20282.txt', bytes('edited'));
  expect(await t.sync({ entry })).toMatchObject({ landed: 1, removed: 1, renamed: 1 });
  expect(await t.landed()).toHaveLength(59);
});

test('a process that is ended while it takes over the file of an earlier version loses and doubles nothing', async () => {
  for (let step = 0, end = ''; end !== 'done'; step += 3) {
    const t = new Tenant();
    for (let i = 0; i < 6; i++) t.library.putFile(`d${i % 2}/f${i}.txt`, bytes(`text ${i}`));
    await t.sync();
    await makeEarlier(t);
    t.library.putFile('new.txt', bytes('new'));
    end = await killedAt(t, step, () => t.sync());
    const { state } = await t.sync();
    expect([state.counts.landed, new Set(t.puts).size, (await t.landed()).length], `at ${step}`).toEqual([7, 7, 7]);
  }
});

test('a round reads and writes the buckets of what has changed, and nothing of the others', async () => {
  const t = new Tenant();
  const folder = t.library.putFolder('d0');
  for (let i = 0; i < 600; i++) t.library.putFile(`d${i % 9}/f${i}.txt`, bytes(`text ${i}`));
  await t.sync();
  const calls = new Map<string, number>();
  const counted = async (work: () => Promise<unknown>) => {
    calls.clear();
    t.lake.beforeCall = (method, path) => {
      if (/\/items\/.*\/\d+\.gz$/.test(path)) calls.set(method, (calls.get(method) ?? 0) + 1);
    };
    await work();
    t.lake.beforeCall = undefined;
    return Object.fromEntries(calls);
  };
  expect(await counted(() => t.sync())).toEqual({});
  const { store } = await stored(t);
  const edited = Array.from({ length: 5 }, (_, i) => t.library.putFile(`d${i}/f${i}.txt`, bytes(`text ${i}, edited`)));
  const touched = new Set(edited.map(({ id }) => store.bucketOf(id))).size;
  expect(await counted(() => t.sync())).toEqual({ read: touched, write: touched, delete: touched });
  // A look at everything reads all and writes nothing; a renamed folder too.
  const all = await counted(() => t.sync({ isFull: true }));
  expect(all).toEqual({ read: 2 ** store.bits });
  t.library.move(folder.id, 'other');
  expect(await counted(() => t.sync())).toEqual({ read: 2 ** store.bits });
  expect(t.renamed).toHaveLength(Math.ceil(600 / 9));
  expect((await stored(t)).state.counts.landed).toBe(600);
});

test('what rounds that were ended have left behind is gone after the next look at everything', async () => {
  const t = new Tenant();
  for (let i = 0; i < 40; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
  for (let step = 10; step < 400; step += 37) await killedAt(t, step, () => t.sync());
  await t.sync();
  for (let step = 5; step < 60; step += 9) {
    t.library.putFile(`f${step % 40}.txt`, bytes(`text ${step}, edited`));
    await killedAt(t, step, () => t.sync({ isFull: step % 2 === 0 }));
  }
  await t.sync({ isFull: true });
  const { state, store } = await stored(t);
  const kept = await files(t);
  expect(kept.filter((path) => !path.startsWith('items/'))).toEqual(['state.json']);
  expect(kept.filter((path) => /folders|index/.test(path)).length).toBe(2);
  const buckets = kept.filter((path) => /\/\d+\.gz$/.test(path)).map((path) => path.split('/')[2]);
  expect(new Set(buckets).size).toBe(buckets.length);
  expect(state.counts).toMatchObject({ landed: 40 });
  expect(store.tally.items).toBe(40);
  expect(await t.landed()).toHaveLength(40);
});

test.each(['index', 'folders', '0'])('a damaged file of items (%s) is named', async (name) => {
  const t = new Tenant();
  t.library.putFile('a.txt', bytes('one'));
  await t.sync();
  const path = (await files(t)).find((one) => one.endsWith(`/${name}.gz`))!;
  const [drive] = await t.drives();
  await t.lake.write(`sources/tax/drives/${drive!.key}/${path}`, 'damaged');
  t.library.putFile('a.txt', bytes('one, edited'));
  await expect(t.sync()).rejects.toMatchObject({ code: 'lake.corrupt-record', message: expect.stringContaining(path) });
});

test.each([
  ['no gzip', bytes('damaged')],
  ['nothing', bytes('')],
  ['cut', gzipSync('{"id":"a"}').subarray(0, 15)],
  ['no items', gzipSync('damaged')],
])('a damaged file of items of an earlier version (%s) is named', async (_, content) => {
  const t = new Tenant();
  t.library.putFile('a.txt', bytes('one'));
  await t.sync();
  await makeEarlier(t);
  const path = (await files(t)).find((one) => one.endsWith('.jsonl.gz'))!;
  const [drive] = await t.drives();
  await t.lake.write(`sources/tax/drives/${drive!.key}/${path}`, content);
  await expect(t.sync()).rejects.toMatchObject({ code: 'lake.corrupt-record', message: expect.stringContaining(path) });
});

test('an Office file that is left out stays so, also when it has waited', async () => {
  const t = new Tenant();
  t.library.putFile('a.txt', bytes('one'));
  const entry = t.entry({ exclude: ['private'] });
  await t.sync({ entry });
  t.library.putFile('private/secret.docx', bytes('two'));
  await t.sync({ entry });
  await t.clock.sleep(120_000);
  expect(await t.sync({ entry })).toMatchObject({ landed: 0 });
  expect(await t.landed()).toEqual(['one']);
});

test('an item is read as it was written, and equal ones have equal records', () => {
  const place = { source: 'tax', driveId: 'd', driveKey: 'k' };
  const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
  const items = fc.record(
    {
      ...{ id: fc.string({ minLength: 1 }), kind: fc.constantFrom('file', 'notebook', 'unknown'), name: fc.string() },
      ...{ parentId: optional(fc.string()), contentTag: fc.string(), eTag: fc.string(), webUrl: fc.string() },
      ...{ size: fc.nat(), state: fc.constantFrom('landed', 'skipped', 'none'), code: optional(fc.string()) },
      ...{ sha256: optional(fc.string()), landedPath: optional(fc.string()), waitUntil: optional(fc.nat()) },
      ...{ isSuspect: fc.constant(true), landedAt: fc.nat(), goneIn: fc.nat() },
    },
    {
      requiredKeys: [
        ...(['id', 'kind', 'name', 'parentId', 'contentTag', 'eTag', 'webUrl', 'size', 'state', 'code'] as const),
        ...(['sha256', 'landedPath', 'waitUntil'] as const),
      ],
    },
  );
  fc.assert(
    fc.property(items, (made) => {
      const item = made as DriveItem;
      const again = itemOf(recordOf(item, place), place);
      expect(again).toEqual(item);
      expect(recordOf(again, place)).toBe(recordOf(item, place));
    }),
  );
});
