// Arrays that stay in the file's bytes give the numbers that were written, into whatever they are decoded.
import { expect, test } from 'vitest';
import { PackedNumbers } from '../../../shared/models/xgboost/packed-numbers.ts';
import { readUbjson } from '../../../shared/models/xgboost/ubjson.ts';
import fc from '../../fakes/property.ts';

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const types: [string, number, fc.Arbitrary<number>, (view: DataView, at: number, value: number) => void][] = [
  ['i', 1, int(8), (v, at, x) => v.setInt8(at, x)],
  ['U', 1, fc.nat(255), (v, at, x) => v.setUint8(at, x)],
  ['I', 2, int(16), (v, at, x) => v.setInt16(at, x)],
  ['l', 4, int(32), (v, at, x) => v.setInt32(at, x)],
  ['L', 8, fc.maxSafeInteger(), (v, at, x) => v.setBigInt64(at, BigInt(x))],
  ['d', 4, fc.float(), (v, at, x) => v.setFloat32(at, x)],
  ['D', 8, fc.double(), (v, at, x) => v.setFloat64(at, x)],
];

test.each(types)('type %s', (type, size, number, write) => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), fc.nat(3), (numbers, gap) => {
      // the array begins at any place of the file, even or odd
      const head = Buffer.from(`${'N'.repeat(gap)}[$${type}#U${String.fromCharCode(numbers.length)}`, 'latin1');
      const bytes = new Uint8Array(head.length + size * numbers.length);
      bytes.set(head);
      const view = new DataView(bytes.buffer, head.length);
      numbers.forEach((value, i) => {
        write(view, i * size, value);
      });
      const read = readUbjson(bytes);
      if (!(read instanceof PackedNumbers)) throw new Error('it is an array of numbers');
      expect(read.toArray()).toEqual(Float64Array.from(numbers));
      for (const Target of [Float64Array, Float32Array, Int32Array, Uint8Array]) {
        const [decoded, assigned] = [new Target(numbers.length + 2), new Target(numbers.length + 2)];
        assigned.set(numbers, 1);
        read.copyTo(decoded, 1);
        expect(decoded).toEqual(assigned);
      }
    }),
  );
});
