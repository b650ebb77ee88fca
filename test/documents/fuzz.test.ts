// A short seeded run of the fuzzer over documents made here; `npm run fuzz extract` is the long one.
import { afterAll, expect, test } from 'vitest';
import { brokenPromise, mutate } from '../../bench/fuzz-extract.ts';
import { Extractor } from '../../shared/documents/extract.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { fuzzSeeds } from './fuzz-seeds.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 2, limits: { timeoutMs: 20_000 } });
afterAll(() => extractor.close());

const ROUNDS = 400;

test('every seed is a sound document', async () => {
  const unread = new Set(['scan.docx', 'a.ppt']); // a scan, and pictures alone
  for (const [name, bytes] of Object.entries(fuzzSeeds())) {
    const documents = await extractor.extract({ name, bytes });
    if (!unread.has(name)) expect([name, documents.find((d) => d.code !== null)?.code]).toEqual([name, undefined]);
  }
});

test('every mutant of every kind ends as text or as a code', async () => {
  const files = fuzzSeeds();
  const names = Object.keys(files);
  const problems: string[] = [];
  await Promise.all(
    Array.from({ length: ROUNDS }, async (_, round) => {
      const random = seededRandom(round);
      const name = names[round % names.length]!; // a remainder is an index
      const other = names[Math.floor(random.next() * names.length)]!; // next() < 1
      const bytes = mutate(files[name]!, files[other]!, random); // both are keys
      const problem = brokenPromise(await extractor.extract({ name, bytes }), 0, extractor.limits);
      if (problem !== undefined) problems.push(`${name}, round ${round}: ${problem}`);
    }),
  );
  expect(problems).toEqual([]);
});
