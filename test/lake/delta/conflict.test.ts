import { expect, test } from 'vitest';
import { type Action, type AddFile, encodeSchema, PROTOCOL } from '../../../shared/lake/delta/actions.ts';
import { type CommitKind, conflictWith } from '../../../shared/lake/delta/conflict.ts';
import { Replay } from '../../../shared/lake/delta/snapshot.ts';

const add = (path: string, day: string, dataChange = true): { add: AddFile } => ({
  add: { path, partitionValues: { day }, size: 1, modificationTime: 0, dataChange },
});
const remove = (path: string, dataChange = true): Action => ({ remove: { path, dataChange, deletionTimestamp: 1 } });
const columns = [
  { name: 'day', type: 'date' as const },
  { name: 'a', type: 'long' as const },
];
const metaData = (more: typeof columns = [], partitionColumns = ['day']) => ({
  metaData: {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: encodeSchema([...columns, ...more]),
    partitionColumns,
    configuration: {},
  },
});

const replay = new Replay();
replay.apply([{ protocol: PROTOCOL }, metaData(), add('one', '1'), add('two', '2')]);
const base = replay.snapshot(0, 't');

const dayOne: CommitKind = { kind: 'overwrite', covers: (file) => file.partitionValues.day === '1' };
const commits = {
  append: { kind: { kind: 'append' } as CommitKind, removes: [] as string[] },
  overwrite: { kind: dayOne, removes: ['one'] },
  compact: { kind: { kind: 'compact' } as CommitKind, removes: ['one'] },
  metadata: { kind: { kind: 'metadata' } as CommitKind, removes: [] as string[] },
};
const winners = {
  'append to day 1': [add('new', '1')],
  'append to day 2': [add('new', '2')],
  'overwrite of day 1': [remove('one'), add('new', '1')],
  'overwrite of day 2': [remove('two'), add('new', '2')],
  'compaction of day 1': [remove('one', false), add('new', '1', false)],
  'compaction of day 2': [remove('two', false), add('new', '2', false)],
  'added column': [metaData([{ name: 'b', type: 'long' }])],
  'changed partitioning': [metaData([], [])],
} satisfies Record<string, Action[]>;

// + : rebased. - : refused.
const matrix: Record<keyof typeof winners, string> = {
  //                      append overwrite(day 1) compact(one) metadata
  'append to day 1': '+-++',
  'append to day 2': '++++',
  'overwrite of day 1': '+--+',
  'overwrite of day 2': '++++',
  'compaction of day 1': '+--+',
  'compaction of day 2': '++++',
  'added column': '+---',
  'changed partitioning': '----',
};

for (const [winner, expected] of Object.entries(matrix)) {
  test(`conflict: after ${winner}`, () => {
    const found = Object.values(commits).map(({ kind, removes }) => {
      const actions = winners[winner as keyof typeof winners];
      return conflictWith(actions, kind, new Set(removes), base) === undefined ? '+' : '-';
    });
    expect(found.join('')).toBe(expected);
  });
}

test('conflict: a dropped, retyped or reordered column stops an append', () => {
  for (const changed of [
    [columns[0]!],
    [columns[1]!, columns[0]!],
    [columns[0]!, { name: 'a', type: 'double' as const }],
  ]) {
    const action = { metaData: { ...metaData().metaData, schemaString: encodeSchema(changed) } };
    expect(conflictWith([action], { kind: 'append' }, new Set(), base)).toBe('its schema was changed');
  }
});
