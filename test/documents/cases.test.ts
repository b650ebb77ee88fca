// Small documents with one fault each that readers in the field get silently wrong, and controls beside them; they are not part of the project.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { casesHeld, readBy } from '../../bench/extract-quality.ts';
import { Extractor } from '../../shared/documents/extract.ts';
import { silentLogger } from '../../shared/ports.ts';

const CASES = fileURLToPath(new URL('../../../shared/data/cases/', import.meta.url));
const folder = (name: string) => `${CASES}${name}`;
const isThere = ['docs', 'controls'].every((name) => existsSync(`${folder(name)}/expected.tsv`));

describe.skipIf(!isThere)('cases of silent misreading (skipped: ../shared/data/cases is absent)', () => {
  const plain = new Extractor({ logger: silentLogger, slots: 2 });
  const withOcr = new Extractor({ logger: silentLogger, slots: 1, ocr: 'local' });
  afterAll(() => Promise.all([plain.close(), withOcr.close()]));

  test.each([
    ['docs', 36],
    ['controls', 25],
  ])('%s: all %i hold; what does not without OCR is read by it', async (name, count) => {
    const { of, missed } = await casesHeld(readBy(plain), folder(name));
    expect(of).toBe(count);
    const left =
      missed.length === 0
        ? []
        : (await casesHeld(readBy(withOcr), folder(name), (file) => missed.includes(file))).missed;
    expect(left).toEqual([]);
  });
});
