// The container of number arrays: round trip and refusal of damage.

import { expect, test } from 'vitest';
import { decodeTensors, encodeTensors, takeTensor } from '../../shared/models/tensors.ts';
import fc from '../fakes/property.ts';

const tensors = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
  fc.oneof(fc.float64Array(), fc.float32Array(), fc.int32Array(), fc.uint32Array(), fc.uint8Array()),
  { maxKeys: 5, noNullPrototype: true },
);

test('tensors: decode undoes encode, also from an unaligned view', () => {
  fc.assert(
    fc.property(tensors, fc.integer({ min: 0, max: 7 }), (given, shift) => {
      const bytes = encodeTensors(given);
      const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      expect(decodeTensors(shifted)).toEqual(given);
    }),
  );
});

test('tensors: one changed byte or a cut end is refused with model.corrupt', () => {
  fc.assert(
    fc.property(tensors, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, flip) => {
      const bytes = encodeTensors(given);
      const damaged = bytes.slice();
      damaged[at % bytes.length]! ^= flip;
      expect(() => decodeTensors(damaged)).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
      expect(() => decodeTensors(bytes.subarray(0, at % bytes.length))).toThrow(
        expect.objectContaining({ code: 'model.corrupt' }),
      );
    }),
  );
});

test('tensors: an array of another type or length is refused', () => {
  const file = decodeTensors(encodeTensors({ a: Float64Array.of(1, 2) }));
  expect(takeTensor(file, 'a', Float64Array, 2)).toEqual(Float64Array.of(1, 2));
  for (const take of [
    () => takeTensor(file, 'b', Float64Array),
    () => takeTensor(file, 'a', Int32Array),
    () => takeTensor(file, 'a', Float64Array, 3),
  ])
    expect(take).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
});
