import { expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { openDirectory, packedBytesOf, type ZipEntry } from '../../../shared/documents/archives/zip-directory.ts';
import fc from '../../fakes/property.ts';

interface Drawn {
  name: string;
  flags: number;
  sizes: readonly [packed: number, expanded: number, offset: number];
  extra: Uint8Array;
  comment: string;
}

const LARGE = 0xffffffff;

/** A directory of these entries, each with a local header of its own. */
function zipOf(entries: readonly Drawn[], { before = '', after = '', is64 = false } = {}): Buffer {
  const parts: Buffer[] = [Buffer.from(before)];
  const directory: Buffer[] = [];
  const length = (of: readonly Buffer[]) => of.reduce((sum, part) => sum + part.length, 0);
  for (const { name, flags, sizes, extra, comment } of entries) {
    const [packed, expanded, offset] = sizes;
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt32LE(packed, 20);
    entry.writeUInt32LE(expanded, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt16LE(comment.length, 32);
    entry.writeUInt32LE(offset === 0 ? length(parts) : offset, 42);
    directory.push(entry, Buffer.from(name, 'latin1'), Buffer.from(extra), Buffer.from(comment, 'latin1'));
    const local = Buffer.alloc(30);
    local.write('PK\x03\x04', 'latin1');
    local.writeUInt16LE(name.length, 26);
    parts.push(local, Buffer.from(name, 'latin1'), Buffer.alloc(Math.min(packed, 20), 'x'));
  }
  const start = length(parts);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(is64 ? 0xffff : entries.length, 10);
  end.writeUInt32LE(length(directory), 12);
  end.writeUInt32LE(is64 ? LARGE : start, 16);
  end.writeUInt16LE(after.length, 20);
  return Buffer.concat([
    ...parts,
    ...directory,
    ...(is64 ? end64(entries.length, start, start + length(directory)) : []),
    end,
    Buffer.from(after, 'latin1'),
  ]); // prettier-ignore
}

function end64(count: number, start: number, at: number): Buffer[] {
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeUInt32LE(count, 32);
  record.writeUInt32LE(start, 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeUInt32LE(at, 8);
  return [record, locator];
}

/** What of an entry matters, and where it fails. */
type Told = readonly [name: string, ...numbers: number[]] | 'damaged';

function ours(zip: Buffer): Told[] {
  const told: Told[] = [];
  try {
    for (const entry of openDirectory(zip).entries()) told.push(toldOf(entry, () => packedBytesOf(zip, entry).length));
  } catch {
    told.push('damaged');
  }
  return told;
}

const toldOf = (entry: ZipEntry, length: () => number): Told => {
  let packed = -1;
  try {
    packed = length();
  } catch {
    // its own data are not there
  }
  const { name, isUtf8, isEncrypted, packedBytes, expandedBytes, offset } = entry;
  return [name.toString('latin1'), Number(isUtf8), Number(isEncrypted), packedBytes, expandedBytes, offset, packed];
};

async function ofLibrary(bytes: Buffer): Promise<Told[]> {
  const told: Told[] = [];
  try {
    const zip = await fromBufferPromise(bytes, { decodeStrings: false, validateEntrySizes: false, lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      const packed = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).then(
        () => entry.compressedSize,
        () => -1,
      );
      const {
        fileName,
        generalPurposeBitFlag: flags,
        compressedSize,
        uncompressedSize,
        relativeOffsetOfLocalHeader,
      } = entry;
      const name = (fileName as unknown as Buffer).toString('latin1'); // decodeStrings: false gives bytes
      told.push([
        name,
        (flags >> 11) & 1,
        flags & 1,
        compressedSize,
        uncompressedSize,
        relativeOffsetOfLocalHeader,
        packed,
      ]);
    }
  } catch {
    told.push('damaged');
  }
  return told;
}

const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(LARGE, LARGE - 1));
const field = fc
  .tuple(fc.constantFrom(0x0001, 0x7075, 0x5455), fc.uint8Array({ maxLength: 28 }), fc.nat(1))
  .map(([id, data, more]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(id, 0);
    head.writeUInt16LE(data.length + more, 2);
    // Large numbers would lie beyond every file: small ones may lie in it.
    return Buffer.concat([head, data.map((byte, i) => (i % 8 === 0 ? byte % 64 : 0))]);
  });
const entry = fc.record({
  name: fc.string({ maxLength: 12 }),
  flags: fc.constantFrom(0, 0, 0, 1, 0x800, 0x40),
  sizes: fc.tuple(size, size, fc.constantFrom(0, 0, 0, 7, LARGE)),
  extra: fc.array(field, { maxLength: 3 }).map((fields) => new Uint8Array(Buffer.concat(fields))),
  comment: fc.string({ maxLength: 6 }),
});
const whole = fc
  .tuple(
    fc.array(entry, { maxLength: 5 }),
    fc.record({ before: fc.string({ maxLength: 5 }), after: fc.string({ maxLength: 9 }), is64: fc.boolean() }),
  )
  .map(([entries, around]) => zipOf(entries, around));
/** With some bytes changed or its end missing. */
const damaged = fc
  .tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(400))
  .map(([zip, changes, cut]) => {
    const changed = Buffer.from(zip);
    for (const [at, byte] of changes) changed[at % changed.length] = byte;
    return cut < 50 ? changed.subarray(0, Math.max(0, changed.length - cut)) : changed;
  });

test('a zip, damaged or not, lists the members that yauzl lists, with the same numbers, and ends where it ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, damaged), async (zip) => {
      expect(ours(zip)).toEqual(await ofLibrary(zip));
    }),
    { numRuns: 1000 },
  );
});

test('the end of a large archive that is said to lie behind the file is damage', () => {
  const zip = zipOf([], { is64: true });
  zip.writeUInt32LE(zip.length + 1, zip.indexOf('PK\x06\x07', 0, 'latin1') + 8);
  expect(() => openDirectory(zip)).toThrow('cut off');
});

test('a directory of a million entries that are not there is not waited for', () => {
  const zip = zipOf([{ name: 'a', flags: 0, sizes: [0, 0, 0], extra: new Uint8Array(), comment: '' }]);
  zip.writeUInt16LE(0xffff, zip.length - 12);
  const names: string[] = [];
  const { entryCount, entries } = openDirectory(zip);
  expect(() => {
    for (const { name } of entries()) names.push(name.toString());
  }).toThrow();
  expect([entryCount, names]).toEqual([0xffff, ['a']]);
});
