import { expect, test } from 'vitest';
import { uploadTargetSchema } from '../../shared/api/insights.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { documentId } from '../../shared/ids.ts';
import { storeUpload, type Upload } from '../../shared/intake/store-upload.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const upload = (given: Partial<Upload> = {}): Upload => ({
  container: 'imports',
  path: 'in/a b.txt',
  ifAbsent: false,
  announcedBytes: null,
  content: chunks('one ', 'two'),
  ...given,
});

test('upload: the file is stored whole, under the id that its document will have', async () => {
  const { services, imports } = await fakeWorld();
  const { answer, isNew } = await storeUpload(services, upload());
  expect(isNew).toBe(true);
  expect(answer).toEqual({
    container: 'imports',
    path: 'in/a b.txt',
    sizeBytes: 7,
    etag: (await imports.stat('in/a b.txt'))?.etag,
    documentId: documentId('imports', 'in/a b.txt'),
  });
  expect((await imports.read('in/a b.txt')).toString()).toBe('one two');
  expect(imports.calls.write).toBe(1);
});

test('upload: a second file under the name replaces the first, unless the first is to be kept', async () => {
  const { services, imports } = await fakeWorld();
  await storeUpload(services, upload());
  expect(await storeUpload(services, upload({ content: chunks('new') }))).toMatchObject({ isNew: false });
  await expect(storeUpload(services, upload({ ifAbsent: true, content: chunks('x') }))).rejects.toMatchObject({
    code: 'lake.conflict',
  });
  expect((await imports.read('in/a b.txt')).toString()).toBe('new');
  expect(await storeUpload(services, upload({ path: 'empty', content: chunks() }))).toMatchObject({
    answer: { sizeBytes: 0 },
  });
});

test('upload: more than the limit is refused, announced or not, and no more of it is read', async () => {
  const { services, imports } = await fakeWorld({ UPLOAD_MAX_BYTES: '1024' });
  let read = 0;
  async function* endless() {
    for (;;) {
      read++;
      yield Buffer.alloc(500);
    }
  }
  await expect(storeUpload(services, upload({ content: endless() }))).rejects.toMatchObject({
    code: 'request.too-large',
  });
  expect(read).toBe(3);
  await expect(storeUpload(services, upload({ announcedBytes: 1025, content: endless() }))).rejects.toThrow(/1024/);
  expect(read).toBe(3);
  expect(imports.paths()).toEqual([]);
  await storeUpload(services, upload({ content: chunks('x'.repeat(1024)) }));
  expect(imports.paths()).toEqual(['in/a b.txt']);
});

test('upload: names that lead elsewhere or that nobody could say again are refused', () => {
  const parse = (path: string, container = 'landing') => parseRequest(uploadTargetSchema, { container, path });
  const hostile = [
    '',
    '/a',
    'a//b',
    'a/',
    '.',
    'a/./b',
    '..',
    'a/../b',
    '..\\x',
    'a\\b',
    'a\0b',
    'a\nb',
    '\u0085',
    '\ud800',
    'x'.repeat(1025),
  ];
  for (const path of hostile) expect(() => parse(path), JSON.stringify(path)).toThrow(/^path: /);
  expect(() => parse('a', 'lake')).toThrow(/^container: /);
  for (const path of ['a', '.hidden', '..a', 'a..b/c…d', '100%25.txt', 'Größe/表.pdf', '👍', 'x'.repeat(1024)])
    expect(parse(path).path).toBe(path);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (path) => {
      if (!uploadTargetSchema.safeParse({ container: 'landing', path }).success) return;
      // What is taken means the same place in a URL.
      const at = `/landing/${path.split('/').map(encodeURIComponent).join('/')}`;
      expect(new URL(at, 'http://x').pathname).toBe(at);
    }),
  );
});
