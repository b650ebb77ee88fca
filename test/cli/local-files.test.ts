// Files named on the command line: what is wrong with them is told in words.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { UsageError } from '../../cli/console.ts';
import { DataFolder } from '../../cli/data-folder.ts';
import { parseJsonFile } from '../../cli/json-file.ts';
import { readExamples } from '../../cli/labelled-files.ts';
import { fileProblem, whyNoFile, whyNotWritable } from '../../cli/local-files.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-files-'));
afterAll(() => rmSync(root, { recursive: true }));
const file = join(root, 'a.txt');
writeFileSync(file, 'a');

const said = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'nothing';
};

test('a file that is to be read is there and is no folder', () => {
  expect(whyNoFile(file)).toBeUndefined();
  expect(whyNoFile(root)).toBe('is a folder; a file is needed');
  expect(whyNoFile(join(root, 'b.txt'))).toBe('does not exist');
  expect(whyNoFile(join(file, 'b.txt'))).toMatch(/^does not exist: a part of its path is a file/);
  expect(whyNoFile(`${file}\0`)).toBe('is not a name that can be opened');
});

test('a file that is to be written may be there, or its folder is', () => {
  expect([whyNotWritable(file), whyNotWritable(join(root, 'new.csv')), whyNotWritable('new.csv')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(whyNotWritable(root)).toBe('is a folder; a file is needed');
  expect(whyNotWritable(join(root, 'none', 'x.csv'))).toBe('is in a folder that does not exist');
});

test('JSON files and labelled files say in words, with the name as given, what they are not', async () => {
  writeFileSync(join(root, 'bom.json'), '\uFEFF{"a":1}');
  expect(parseJsonFile(join(root, 'bom.json'))).toEqual({ a: 1 });
  expect(said(() => parseJsonFile(root))).toBe(`${root} is a folder; a file is needed`);
  expect(said(() => parseJsonFile('nope.json'))).toBe('nope.json does not exist');
  expect(said(() => parseJsonFile(file))).toContain(`${file} is not JSON`);
  await expect(readExamples('nope.csv', 'text', 'label')).rejects.toThrow('nope.csv does not exist');
  await expect(readExamples(join(file, 'x'), 'text', 'label')).rejects.toThrow('a part of its path is a file');
});

test('errors of the file system have a sentence, others keep theirs', () => {
  for (const code of ['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES', 'EEXIST', 'ENOSPC', 'EROFS'])
    expect(fileProblem(Object.assign(new Error(`${code}: raw`), { code, path: '/x' })), code).toMatch(
      /^\/x [a-z ,;:']+/,
    );
  expect(fileProblem(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toBeUndefined();
  expect(fileProblem(new Error('other'))).toBeUndefined();
});

test('a data folder for reading is not made, and must have held a lake', () => {
  const missing = join(root, 'no-lake');
  expect(said(() => DataFolder.existing(missing))).toContain(`${missing} does not exist`);
  expect(said(() => DataFolder.existing(root))).toContain('holds no lake');
  expect(readdirSync(root)).not.toContain('no-lake');
  new DataFolder(join(root, 'lake'));
  expect(DataFolder.existing(join(root, 'lake')).state()).toBeUndefined();
});

test('a folder per label gives each document its folder’s name, however deep it lies, and says what it left out', async () => {
  const folder = join(root, 'labelled');
  for (const [path, text] of [
    ['Rechnungen/a.txt', 'Rechnung über 40 Euro'],
    ['Rechnungen/2025/b.md', '# Rechnung\n\nüber 50 Euro'],
    ['Verträge/c.txt', 'Vertrag über Miete'],
    ['Verträge/empty.txt', ''],
  ] as const) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const examples = await readExamples(folder, 'text', 'label');
  expect(examples.map(({ label, text }) => [label, /Rechnung|Vertrag/.exec(text)?.[0]])).toEqual([
    ['Rechnungen', 'Rechnung'],
    ['Rechnungen', 'Rechnung'],
    ['Verträge', 'Vertrag'],
  ]);
  await expect(readExamples(join(folder, 'Verträge'), 'text', 'label')).rejects.toThrow('must hold one per label');
});
