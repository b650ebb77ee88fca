import { describe, expect, test } from 'vitest';
import { decodeZ85, readDeletionVector, vectorPath } from '../../../../shared/lake/delta/foreign/deletion-vector.ts';
import fc from '../../../fakes/property.ts';
import { bitmap, encodeZ85, inline, vectorFile } from './vector-bytes.ts';

describe('deletion vectors', () => {
  test('hold the rows that were put in, whatever the form of their containers', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200_000), { maxLength: 60 }), fc.constantFrom('list', 'runs'), (rows, form) => {
        const bytes = bitmap(rows, form);
        const { file, offsets } = vectorFile([Buffer.from('before'), bytes]);
        const vector = { storageType: 'u', pathOrInlineDv: '', offset: offsets[1]!, sizeInBytes: bytes.length };
        const deleted = readDeletionVector({ ...vector, cardinality: new Set(rows).size }, file);
        for (let row = 0; row < 200_000; row += 997) expect(deleted.has(row)).toBe(rows.includes(row));
        for (const row of rows) expect(deleted.has(row)).toBe(true);
      }),
    );
    const many = Array.from({ length: 70_000 }, (_, i) => i * 2);
    const dense = readDeletionVector(inline(many), undefined);
    expect([dense.count, dense.has(139_998), dense.has(139_999), dense.has(2 ** 33)]).toEqual([
      70_000,
      true,
      false,
      false,
    ]);
  });

  test('of any bytes: rows or lake.corrupt-table', () => {
    const { file, offsets } = vectorFile([bitmap([1, 5, 70_000])]);
    const vector = {
      storageType: 'u',
      pathOrInlineDv: '',
      offset: offsets[0]!,
      sizeInBytes: file.length - 9,
      cardinality: 3,
    };
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), (at, byte, end) => {
        const damaged = Buffer.from(file.map((old, i) => (i === at ? byte : old))).subarray(0, end);
        try {
          expect(readDeletionVector(vector, damaged).count).toBe(3);
        } catch (error) {
          expect(error).toMatchObject({ code: 'lake.corrupt-table' });
        }
      }),
    );
  });

  test('a file is named by its UUID behind a prefix; other places are refused', () => {
    const uuid = 'd2c639aa-8816-431a-aaf6-d3fe2512ff61';
    const text = encodeZ85(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
    expect(decodeZ85(text).toString('hex')).toBe(uuid.replaceAll('-', ''));
    const vector = { storageType: 'u', pathOrInlineDv: `ab${text}`, sizeInBytes: 1, cardinality: 1 };
    expect(vectorPath(vector)).toBe(`ab/deletion_vector_${uuid}.bin`);
    expect(() => vectorPath({ ...vector, storageType: 'p' })).toThrow(
      expect.objectContaining({ code: 'lake.unsupported-table' }),
    );
  });
});
