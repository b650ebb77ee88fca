import { beforeEach, expect, test } from 'vitest';
import { type QuoteRequest, quoteRequestSchema } from '../../shared/api/insights.ts';

import { parseRequest } from '../../shared/api/problem.ts';
import { quoteSource } from '../../shared/insight/quotable-files.ts';
import type { QuoteRequest as Sampled } from '../../shared/pipeline/services.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';

let world: FakeWorld;
let sampled: Sampled | undefined;
beforeEach(async () => {
  world = await fakeWorld();
  sampled = undefined;
  const { llm } = world.services;
  if (llm === undefined) throw new Error('the fake has an LLM');
  const { quote } = llm;
  llm.quote = async (request) => {
    sampled = request;
    return quote(request);
  };
});

const quote = (source: object, more: Partial<QuoteRequest> = {}) =>
  quoteSource(
    world.services,
    parseRequest(quoteRequestSchema, { source: { container: 'imports', ...source }, ...more }),
  );
const IN = { kind: 'prefix', prefix: 'in' };

test('quote: files of a prefix are sampled, read and scored, and nobody is asked', async () => {
  for (const text of ['sure 1', 'sure 2', 'ask 1', 'fail:extract.empty'])
    await world.imports.write(`in/${text}.txt`, text);
  await world.imports.write('in/three.zip', 'ask 2\nask 3\nsure 3');
  await world.imports.write('elsewhere/x.txt', 'ask');
  expect(await quote(IN)).toMatchObject({ files: 5, sampledFiles: 5, documents: 7, usd: 0.007, llm: 'fake' });
  expect(
    sampled?.sample
      .filter(({ isAsked }) => isAsked)
      .map(({ text }) => text)
      .sort(),
  ).toEqual(['ask 1', 'ask 2', 'ask 3']);
  expect(sampled?.sample).toHaveLength(7);
  expect(world.counts.asked).toBe(0);
});

test('quote: no more files are read than the sample has; documents are extrapolated; the same files give the same sample', async () => {
  for (let i = 0; i < 20; i++) await world.imports.write(`in/${i}.txt`, `ask ${i}`);
  expect(await quote(IN, { sampleSize: 4 })).toMatchObject({ files: 20, sampledFiles: 4, documents: 20 });
  expect(world.counts.reads).toBe(4);
  const first = sampled?.sample;
  await quote(IN, { sampleSize: 4 });
  expect(sampled?.sample).toEqual(first);
});

test('quote: a path that is gone or too large counts as a document that cannot be read', async () => {
  world = await fakeWorld({ EXTRACT_MAX_BYTES: '10' });
  await world.imports.write('a.txt', 'ask');
  await world.imports.write('large.txt', 'ask'.repeat(9));
  expect(await quote({ kind: 'paths', paths: ['a.txt', 'large.txt', 'gone.txt', 'a.txt'] })).toMatchObject({
    files: 3,
    documents: 3,
  });
  expect(world.counts.reads).toBe(1);
});

test('quote: rows of a data set are its documents; one that is not there is a wrong field', async () => {
  const lines = ['{"body":"ask 1"}', 'no JSON', '{"body":"sure"}', '{"body":"ask 2"}'];
  await world.imports.write('rows.jsonl', lines.join('\n'));
  const source = { kind: 'dataset', path: 'rows.jsonl', textColumn: 'body' };
  expect(await quote(source)).toMatchObject({ files: 4, documents: 4 });
  expect(sampled?.sample.filter(({ isAsked }) => isAsked)).toHaveLength(2);
  await expect(quote({ ...source, path: 'gone.jsonl' })).rejects.toMatchObject({ code: 'request.invalid' });
});

test('quote: without an LLM the documents are counted and nothing is paid; an empty folder costs nothing', async () => {
  const nothing = { asked: 0, calls: 0, usd: 0, usdLow: 0, usdHigh: 0, minutes: 0 };
  expect(await quote(IN)).toMatchObject({ files: 0, documents: 0, usd: 0, llm: 'fake' });
  world.services.llm = undefined;
  await world.imports.write('in/a.txt', 'ask');
  expect(await quote(IN)).toMatchObject({ ...nothing, files: 1, documents: 1, llm: null });
});

test('quote: more files than a run takes and labels that nobody stored are refused', async () => {
  world = await fakeWorld({ RUN_MAX_DOCUMENTS: '1' });
  for (const name of ['a', 'b']) await world.imports.write(`in/${name}`, 'ask');
  await expect(quote(IN)).rejects.toThrow(/RUN_MAX_DOCUMENTS/);
  await expect(quote(IN, { taxonomyVersion: 'none' })).rejects.toMatchObject({ code: 'request.invalid' });
});
