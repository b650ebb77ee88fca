// Vectors in the lake: what is found, what a look costs, and how one is forgotten.

import { beforeEach, describe, expect, test } from 'vitest';
import { encodeCached } from '../../../shared/models/encoder/encode-cached.ts';
import { KEY_BYTES, KeyIndex } from '../../../shared/models/encoder/key-index.ts';
import { forgetVectors, textKey, VectorCache, vectorFolders } from '../../../shared/models/encoder/vector-cache.ts';
import { IDEA_DIMENSIONS, IdeaEncoder } from '../../fakes/idea-encoder.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import fc from '../../fakes/property.ts';

let lake: MemoryLake;
let nowMs: number;
const encoder = new IdeaEncoder([['invoice'], ['contract'], ['passport']]);
const clock = { now: () => nowMs };
const cacheOf = () => new VectorCache(lake, encoder, clock);
const placeOf = (batch: number, owner = 'run-1') => ({ owner, part: `b${batch}` });
const allPaths = async () => {
  const paths: string[] = [];
  for await (const { path } of lake.list('encoder-vectors')) paths.push(path);
  return paths;
};

beforeEach(() => {
  lake = new MemoryLake();
  nowMs = 1_700_000_000_000;
  encoder.seen.length = 0;
});

describe('vector cache', () => {
  test('another process finds what was kept, and encodes the rest only', async () => {
    const first = await encodeCached(encoder, cacheOf(), ['invoice', 'contract'], placeOf(0));
    const second = await encodeCached(encoder, cacheOf(), ['contract', 'passport', 'invoice'], placeOf(1, 'run-2'));
    expect(second.encoded).toBe(1);
    expect(encoder.seen).toEqual(['invoice', 'contract', 'passport']);
    expect(second.vectors.slice(0, IDEA_DIMENSIONS)).toEqual(first.vectors.slice(IDEA_DIMENSIONS));
    expect(second.vectors.slice(2 * IDEA_DIMENSIONS)).toEqual(first.vectors.slice(0, IDEA_DIMENSIONS));
  });

  test('a part that somebody deletes while it is read gives its vectors to who has read them and a miss to others', async () => {
    const { vectors } = await encodeCached(encoder, cacheOf(), ['invoice', 'contract'], placeOf(0));
    const cache = cacheOf();
    const key = textKey('contract');
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const read = lake.readIfExists.bind(lake);
    let isFirst = true;
    lake.readIfExists = async (path) => {
      const found = await read(path);
      if (path.endsWith('.vectors') && isFirst) {
        isFirst = false;
        await held; // the bytes are on their way
      }
      return found;
    };
    const slow = cache.lookup([key], placeOf(0));
    while (isFirst) await new Promise(setImmediate);
    for (const path of await allPaths()) await lake.delete(path);
    expect((await cache.lookup([key], placeOf(0))).size).toBe(0); // and the part is known no more
    release();
    expect((await slow).get(key)).toEqual(vectors.slice(IDEA_DIMENSIONS));
  });

  test('a file that was cut short is not used', async () => {
    await encodeCached(encoder, cacheOf(), ['invoice', 'contract'], placeOf(0));
    const path = (await allPaths()).find((name) => name.endsWith('.vectors')) ?? '';
    await lake.write(path, new Uint8Array(4));
    expect((await encodeCached(encoder, cacheOf(), ['invoice'], placeOf(1))).encoded).toBe(1);
  });

  test('a hundred batches of new texts in a hundred minutes list the folder of all vectors ten times, and read nothing', async () => {
    const cache = cacheOf();
    const listed: string[] = [];
    lake.beforeCall = (method, path) => {
      if (method === 'list') listed.push(path);
    };
    for (let batch = 0; batch < 100; batch++) {
      await encodeCached(encoder, cache, [`text ${batch}`], placeOf(batch));
      nowMs += 60_000;
    }
    expect(listed.filter((path) => path === 'encoder-vectors/ideas-00000001')).toHaveLength(10);
    expect(listed.filter((path) => path.startsWith('encoder-vectors/ideas-00000001/run-1/'))).toHaveLength(90);
    expect(lake.calls).toMatchObject({ list: 100, read: 0, write: 200 });
  });

  test('rows of a training in many calls look at their folder once a minute', async () => {
    const cache = cacheOf();
    for (let part = 0; part < 40; part++)
      await encodeCached(encoder, cache, [`row ${part}`], { owner: 'training', part: 'rows' });
    expect(lake.calls.list).toBe(1);
  });

  test('a step that is done again elsewhere finds what its first try has kept', async () => {
    const cache = cacheOf();
    await encodeCached(encoder, cache, ['a'], placeOf(0));
    nowMs += 90_000;
    await encodeCached(encoder, cacheOf(), ['invoice'], placeOf(1));
    encoder.seen.length = 0;
    expect((await encodeCached(encoder, cache, ['invoice'], placeOf(1))).encoded).toBe(0);
  });
});

