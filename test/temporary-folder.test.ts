import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearLeftFolders, newTemporaryPath, withTemporaryFolder } from '../shared/temporary-folder.ts';

test('temporary folders: what an ended process left behind goes, what a living one has stays', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const [left, own] = [join(tmpdir(), `sluice-of-${pid}-00000000`), newTemporaryPath()];
  const other = join(tmpdir(), `sluice-of-${pid}-notes`);
  const folders = [left, own, other];
  try {
    for (const folder of folders) mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(left, 'words'), 'zoll');
    await clearLeftFolders();
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, true]);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
});

test('temporary folders: one lasts as long as its use, also when that fails, and nobody else reads it', async () => {
  let seen = '';
  const use = withTemporaryFolder(async (folder) => {
    seen = folder;
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, 'rows'), 'zoll');
    throw new Error('broken off');
  });
  await expect(use).rejects.toThrow('broken off');
  expect([existsSync(seen), seen.includes(`-${process.pid}-`)]).toEqual([false, true]);
});
