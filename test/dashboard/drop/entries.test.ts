import { describe, expect, test } from 'vitest';
import { type Entry, filesOfInput, MAX_FOLLOWED, planDrop, walkEntries } from '../../../dashboard/src/drop/entries.ts';

const file = (name: string, size = 1): File => new File([new Uint8Array(size)], name);

const fileEntry = (name: string, size = 1): Entry =>
  Object.assign(
    { name, isFile: true, isDirectory: false },
    { file: (done: (f: File) => void) => done(file(name, size)) },
  );

/** A folder whose reader gives two entries at a time, as browsers give a hundred. */
const folder = (name: string, children: Entry[]): Entry =>
  Object.assign(
    { name, isFile: false, isDirectory: true },
    {
      createReader: () => {
        const left = [...children];
        return { readEntries: (done: (entries: Entry[]) => void) => done(left.splice(0, 2)) };
      },
    },
  );

const found = (files: [path: string, size?: number][]) => ({
  files: files.map(([path, size = 1]) => ({ path, file: file(path.split('/').pop() ?? '', size) })),
  unreadable: [],
});

describe('dashboard: what was dropped', () => {
  test('a folder is walked to its last file, however many its reader gives at a time', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `${i}.txt`);
    const { files } = await walkEntries([
      folder('letters', [...names.map((name) => fileEntry(name)), folder('inner', [fileEntry('deep.pdf')])]),
      fileEntry('alone.pdf'),
    ]);
    expect(files.map(({ path }) => path)).toEqual([
      ...names.map((name) => `letters/${name}`),
      'letters/inner/deep.pdf',
      'alone.pdf',
    ]);
  });

  test('a file that went away is named and the others are still found', async () => {
    const gone: Entry = Object.assign(
      { name: 'gone.pdf', isFile: true, isDirectory: false },
      { file: (_: unknown, failed: (error: unknown) => void) => failed(new Error('NotFoundError')) },
    );
    const result = await walkEntries([folder('f', [gone, fileEntry('there.pdf')])]);
    expect(result.unreadable).toEqual(['f/gone.pdf']);
    expect(result.files.map(({ path }) => path)).toEqual(['f/there.pdf']);
    expect(planDrop(result, 10).refused).toEqual([{ path: 'f/gone.pdf', reason: 'unreadable', sizeBytes: null }]);
  });

  test('loose files are followed, folders are imported with paths below them', () => {
    const plan = planDrop(found([['a.pdf'], ['letters/b.pdf', 2], ['letters/in/c.pdf', 3], ['mail/d.eml']]), 100);
    expect(plan.loose.map(({ path }) => path)).toEqual(['a.pdf']);
    expect(plan.folders.map(({ name, files, sizeBytes }) => [name, files.map(({ path }) => path), sizeBytes])).toEqual([
      ['letters', ['b.pdf', 'in/c.pdf'], 5],
      ['mail', ['d.eml'], 1],
    ]);
  });

  test('what systems leave in folders is left out, what is too large is refused with its size', () => {
    const plan = planDrop(found([['f/.DS_Store'], ['f/Thumbs.db'], ['__MACOSX/f/._a.pdf'], ['f/big.pdf', 11]]), 10);
    expect(plan).toEqual({
      loose: [],
      folders: [],
      junk: 3,
      refused: [{ path: 'f/big.pdf', reason: 'too-large', sizeBytes: 11 }],
    });
  });

  test('a path the API would not take is refused before it is sent', () => {
    const plan = planDrop(found([[`f/${'x'.repeat(1100)}.pdf`]]), 10);
    expect(plan.refused).toMatchObject([{ reason: 'path-too-long' }]);
  });

  test('two files of one name from two places are both kept', () => {
    expect(planDrop(found([['a.pdf'], ['a.pdf'], ['a.pdf']]), 10).loose.map(({ path }) => path)).toEqual([
      'a.pdf',
      'a (2).pdf',
      'a (3).pdf',
    ]);
  });

  test('more loose files than one follows are imported together', () => {
    const many = Array.from({ length: MAX_FOLLOWED + 1 }, (_, i): [string] => [`${i}.pdf`]);
    const plan = planDrop(found(many), 10);
    expect(plan.loose).toEqual([]);
    expect(plan.folders).toMatchObject([{ name: 'files', files: { length: MAX_FOLLOWED + 1 } }]);
    expect(planDrop(found(many.slice(1)), 10).loose).toHaveLength(MAX_FOLLOWED);
  });

  test('files of a chosen folder carry their path, chosen files their name', () => {
    const inFolder = Object.assign(file('a.pdf'), { webkitRelativePath: 'letters/a.pdf' });
    expect(filesOfInput([inFolder, file('b.pdf')]).map(({ path }) => path)).toEqual(['letters/a.pdf', 'b.pdf']);
  });
});
