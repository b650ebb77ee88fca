import tar from 'tar-stream';
import { expect, test } from 'vitest';
import { tarEntries } from '../../../shared/documents/archives/tar-directory.ts';
import fc from '../../fakes/property.ts';
import { type TarPart, tarOf } from '../tars.ts';

/** What of an entry matters, and where it fails. */
type Told = readonly [name: string, isFile: boolean, content: string] | 'damaged';

function ours(bytes: Buffer): Told[] {
  const told: Told[] = [];
  try {
    for (const { name, isFile, content } of tarEntries(bytes))
      told.push([name.toString('utf8'), isFile, content.toString('latin1')]);
  } catch {
    told.push('damaged');
  }
  return told;
}

async function ofLibrary(bytes: Buffer): Promise<Told[]> {
  const told: Told[] = [];
  try {
    const options: object = { allowUnknownFormat: true }; // its types do not name it
    const extract = tar.extract(options);
    extract.end(bytes);
    for await (const entry of extract) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer); // tar-stream emits buffers
      const { name, type, size } = entry.header;
      const isFolder = size === 0 && name.endsWith('/'); // of early programs; the library takes it for a file
      const isFile = (type === 'file' || type === 'contiguous-file') && !isFolder;
      told.push([name, isFile, Buffer.concat(chunks).toString('latin1')]);
    }
  } catch {
    told.push('damaged');
  }
  return told;
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ä', ' '), maxLength: 8 });
const record = fc
  .tuple(fc.constantFrom('path', 'size', 'linkpath', 'x'), fc.oneof(name, fc.nat(700).map(String)))
  .map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = Buffer.byteLength(rest);
    return `${length + (length + 1 > 9 ? 2 : 1)}${rest}`;
  });
const records = fc.array(record, { minLength: 1, maxLength: 3 }).map((all) => all.join(''));
const part: fc.Arbitrary<TarPart> = fc.oneof(
  fc.record({
    name,
    type: fc.constantFrom('0', '0', '\0', '1', '2', '7', 'D'),
    content: fc.string({ maxLength: 1100 }),
    prefix: fc.constantFrom('', '', 'p/q'),
    magic: fc.constantFrom('ustar\x0000', 'ustar\x0000', 'ustar  \0', ''),
    size: fc.constantFrom(
      undefined,
      undefined,
      undefined,
      '00000000003 ',
      '  7\0',
      'junk',
      '\x80\0\0\0\0\0\0\0\0\0\x02\x01',
    ),
  }),
  fc.record({ name: fc.constant('long'), type: fc.constantFrom('x', 'g'), content: records }),
  fc.record({
    name: fc.constant('long'),
    type: fc.constantFrom('L', 'K', 'N'),
    content: name.map((long) => `${long}\0`),
  }),
);
const whole = fc
  .tuple(fc.array(part, { maxLength: 6 }), fc.constantFrom(0, 2, 3))
  .map(([parts, blocks]) => Buffer.concat([tarOf(parts), Buffer.alloc(512 * blocks)]));
/** With some bytes changed or its end missing. */
const damaged = fc
  .tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(1500))
  .map(([bytes, changes, cut]) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) for (const [at, byte] of changes) changed[at % changed.length] = byte;
    return cut < 600 ? changed.subarray(0, Math.max(0, changed.length - cut)) : changed;
  });

test('a tar, damaged or not, lists the entries that tar-stream lists, and ends where it ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, damaged), async (bytes) => {
      // Without a block of zeros at its end the library takes an archive for cut off or not, as its turns come.
      const ended = bytes.length % 512 === 0 ? Buffer.concat([bytes, Buffer.alloc(512)]) : bytes;
      expect(ours(ended)).toEqual(await ofLibrary(ended));
    }),
    { numRuns: 1000 },
  );
});
