import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { keepIndexes } from '../../../local/emulators/azurite-removals.ts';
import fc from '../../fakes/property.ts';

const require = createRequire(import.meta.url);
const ofAzurite = createRequire(require.resolve('azurite/dist/src/azurite.js'));

interface Entry {
  name: string;
  size: number;
  $loki: number;
}
interface Collection {
  data: Entry[];
  binaryIndices: Record<string, { values: number[] }>;
  dirty: boolean;
  insert(entry: object): Entry;
  findAndRemove(query: object): void;
  find(query: object): Entry[];
  chain(): { find(query: object): { simplesort(name: string): { data(): Entry[] } } };
  ensureIndex(name: string, force?: boolean): void;
}
const Loki = ofAzurite('lokijs') as new (file: string) => { addCollection(name: string, options: object): Collection };

/** As Azurite opens its catalogues. */
const opened = () => new Loki('memory').addCollection('entries', { unique: ['name'], indices: ['size'] });
const filled = (sizes: readonly number[]) => {
  const collection = opened();
  sizes.forEach((size, i) => {
    collection.insert({ name: `n${i}`, size });
  });
  return collection;
};
const seen = (collection: Collection) => [
  collection.data.map(({ name, size, $loki }) => [name, size, $loki]),
  collection
    .chain()
    .find({ size: { $gte: 0 } })
    .simplesort('size')
    .data()
    .map(({ size }) => size),
  collection
    .find({ size: 3 })
    .map(({ name }) => name)
    .sort(),
];

test('a catalogue is the same whether few entries are removed with its indexes kept or as Azurite does it', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 24 });
  const queries = fc.array(
    fc.oneof(
      fc.nat(24).map((i) => ({ name: `n${i}` })),
      fc.integer({ min: 0, max: 6 }).map((size) => ({ size })),
      fc.integer({ min: -1, max: 6 }).map((size) => ({ size: { $lte: size } })),
    ),
    { maxLength: 6 },
  );
  const cases = fc.sample(fc.tuple(sizes, queries), { numRuns: 200, seed: 5 });
  const play = () => {
    let next = 0;
    return cases.map(([own, asked]) => {
      const collection = filled(own);
      return asked.map((query) => {
        collection.findAndRemove(query);
        collection.insert({ name: `again${collection.data.length}-${next++}`, size: 3 });
        return seen(collection).map((part, i) =>
          i === 1 ? part : part.map((each) => String(each).replace(/-0\..*/, '')),
        );
      });
    });
  };
  const before = play();
  keepIndexes(ofAzurite);
  expect(play()).toEqual(before);
});

test('looking for what is not there makes no index anew and saves nothing; one entry neither, many do', () => {
  keepIndexes(ofAzurite);
  const collection = filled(Array.from({ length: 40 }, (_, i) => i % 10));
  const made: string[] = [];
  const { ensureIndex } = collection;
  collection.ensureIndex = function counted(name, force) {
    made.push(name);
    ensureIndex.call(this, name, force);
  };
  collection.dirty = false;
  collection.findAndRemove({ size: 77 });
  expect([made, collection.dirty]).toEqual([[], false]);
  const entry = collection.find({ name: 'n3' })[0];
  collection.findAndRemove({ name: 'n3' });
  expect([made, collection.dirty, collection.data.length]).toEqual([[], true, 39]);
  expect(entry).toMatchObject({ name: 'n3', $loki: 4 }); // the entry itself is as it was
  collection.findAndRemove({ size: { $gte: 5 } });
  expect([made.length > 0, collection.data.length]).toEqual([true, 19]);
});
