import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { brotliDecompressSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../samples/generate.ts';
import { unzip, zip } from '../../samples/generator/zip.ts';
import fc from '../fakes/property.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'samples-'));
  await generate(folder);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function list(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/**
 * Content without what deflate makes of it: compressors of different machines may pack the same bytes differently.
 * Truncated files and the mails around packed attachments are compared by size, give or take one part in twenty.
 */
async function content(path: string): Promise<unknown> {
  const bytes = readFileSync(path);
  if (/broken upload|\.eml$/.test(path)) return { kilobytes: Math.round(bytes.length / 20_480) };
  if (path.endsWith('.zip'))
    return (await unzip(bytes)).map((member) => [
      member.name,
      extname(member.name) === '.docx' ? '' : Buffer.from(member.bytes).toString('utf8'),
    ]);
  if (/\.(docx|xlsx|pptx)$/.test(path))
    return (await unzip(bytes)).map((member) => [member.name, Buffer.from(member.bytes).toString('latin1')]);
  if (path.endsWith('.pdf') && !path.includes('protected')) return pdfContent(bytes);
  return bytes.toString('latin1');
}

/** The objects of a PDF with streams inflated, and without lengths and offsets. */
function pdfContent(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  const body = text.slice(0, text.lastIndexOf('\nxref'));
  return body
    .replace(/\/Length \d+/g, '')
    .replace(/stream\n([\s\S]*?)\nendstream/g, (_, stream: string) =>
      isDeflated(stream) ? inflateSync(Buffer.from(stream, 'latin1')).toString('latin1') : stream,
    );
}

/** The first byte of zlib data with a 32 KB window; the metadata stream of a PDF is plain XML. */
function isDeflated(stream: string): boolean {
  return stream.startsWith('\x78');
}

describe('generate', () => {
  test('writes the committed files again: same names, same content', async () => {
    const documents = join(SAMPLES, 'documents');
    expect(list(join(folder, 'documents'))).toEqual(list(documents));
    for (const file of list(documents))
      expect(await content(join(folder, 'documents', file)), file).toEqual(await content(join(documents, file)));
  });

  test('writes the committed truth and training texts again, byte for byte', () => {
    for (const file of ['truth.csv', 'training.jsonl'])
      expect(readFileSync(join(folder, file), 'utf8') === readFileSync(join(SAMPLES, file), 'utf8'), file).toBe(true);
  });

  test('trains the committed model again: the same description and the same numbers, byte for byte', () => {
    const [made, committed] = [folder, SAMPLES].map((at) => brotliDecompressSync(readFileSync(join(at, 'model.br'))));
    expect(made?.equals(committed ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('zip', () => {
  test('what is packed comes out again, in order, and packing twice gives the same bytes', async () => {
    const members = fc.uniqueArray(
      fc.record({
        name: fc
          .string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'abäöß日/ .') })
          .filter((name) => /^[^/].*[^/]$/.test(name) && !name.includes('//')),
        bytes: fc.uint8Array({ maxLength: 300 }),
      }),
      { selector: (member) => member.name, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(members, async (list) => {
        const packed = zip(list);
        expect(packed.equals(zip(list))).toBe(true);
        const unpacked = await unzip(packed);
        expect(unpacked.map((member) => ({ name: member.name, bytes: new Uint8Array(member.bytes) }))).toEqual(
          list.map((member) => ({ name: member.name, bytes: new Uint8Array(member.bytes) })),
        );
      }),
      { numRuns: 100, seed: 5 },
    );
  });
});
