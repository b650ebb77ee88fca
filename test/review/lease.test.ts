import { beforeEach, expect, test } from 'vitest';
import { RetryableError } from '../../shared/errors.ts';
import type { LakeStore } from '../../shared/ports.ts';
import { releaseDocuments, skipDocument, tryLease } from '../../shared/review/lease.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { id } from '../fakes/tables.ts';

const SECOND = 1000;
const LEASE = 600 * SECOND;
const SKIP = 3600 * SECOND;

let world: FakeWorld;
let now: number;
beforeEach(async () => {
  world = await fakeWorld();
  now = 1_790_000_000_000;
});

const servicesOver = (lake: LakeStore) => ({
  lake,
  config: world.services.config,
  clock: { now: () => now, sleep: async () => {} },
});
const open = () => servicesOver(world.lake);
const file = `review/leases/${id(1)}.json`;

test("a damaged lease is nobody's: the next one replaces it", async () => {
  for (const damage of ['', 'null', '{"holder":"ann"', '{"holder":"ann"}']) {
    await world.lake.write(file, damage);
    await skipDocument(open(), id(1), 'eve');
    expect(await tryLease(open(), id(1), 'eve')).toBeUndefined();
    expect(await tryLease(open(), id(1), 'ann')).toBe(now + LEASE);
    expect(await tryLease(open(), id(1), 'bob')).toBeUndefined();
  }
});

test('skip: others may take the document at once; who put it aside is not shown it for an hour', async () => {
  expect(await tryLease(open(), id(1), 'ann')).toBe(now + LEASE);
  expect(await tryLease(open(), id(1), 'bob')).toBeUndefined();
  await skipDocument(open(), id(1), 'ann');
  expect(await tryLease(open(), id(1), 'ann')).toBeUndefined();
  expect(await tryLease(open(), id(1), 'bob')).toBe(now + LEASE);
  now += SKIP - 1;
  expect(await tryLease(open(), id(1), 'ann')).toBeUndefined();
  now += 1;
  expect(await tryLease(open(), id(1), 'ann')).toBe(now + LEASE);
  expect((await world.lake.read(file)).toString()).not.toContain('skips'); // what has run out is forgotten
});

test('skip: a document somebody else holds stays theirs; one that nobody was shown or that was decided leaves no file', async () => {
  await skipDocument(open(), id(1), 'ann');
  expect(world.lake.paths().filter((path) => path.startsWith('review/'))).toEqual([]);
  await tryLease(open(), id(1), 'bob');
  await skipDocument(open(), id(1), 'ann');
  expect(await tryLease(open(), id(1), 'cid')).toBeUndefined();
  expect(await tryLease(open(), id(1), 'bob')).toBe(now + LEASE);
  now += LEASE;
  expect(await tryLease(open(), id(1), 'ann')).toBeUndefined();
});

test('skip: decided by somebody in the moment between reading and writing, it leaves nothing behind', async () => {
  await tryLease(open(), id(1), 'ann');
  const lake = new Proxy(world.lake, {
    get(target, name: keyof MemoryLake) {
      if (name !== 'write') return (...args: never[]) => (target[name] as (...a: never[]) => unknown)(...args);
      return async (...args: Parameters<LakeStore['write']>) => {
        await target.delete(file);
        return target.write(...args);
      };
    },
  });
  await skipDocument(servicesOver(lake), id(1), 'ann');
  expect(world.lake.paths()).not.toContain(file);
});

test('skip: gives up with lake.conflict when the lease never stands still, and passes on that storage is away', async () => {
  await tryLease(open(), id(1), 'ann');
  let writes = 0;
  world.onEffect = (what) => {
    if (what === `lake.write ${file}` && ++writes) throw new RetryableError('lake.conflict', 'faster');
  };
  await expect(skipDocument(open(), id(1), 'ann')).rejects.toMatchObject({ code: 'lake.conflict' });
  expect(writes).toBe(20);
  world.onEffect = () => {
    throw new RetryableError('lake.unavailable', 'away');
  };
  await expect(skipDocument(open(), id(1), 'ann')).rejects.toMatchObject({ code: 'lake.unavailable' });
  await expect(tryLease(open(), id(1), 'ann')).rejects.toMatchObject({ code: 'lake.unavailable' });
});

test('leases and skips in any order and at the same time: never two holders, never a document that was put aside', async () => {
  const act = fc.record({ holder: fc.constantFrom('ann', 'bob', 'cid'), isSkip: fc.boolean() });
  const round = fc.record({ acts: fc.array(act, { minLength: 1, maxLength: 6 }), passes: fc.constantFrom(0, LEASE) });
  await fc.assert(
    fc.asyncProperty(fc.array(round, { maxLength: 12 }), async (rounds) => {
      const services = servicesOver(new MemoryLake());
      let owner: { holder: string; until: number } | undefined;
      const aside = new Map<string, number>();
      for (const { acts, passes } of rounds) {
        now += passes;
        const skipping = new Set<string>(acts.filter(({ isSkip }) => isSkip).map(({ holder }) => holder));
        const before = owner !== undefined && owner.until > now ? owner : undefined;
        const got = await Promise.all(
          acts.map(async ({ holder, isSkip }) => {
            if (!isSkip) return (await tryLease(services, id(1), holder)) === undefined ? [] : [holder];
            await skipDocument(services, id(1), holder);
            return [];
          }),
        );
        const holders = [...new Set(got.flat())];
        for (const holder of holders) expect(aside.get(holder) ?? 0).toBeLessThanOrEqual(now);
        const lasting = holders.filter((holder) => !skipping.has(holder));
        expect(lasting.length).toBeLessThanOrEqual(1);
        if (before !== undefined && !skipping.has(before.holder))
          expect(holders.filter((holder) => holder !== before.holder)).toEqual([]);
        const bytes = (await services.lake.readIfExists(file))?.bytes;
        const stored = bytes && JSON.parse(bytes.toString());
        owner = stored && { holder: stored.holder, until: stored.until };
        for (const skip of stored?.skips ?? []) aside.set(skip.holder, skip.until);
        if (before !== undefined && lasting[0] === before.holder) expect(owner?.holder).toBe(before.holder);
      }
    }),
    { numRuns: 300, seed: 11 },
  );
});

test('release: what a closing window holds is free at once; others, skips and documents nobody holds stay as they are', async () => {
  await tryLease(open(), id(1), 'ann');
  await tryLease(open(), id(2), 'bob');
  await tryLease(open(), id(3), 'ann');
  await skipDocument(open(), id(3), 'bob');
  await releaseDocuments(open(), [id(1), id(1), id(2), id(3), id(4)], 'ann');
  expect(await tryLease(open(), id(1), 'bob')).toBe(now + LEASE);
  expect(await tryLease(open(), id(2), 'ann')).toBeUndefined();
  expect(await tryLease(open(), id(3), 'bob')).toBeUndefined();
  expect(await tryLease(open(), id(3), 'cid')).toBe(now + LEASE);
  expect(world.lake.paths()).not.toContain(`review/leases/${id(4)}.json`);
});
