import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearLeftFolders, newLocalFolder } from '../../shared/search/local-folder.ts';

test('local folder: what an ended process left behind goes, what a living one has stays', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const [left, own] = [join(tmpdir(), `sluice-search-${pid}-00000000`), newLocalFolder()];
  const other = join(tmpdir(), `sluice-search-${pid}-notes`);
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
