import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openArchive } from '../../../shared/documents/archives/containers.ts';
import { MEDIA } from '../../../shared/documents/media-type.ts';

test.each(['utf8', 'latin1'] as const)('the name in a gzip keeps its letters, in %s', async (charset) => {
  const packed = gzipSync('alpha');
  packed[3] = 8; // a name follows
  const bytes = Buffer.concat([packed.subarray(0, 10), Buffer.from('Größe.txt\0', charset), packed.subarray(10)]);
  const names: string[] = [];
  for await (const { name } of (await openArchive(bytes, MEDIA.gz, 'a.gz', 1000)).members()) names.push(name);
  expect(names).toEqual(['Größe.txt']);
});
