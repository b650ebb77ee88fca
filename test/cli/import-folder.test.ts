import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFolder } from '../../cli/import-folder.ts';

test('a name with a control character is skipped and told without it; the others are taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-names-'));
  try {
    for (const name of ['a\u0007b.txt', 'c d#ü%.txt']) await writeFile(join(folder, name), 'x');
    const { files, skipped } = await listFolder(folder);
    expect(files.map((file) => file.path)).toEqual(['c d#ü%.txt']);
    expect(skipped).toEqual([{ path: 'a?b.txt', reason: expect.stringContaining('control character') }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
