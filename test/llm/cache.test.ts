// Stored answers: what any process has stored is found by every look-up that begins later, whatever else is looking at that moment.
import { describe, expect, test } from 'vitest';
import { AnswerCache, type CachedDecision, documentKey } from '../../shared/llm/cache.ts';
import { silentLogger } from '../../shared/ports.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { documents, Stage } from './stage.ts';

const keys = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => documentKey(`text ${from + i}`, 'p1'));
const answered: CachedDecision = {
  decision: { kind: 'label', label: 'Invoices', confidence: 0.9, quote: null, quoteVerified: null } as never, // the cache never looks inside
  deployment: 'sim',
};
const decisions = (of: readonly string[]) => new Map(of.map((key) => [key, answered]));

describe('stored answers', () => {
  test('two look-ups at once in a fresh process both find them, with one listing', async () => {
    const lake = new MemoryLake('lake');
    const clock = new VirtualClock();
    const all = keys(0, 80);
    const writer = new AnswerCache(lake, 'p1', clock);
    for (let i = 0; i < 80; i += 20) await writer.keep(`r1/b${i}`, decisions(all.slice(i, i + 20)));
    const fresh = new AnswerCache(lake, 'p1', clock);
    const [first, second] = await Promise.all([fresh.lookup(all.slice(0, 40)), fresh.lookup(all.slice(40))]);
    expect([first.size, second.size]).toEqual([40, 40]);
    expect(lake.calls.list).toBeLessThanOrEqual(2);
    lake.calls.list = 0;
    await fresh.lookup(all);
    expect(lake.calls.list).toBe(0); // all are known
  });

  test('what a second process has just stored is found at once', async () => {
    const lake = new MemoryLake('lake');
    const clock = new VirtualClock();
    const [one, two] = [new AnswerCache(lake, 'p1', clock), new AnswerCache(lake, 'p1', clock)];
    expect((await two.lookup(keys(0, 5))).size).toBe(0);
    await one.keep('r1/b1', decisions(keys(0, 5)));
    expect((await two.lookup(keys(0, 5))).size).toBe(5);
  });

  test('a damaged part is told and costs its own documents only', async () => {
    const lake = new MemoryLake('lake');
    const clock = new VirtualClock();
    const writer = new AnswerCache(lake, 'p1', clock);
    await writer.keep('r1/b1', decisions(keys(0, 5)));
    await writer.keep('r1/b2', decisions(keys(5, 5)));
    const spoil = async (folder: string, damage: (bytes: Buffer) => Buffer) => {
      const paths: string[] = [];
      for await (const { path } of lake.list('llm-cache')) if (path.includes(folder)) paths.push(path);
      const [path = ''] = paths.sort();
      await lake.write(path, damage(await lake.read(path)));
    };
    const told: unknown[] = [];
    const logger = { ...silentLogger, error: (event: string, fields: unknown) => void told.push(event, fields) };
    await spoil('/answers/', (bytes) => bytes.subarray(0, 20));
    expect((await new AnswerCache(lake, 'p1', clock, logger).lookup(keys(0, 10))).size).toBe(5);
    expect(told[0]).toBe('record.corrupt');
    await spoil('/keys/', (bytes) => bytes.subarray(0, 17));
    expect((await new AnswerCache(lake, 'p1', clock, logger).lookup(keys(0, 10))).size).toBeGreaterThanOrEqual(2);
  });

  test('many look-ups share looks: a look that is under way is not the look of those who come later', async () => {
    const lake = new MemoryLake('lake');
    const cache = new AnswerCache(lake, 'p1', new VirtualClock());
    const early = cache.lookup(keys(0, 1));
    await Promise.resolve();
    const other = new AnswerCache(lake, 'p1', new VirtualClock());
    await other.keep('r1/b1', decisions(keys(1, 1)));
    const late = await Promise.all(Array.from({ length: 50 }, () => cache.lookup(keys(1, 1))));
    await early;
    expect(late.every((hits) => hits.size === 1)).toBe(true);
    expect(lake.calls.list).toBeLessThanOrEqual(3);
  });

  test('a look that fails is no look: the next one finds them', async () => {
    const lake = new MemoryLake('lake');
    const clock = new VirtualClock();
    await new AnswerCache(lake, 'p1', clock).keep('r1/b1', decisions(keys(0, 3)));
    const fresh = new AnswerCache(lake, 'p1', clock);
    lake.beforeCall = (method) => {
      if (method === 'list') throw new Error('storage is away');
    };
    await expect(fresh.lookup(keys(0, 3))).rejects.toThrow('away');
    lake.beforeCall = undefined;
    expect((await fresh.lookup(keys(0, 3))).size).toBe(3);
  });

  test('deleting the folder forgets them, in a running process too', async () => {
    const lake = new MemoryLake('lake');
    const clock = new VirtualClock();
    await new AnswerCache(lake, 'p1', clock).keep('r1/b1', decisions(keys(0, 3)));
    const fresh = new AnswerCache(lake, 'p1', clock);
    await lake.deleteFolder('llm-cache');
    expect((await fresh.lookup(keys(0, 3))).size).toBe(0);
    const warm = new AnswerCache(lake, 'p1', clock);
    await warm.keep('r1/b1', decisions(keys(0, 3)));
    await lake.deleteFolder('llm-cache');
    expect((await warm.lookup(keys(0, 3))).size).toBe(0);
  });

  test('600 answered documents run again on a fresh host without one call', async () => {
    const stage = await Stage.open();
    const docs = documents(600, { words: 20 });
    const batches = Array.from({ length: 15 }, (_, i) => docs.slice(i * 40, i * 40 + 40));
    const runAll = (deps: ReturnType<Stage['instance']>, runId: string) =>
      stage.clock.run(
        Promise.all(batches.map((batch, i) => stage.finish(deps, runId, `b${String(i).padStart(5, '0')}`, batch))),
      );
    await runAll(stage.instance(), 'r1');
    const paid = stage.core.billing.length;
    expect(paid).toBeGreaterThanOrEqual(75);
    const again = await runAll(stage.instance('fresh'), 'r2');
    expect(stage.core.billing.length - paid).toBe(0);
    expect(again.flatMap(({ answers }) => answers).every(({ cached, costUsd }) => cached && costUsd === 0)).toBe(true);
  });
});
