import { expect, test } from 'vitest';
import { codeOf, RetryableError } from '../../../shared/errors.ts';
import { type Action, encodeActions, encodeSchema, PROTOCOL } from '../../../shared/lake/delta/actions.ts';
import { type CommitPlan, commit } from '../../../shared/lake/delta/commit.ts';
import { DeltaLog } from '../../../shared/lake/delta/log.ts';
import { seededRandom, silentLogger } from '../../../shared/ports.ts';
import { stillClock } from '../emulated-lake.ts';
import { MemoryLakeStore } from '../memory-store.ts';

const create: Action[] = [
  { protocol: PROTOCOL },
  {
    metaData: {
      id: 'x',
      format: { provider: 'parquet', options: {} },
      schemaString: encodeSchema([{ name: 'a', type: 'long' }]),
      partitionColumns: [],
      configuration: {},
    },
  },
];
const append = (path: string, appId?: string, version = 0): CommitPlan => ({
  kind: { kind: 'append' },
  operation: 'WRITE',
  actions: [
    { add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true } },
    ...(appId === undefined ? [] : [{ txn: { appId, version } }]),
  ],
});

async function newTable() {
  const store = new MemoryLakeStore();
  const log = new DeltaLog(store, 't');
  const deps = { clock: stillClock(), random: seededRandom(1), logger: silentLogger };
  const { snapshot } = await commit(
    log,
    undefined,
    { kind: { kind: 'metadata' }, operation: 'CREATE', actions: create },
    deps,
  );
  return { store, log, deps, base: snapshot };
}

test('commit: publishes the next version and returns its snapshot', async () => {
  const { log, deps, base } = await newTable();
  const done = await commit(log, base, append('f1'), deps);
  expect([done.version, done.alreadyApplied, [...done.snapshot.files.keys()]]).toEqual([1, false, ['f1']]);
  expect((await log.snapshot())?.files).toEqual(done.snapshot.files);
});

test('commit: loses the race, rebases, and publishes version n+1 once', async () => {
  const { store, log, deps, base } = await newTable();
  await commit(log, base, append('winner'), deps);
  await commit(log, (await log.snapshot())!, append('winner 2'), deps);
  const done = await commit(log, base, append('late'), deps);
  expect(done.version).toBe(3);
  expect([...done.snapshot.files.keys()]).toEqual(['winner', 'winner 2', 'late']);
  expect([...store.files.keys()].filter((path) => path.endsWith('.json')).length).toBe(4);
});

test('commit: a conflicting winner makes it fail, and nothing is written', async () => {
  const { store, log, deps, base } = await newTable();
  await commit(log, base, append('other'), deps);
  const overwrite: CommitPlan = {
    kind: { kind: 'overwrite', covers: () => true },
    operation: 'WRITE',
    actions: append('mine').actions,
  };
  const error = await commit(log, base, overwrite, deps).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(codeOf(error)).toBe('lake.commit-conflict');
  expect(error).toBeInstanceOf(RetryableError);
  expect(store.files.size).toBe(2);
});

test('commit: a txn is applied once, also when its first attempt is found only after losing the race', async () => {
  const { store, log, deps, base } = await newTable();
  const first = await commit(log, base, append('f1', 'run-1', 3), deps);
  const again = await commit(log, base, append('f2', 'run-1', 3), deps);
  const older = await commit(log, first.snapshot, append('f3', 'run-1', 2), deps);
  expect([again.alreadyApplied, older.alreadyApplied, store.files.size]).toEqual([true, true, 2]);
  const next = await commit(log, base, append('f4', 'run-1', 4), deps);
  expect([next.alreadyApplied, [...next.snapshot.files.keys()]]).toEqual([false, ['f1', 'f4']]);
});

test('commit: a write whose reply is lost is recognised as its own', async () => {
  const { store, log, deps, base } = await newTable();
  store.beforeWrite = () => 'lose-reply';
  const done = await commit(log, base, append('f1'), deps);
  expect([done.version, done.alreadyApplied, store.files.size]).toEqual([1, false, 2]);
});

test('commit: a write that did not arrive fails as unavailable, and a retry with the txn adds once', async () => {
  const { store, log, deps, base } = await newTable();
  store.beforeWrite = () => {
    throw new RetryableError('lake.unavailable', 'no route');
  };
  expect(await commit(log, base, append('f1', 'run'), deps).catch(codeOf)).toBe('lake.unavailable');
  store.beforeWrite = () => undefined;
  expect((await commit(log, base, append('f1', 'run'), deps)).alreadyApplied).toBe(false);
  expect((await commit(log, base, append('f1', 'run'), deps)).alreadyApplied).toBe(true);
});

test('commit: of two creators one wins, the other is told', async () => {
  const { log, deps } = await newTable();
  const plan: CommitPlan = { kind: { kind: 'metadata' }, operation: 'CREATE', actions: create };
  expect(await commit(log, undefined, plan, deps).catch(codeOf)).toBe('lake.commit-conflict');
});

test('commit: 40 concurrent appends all appear, each in a version of its own', async () => {
  const { log, deps, base } = await newTable();
  const done = await Promise.all(
    Array.from({ length: 40 }, (_, index) => commit(log, base, append(`f${index}`), deps)),
  );
  expect(new Set(done.map(({ version }) => version)).size).toBe(40);
  const snapshot = await log.snapshot();
  expect([snapshot?.version, snapshot?.files.size]).toEqual([40, 40]);
});

test('commit: tables that need a newer writer, are append-only or have invariants are refused', async () => {
  const withAction = async (action: Action) => {
    const { store, log, deps } = await newTable();
    await store.write(log.commitPath(1), encodeActions([action]));
    const plan = { ...append('f'), kind: { kind: 'overwrite' as const, covers: () => true } };
    const removing = [...plan.actions, { remove: { path: 'g', dataChange: true } }];
    return await commit(log, (await log.snapshot())!, { ...plan, actions: removing }, deps).catch(codeOf);
  };
  const metadata = (create[1] as { metaData: object }).metaData;
  expect(await withAction({ protocol: { minReaderVersion: 1, minWriterVersion: 4 } })).toBe('lake.unsupported-table');
  expect(
    await withAction({ metaData: { ...metadata, configuration: { 'delta.appendOnly': 'true' } } } as unknown as Action),
  ).toBe('lake.unsupported-table');
  const field = { name: 'a', type: 'long', nullable: true, metadata: { 'delta.invariants': 'a > 0' } };
  const schemaString = JSON.stringify({ type: 'struct', fields: [field] });
  expect(await withAction({ metaData: { ...metadata, schemaString } } as unknown as Action)).toBe(
    'lake.unsupported-table',
  );
  const { store, log } = await newTable();
  await store.write(log.commitPath(1), encodeActions([{ protocol: { minReaderVersion: 3, minWriterVersion: 7 } }]));
  expect(await log.snapshot().catch(codeOf)).toBe('lake.unsupported-table');
});
