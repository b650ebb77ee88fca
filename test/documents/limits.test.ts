import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Extractor, type ExtractorOptions } from '../../shared/documents/extract.ts';
import { silentLogger } from '../../shared/ports.ts';
import { docx, hostileWorkbook, paragraph, pdf, xlsx, zip } from './fixtures.ts';

const HOST = fileURLToPath(new URL('./doomed-host.ts', import.meta.url));
const HAS_PROC = existsSync('/proc/self/statm');
const GB = 2 ** 30;
const hostile = hostileWorkbook();
/** So that all of it is read, which takes many times as long as the tests wait. */
const ENDLESS = { maxMemoryBytes: 8 * GB, maxCells: 20_000_000, maxChars: 100_000_000 };

let extractor: Extractor | undefined;
afterEach(() => extractor?.close());

function open(limits: ExtractorOptions['limits'], slots = 1): Extractor {
  extractor = new Extractor({ logger: silentLogger, slots, limits: limits ?? {} });
  return extractor;
}
const text = (content: string) => ({ name: 'a.txt', bytes: Buffer.from(content) });

describe('limits, each with its code', () => {
  test('bytes', async () => {
    const [document] = await open({ maxBytes: 10 }).extract(text('more than ten bytes'));
    expect(document?.code).toBe('extract.too-large');
  });

  test('pages', async () => {
    const [document] = await open({ maxPages: 2 }).extract({ name: 'a.pdf', bytes: pdf(['a', 'b', 'c']) });
    expect(document?.code).toBe('extract.too-many-pages');
  });

  test('characters', async () => {
    const [document] = await open({ maxChars: 100 }).extract(text('word '.repeat(30)));
    expect(document?.code).toBe('extract.too-large');
  });

  test('cells are capped with a warning', async () => {
    const [document] = await open({ maxCells: 3 }).extract({
      name: 'a.xlsx',
      bytes: xlsx('<row r="1"><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c><c><v>4</v></c></row>'),
    });
    expect(document).toMatchObject({
      status: 'ok',
      text: 'Data\n1\t2\t3',
      warnings: ['workbook: only the first 3 cells were read'],
    });
  });

  test('nesting of archives', async () => {
    const nested = ['c.zip', 'b.zip'].reduce(
      (inner, name) => zip([{ name, content: inner }]),
      zip([{ name: 'x.txt', content: 'deep' }]),
    );
    const one = await open({ maxArchiveDepth: 2 }).extract({ name: 'a.zip', bytes: nested });
    expect(one.map((d) => [d.archivePath, d.code])).toEqual([['b.zip!/c.zip', 'extract.archive-depth']]);
    await extractor?.close();
    const two = await open({ maxArchiveDepth: 3 }).extract({ name: 'a.zip', bytes: nested });
    expect(two.map((d) => [d.archivePath, d.text])).toEqual([['b.zip!/c.zip!/x.txt', 'deep']]);
  });

  test('members, counted over nested archives', async () => {
    const inner = zip([1, 2, 3].map((n) => ({ name: `${n}.txt`, content: `text ${n}` })));
    const documents = await open({ maxArchiveEntries: 5 }).extract({
      name: 'a.zip',
      bytes: zip(['a', 'b'].map((name) => ({ name: `${name}.zip`, content: inner }))),
    });
    expect(documents.map((d) => d.code ?? d.status)).toEqual(['ok', 'ok', 'ok', 'extract.archive-entries']);
  });

  test('expansion ratio and expanded bytes', async () => {
    const zeros = zip([{ name: 'z.txt', content: Buffer.alloc(4 * 2 ** 20, 97) }]);
    expect((await open({ maxArchiveRatio: 10 }).extract({ name: 'a.zip', bytes: zeros }))[0]?.code).toBe(
      'extract.archive-ratio',
    );
    await extractor?.close();
    expect((await open({ maxArchiveBytes: 2 ** 20 }).extract({ name: 'a.zip', bytes: zeros }))[0]?.code).toBe(
      'extract.archive-size',
    );
    await extractor?.close();
    expect(
      (await open({ maxArchiveRatio: 10 }).extract({ name: 'a.gz', bytes: gzipSync(Buffer.alloc(4 * 2 ** 20, 97)) }))[0]
        ?.code,
    ).toBe('extract.archive-ratio');
  });

  test('a sparse sheet, a billion laughs and a flood of nested elements cost nothing', async () => {
    const reader = open({});
    const sparse = xlsx('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>7</v></c></row>');
    expect((await reader.extract({ name: 'a.xlsx', bytes: sparse }))[0]?.text).toBe(`Data\n1\n${'\t'.repeat(32)}7`); // a wide gap is cut
    const laughs =
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;"><!ENTITY f SYSTEM "file:///etc/hostname">]><a>&m;&f; safe</a>';
    expect((await reader.extract({ name: 'a.xml', bytes: Buffer.from(laughs) }))[0]?.text).toBe('&m;&f; safe');
    const nested = docx('<w:tbl><w:tr><w:tc>'.repeat(5000));
    expect((await reader.extract({ name: 'a.docx', bytes: nested }))[0]?.code).toBe('extract.too-large');
  });
});

