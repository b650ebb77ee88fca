import { expect, test } from 'vitest';
import { rowsOf, runsOf } from '../../../shared/documents/formats/doc-runs.ts';
import fc from '../../fakes/property.ts';

/** A main stream whose second page holds properties, and the table stream that names it for characters and for paragraphs. */
function streams(page: Uint8Array) {
  const main = Buffer.alloc(1024);
  const table = Buffer.alloc(12);
  table.writeUInt32LE(1, 8);
  for (const entry of [0xfa, 0x102]) main.writeUInt32LE(table.length, entry + 4);
  main.set(page, 512);
  return { main, table, data: Buffer.alloc(64, 1) };
}

test('doc: a page of properties that is damaged costs what it holds, never the text', () => {
  const bytes = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x16, 0x17, 0x24, 0x08, 0xd6, 0x46, 0x66));
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 512, maxLength: 512 }), (page) => {
      expect(() => [rowsOf(streams(Uint8Array.from(page))), runsOf(streams(Uint8Array.from(page)))]).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});
