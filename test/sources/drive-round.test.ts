// What happens to a round from outside while it goes batch by batch: its source is removed and added anew, another process does the same round, a
// folder that could not be asked for is gone a little later.
import { expect, test } from 'vitest';
import { sourcePaths } from '../../shared/paths.ts';
import { sourcesOf } from './sources-of.ts';
import { Tenant } from './tenant.ts';

/** Most files are over the limit: rows that cost nothing. */
const [FILES, SMALL] = [900, 60];
const LIMIT = { maxBytes: 20, deletion: 'remove' };
const text = (i: number) => (i < SMALL ? `text ${i}` : 'more than what is read of it');

function filled(): Tenant {
  const t = new Tenant();
  for (let i = 0; i < FILES; i++) t.library.putFile(`d${i % 6}/f${i}.txt`, Buffer.from(text(i)));
  return t;
}

/** Do something when the n-th file is about to be put. */
function atPut(t: Tenant, n: number, work: () => Promise<unknown>): void {
  const upload = t.landing.upload;
  let left = n;
  t.landing.upload = async (...of) => {
    if (--left === 0) await work();
    return upload(...of);
  };
}

test('a source that is removed and added anew in the middle of its first round forgets none of its files', async () => {
  const t = filled();
  const sources = sourcesOf(t);
  await sources.put(t.entry(LIMIT));
  atPut(t, SMALL - 5, async () => {
    await sources.remove('tax');
    await sources.put(t.entry(LIMIT));
  });
  await expect(sources.sync('tax', {}, 60_000)).rejects.toMatchObject({ code: 'lake.conflict' });
  expect(await sources.sync('tax', {}, 60_000)).toEqual({ isDone: true });
  const [status] = (await sources.status()).sources;
  expect(status).toMatchObject({ landed: SMALL, skipped: FILES - SMALL, error: null });
  expect(await t.landed()).toHaveLength(SMALL);
  expect(t.puts.length).toBeLessThan(SMALL + 5); // those in hand
});

test('a folder that could not be asked for in the first part of a round, and is gone in the next, takes all below it along', async () => {
  const t = filled();
  const entry = t.entry(LIMIT);
  await t.sync({ entry });
  const made = t.library.children(t.library.rootId);
  const folder = made.find(({ name }) => name === 'd0')!;
  for (const { id } of t.library.children(folder.id)) t.library.delete(id, { tombstone: false });
  t.library.delete(folder.id);
  for (let i = SMALL; i < FILES; i++)
    if (i % 6 !== 0) t.library.putFile(`d${i % 6}/f${i}.txt`, Buffer.from(`${text(i)}, edited`));
  t.graph.faults.push({ kind: 'error', on: new RegExp(`items/${folder.id}$`), times: 100 });
  let batches = 0;
  t.lake.beforeCall = (method, path) => {
    if (method === 'write' && path.includes('/batches/') && ++batches === 1) void t.clock.sleep(60_000_000);
  };
  const until = t.clock.now() + 30_000_000;
  expect(await t.sync({ entry, until })).toMatchObject({ status: 'more' });
  t.lake.beforeCall = undefined;
  t.graph.faults.length = 0;
  expect(await t.sync({ entry })).toMatchObject({ status: 'done' });
  const { state } = await t.sync({ entry });
  expect(state.counts).toEqual({ landed: SMALL - 10, removed: 150, skipped: FILES - SMALL - 140, failed: 0 });
});

test('two processes that do a round at once follow the same pages, and the one that comes too late leaves nothing behind', async () => {
  const t = filled();
  const entry = t.entry(LIMIT);
  // Each process would see another library.
  let edits = 0;
  t.lake.beforeCall = (method, path) => {
    if (method === 'write' && path.includes('/pages/') && edits++ < 8)
      t.library.putFile(`d1/f${1 + 6 * edits}.txt`, Buffer.from(`edited ${edits}`));
  };
  const ends = await Promise.allSettled([t.sync({ entry }), t.sync({ entry })]);
  t.lake.beforeCall = undefined;
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await t.clock.sleep(60_000);
  const { state } = await t.sync({ entry });
  expect(state.counts).toEqual({ landed: SMALL, skipped: FILES - SMALL, failed: 0, removed: 0 });
  const landed = await t.landed();
  expect(landed.filter((one) => one.startsWith('edited'))).toHaveLength(8);
  const left: string[] = [];
  for await (const { path } of t.lake.list(sourcePaths.folder('tax'))) left.push(path);
  expect(left.filter((path) => path.includes('/rounds/'))).toEqual([]);
});