describe('isolation', () => {
  test('a document over its time is killed and the others of the batch are read', async () => {
    const reader = open({ ...ENDLESS, timeoutMs: 4000 });
    const [slow, ...others] = await Promise.all([
      reader.extract({ name: 'slow.xlsx', bytes: hostile }),
      reader.extract(text('one')),
      reader.extract({ name: 'b.pdf', bytes: pdf(['two']) }),
    ]);
    expect(slow?.[0]).toMatchObject({ status: 'failed', code: 'extract.timeout', archivePath: '' });
    expect(others.map((d) => d[0]?.text)).toEqual(['one', 'two']);
  });

  test.skipIf(!HAS_PROC)('a document over its memory is killed, in a fresh process too', async () => {
    const reader = open({ maxMemoryBytes: 300 * 2 ** 20 });
    expect((await reader.extract(text('before')))[0]?.status).toBe('ok');
    expect((await reader.extract({ name: 'big.xlsx', bytes: hostile }))[0]?.code).toBe('extract.out-of-memory');
    expect((await reader.extract(text('after')))[0]?.status).toBe('ok');
  });

  test('a poisonous member fails alone, the members around it are read once', async () => {
    const reader = open({ ...ENDLESS, timeoutMs: 4000 });
    const bytes = zip([
      { name: 'a.docx', content: docx(paragraph('first')) },
      {
        name: 'in.zip',
        content: zip([
          { name: 'bad.xlsx', content: hostile },
          { name: 'b.txt', content: 'second' },
        ]),
      },
      { name: 'c.txt', content: 'third' },
    ]);
    const documents = await reader.extract({ name: 'a.zip', bytes });
    expect(documents.map((d) => [d.archivePath, d.code ?? d.text])).toEqual([
      ['a.docx', 'first'],
      ['in.zip!/bad.xlsx', 'extract.timeout'],
      ['in.zip!/b.txt', 'second'],
      ['c.txt', 'third'],
    ]);
  });

  test('an archive over its time as a whole keeps what was read and says so', async () => {
    const reader = open({ ...ENDLESS, archiveTimeoutMs: 5000 });
    const bytes = zip([
      { name: 'a.txt', content: 'first' },
      { name: 'slow.xlsx', content: hostile },
      { name: 'b.txt', content: 'never read' },
    ]);
    const documents = await reader.extract({ name: 'a.zip', bytes });
    expect(documents.map((d) => [d.archivePath, d.mediaType, d.code ?? d.text])).toEqual([
      ['a.txt', 'text/plain', 'first'],
      ['', 'application/zip', 'extract.timeout'],
    ]);
  });

  test.skipIf(!HAS_PROC)('a reader killed from outside costs its document only', async () => {
    const reader = open(ENDLESS);
    const work = Promise.all([reader.extract({ name: 'a.xlsx', bytes: hostile }), reader.extract(text('next'))]);
    const pid = await vi.waitFor(() => only(readersOf(process.pid)), { timeout: 10_000 });
    process.kill(pid, 'SIGKILL');
    const [killed, next] = await work;
    expect(killed[0]?.code).toBe('extract.crashed');
    expect(next[0]?.text).toBe('next');
  });

  test.skipIf(!HAS_PROC)('readers are replaced after their share of documents and end when idle', async () => {
    const reader = open({ recycleAfter: 2, idleMs: 50 });
    const page = (words: string) => ({ name: 'a.html', bytes: Buffer.from(`<p>${words}</p>`) });
    await reader.extract(page('one'));
    const first = only(readersOf(process.pid));
    for (const words of ['plain', 'texts', 'count', 'for nothing']) await reader.extract(text(words));
    expect(only(readersOf(process.pid))).toBe(first);
    await reader.extract(page('two'));
    await reader.extract(page('three'));
    expect(only(readersOf(process.pid))).not.toBe(first);
    await vi.waitFor(() => expect(readersOf(process.pid)).toEqual([]), { timeout: 10_000 });
    expect((await reader.extract(text('four')))[0]?.text).toBe('four');
  });
});

describe('processes', () => {
  test('an idle extractor does not keep its host alive', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [HOST, 'exit'], { timeout: 20_000 });
    expect(stdout.trim()).toBe('some text');
  });

  test.skipIf(!HAS_PROC)('a spinning reader ends with its killed host', async () => {
    const host = spawn(process.execPath, [HOST, 'spin'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = await vi.waitFor(() => only(readersOf(host.pid)), { timeout: 20_000 });
    await vi.waitFor(() => expect(threadsOf(pid)).toBeGreaterThan(0), { timeout: 10_000 });
    host.kill('SIGKILL');
    await vi.waitFor(
      () => expect(existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0).toBe(false),
      { timeout: 10_000, interval: 100 },
    );
  });

  test('documents in work when it closes are failed, not lost', async () => {
    const reader = open({});
    const work = Promise.all([reader.extract({ name: 'a.xlsx', bytes: hostile }), reader.extract(text('queued'))]);
    await reader.close();
    expect((await work).map((d) => d[0]?.code)).toEqual(['extract.crashed', 'extract.crashed']);
    await expect(reader.extract(text('late'))).rejects.toThrow('closed');
  });
});

/** Reader processes whose parent is `pid`. */
function readersOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        const parent = readFileSync(`/proc/${candidate}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ')[1];
        return (
          Number(parent) === pid && readFileSync(`/proc/${candidate}/cmdline`, 'latin1').includes('reader-process')
        );
      } catch {
        return false; // gone meanwhile
      }
    });
}

function threadsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

function only(pids: readonly number[]): number {
  expect(pids).toHaveLength(1);
  return pids[0]!; // asserted above
}
