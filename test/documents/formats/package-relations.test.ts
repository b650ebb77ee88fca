import { expect, test, vi } from 'vitest';
import { relationsOf } from '../../../shared/documents/formats/office-xml.ts';
import { embeddedFiles } from '../../../shared/documents/formats/package-files.ts';
import { defaultExtractLimits } from '../../../shared/documents/limits.ts';
import { PackageParts } from '../../../shared/documents/package-parts.ts';
import type { ReadContext } from '../../../shared/documents/reading.ts';

const relations = (kind: string, target: string) =>
  Buffer.from(
    `<Relationships><Relationship Id="rId1" Type="http://schemas.example/${kind}" Target="${target}"/></Relationships>`,
  );

const presentation = (...more: [string, Buffer][]) =>
  PackageParts.of(
    new Map([
      ['ppt/slides/slide1.xml', Buffer.from('<sld/>')],
      ['ppt/slides/_rels/slide1.xml.rels', relations('package', '../embeddings/inner.txt')],
      ...more,
    ]),
    defaultExtractLimits,
  );
const context = { limits: defaultExtractLimits } as ReadContext; // the rest is not asked for

test('package: the relations of a part are read once, however often they are asked for', async () => {
  const parts = presentation(['ppt/embeddings/inner.txt', Buffer.from('inside')]);
  const read = vi.spyOn(parts, 'utf8');
  const [first] = await relationsOf(parts, 'ppt/slides/slide1.xml');
  expect(first).toEqual({ id: 'rId1', kind: 'package', target: 'ppt/embeddings/inner.txt' });
  expect((await embeddedFiles(parts, context)).map(({ name }) => name)).toEqual(['inner.txt']);
  expect(read).toHaveBeenCalledTimes(1);
});

test('package: what Google Slides adds to every presentation is no reason to look for files', async () => {
  const parts = presentation(['ppt/metadata', Buffer.from('of its own')]);
  const read = vi.spyOn(parts, 'utf8');
  expect(await embeddedFiles(parts, context)).toEqual([]);
  expect(read).not.toHaveBeenCalled();
});
