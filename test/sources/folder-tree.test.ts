import { expect, test } from 'vitest';
import { FolderTree } from '../../shared/sources/folder-tree.ts';
import { type DriveRow, readPage } from '../../shared/sources/graph/drive-rows.ts';

const row = (id: string, parentId: string | null, name = id): DriveRow => ({
  ...{ id, kind: 'folder', name, parentId, isRoot: parentId === null, size: 0, contentTag: '', eTag: '', webUrl: '' },
  ...{ isMalware: false, isPending: false },
});

test('a path is made of the names above, the root left out', () => {
  const items = new FolderTree();
  for (const one of [row('root', null), row('a', 'root'), row('b', 'a')]) items.put(one);
  expect(items.pathOf(row('c', 'b'))).toBe('a/b/c');
  expect(items.pathOf(row('c', 'nobody'))).toBe('c');
});

test('folders that lie in each other end', () => {
  const items = new FolderTree();
  for (const one of [row('a', 'b'), row('b', 'a')]) items.put(one);
  expect(items.parentsOf(row('c', 'a')).length).toBeLessThanOrEqual(400);
  expect(items.pathOf(row('c', 'a')).endsWith('/c')).toBe(true);
});

test('a row without an id is counted, and the others are read', () => {
  const page = readPage({ value: [{ name: 'no id' }, { id: '1', name: 'a.txt', file: {} }], '@odata.deltaLink': 'x' });
  expect(page).toMatchObject({ unreadable: 1, delta: 'x', rows: [{ id: '1', kind: 'file' }] });
});