describe('forgetting', () => {
  test('takes every part that holds the text, and one that was cut short is finished', async () => {
    await encodeCached(encoder, cacheOf(), ['invoice', 'contract'], placeOf(0));
    await encodeCached(encoder, cacheOf(), ['passport'], placeOf(1));
    let deletes = 0;
    lake.beforeCall = (method) => {
      if (method === 'delete' && ++deletes === 2) throw new Error('the process dies');
    };
    await expect(forgetVectors(lake, 'invoice')).rejects.toThrow('dies');
    lake.beforeCall = undefined;
    await forgetVectors(lake, 'invoice');
    const left = await allPaths();
    expect(left).toHaveLength(2);
    expect(left.every((path) => path.includes('/b1/'))).toBe(true);
  });

  test('folders of vectors are told by owner, of all encoders', async () => {
    await encodeCached(encoder, cacheOf(), ['invoice'], placeOf(0));
    await encodeCached(encoder, cacheOf(), ['contract'], placeOf(0, 'training'));
    expect(Object.fromEntries(await vectorFolders(lake))).toEqual({
      'run-1': ['encoder-vectors/ideas-00000001/run-1'],
      training: ['encoder-vectors/ideas-00000001/training'],
    });
  });
});

describe('key index', () => {
  const keyOf = (n: number) => {
    const key = new Uint8Array(KEY_BYTES);
    new DataView(key.buffer).setUint32(12, n); // the first bytes are all the same: every key wants one slot
    return key;
  };
  const partOf = (path: string, numbers: readonly number[]) => ({
    path,
    keys: Uint8Array.from(numbers.flatMap((n) => [...keyOf(n)])),
  });

  test('property: finds what a Map of the parts would, whatever was added and dropped', () => {
    const step = fc.record({
      path: fc.constantFrom('a', 'b', 'c', 'd'),
      numbers: fc.option(fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 12 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const index = new KeyIndex();
        const model = new Map<string, readonly number[]>();
        for (const { path, numbers } of steps) {
          if (numbers === null) index.drop(path);
          else index.add(partOf(path, numbers));
          if (numbers === null) model.delete(path);
          else model.set(path, numbers);
        }
        for (let n = 0; n <= 30; n++) {
          const found = index.find(keyOf(n));
          expect(found !== undefined).toBe([...model.values()].some((numbers) => numbers.includes(n)));
          if (found !== undefined) expect(model.get(found.part.path)?.[found.at]).toBe(n);
        }
      }),
    );
  });

  test('grows with its keys: twenty thousand are found in at most 20 further bytes each', () => {
    const index = new KeyIndex();
    const keys = Array.from({ length: 20_000 }, (_, i) => textKey(`text ${i}`));
    for (let from = 0; from < keys.length; from += 128)
      index.add({
        path: `p${from}`,
        keys: Uint8Array.from(Buffer.from(keys.slice(from, from + 128).join(''), 'hex')),
      });
    expect(index.find(Buffer.from(keys[17_777] ?? '', 'hex'))?.at).toBe(17_777 % 128);
    expect(index.find(Buffer.from(textKey('absent'), 'hex'))).toBeUndefined();
    expect(index.tableBytes).toBeLessThanOrEqual(20 * keys.length);
  });
});
