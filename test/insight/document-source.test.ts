import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toProblem } from '../../shared/api/problem.ts';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import { documentId } from '../../shared/ids.ts';
import { attachment, readDocumentSource } from '../../shared/insight/document-source.ts';
import type { Row } from '../../shared/lake/tables.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { eraseDocument } from '../../shared/upkeep/erase.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;

beforeEach(async () => {
  world = await fakeWorld();
  store = openTestTables(world.lake);
  lake = { services: world.services, query: store.query, tables: store.tables };
});
afterEach(() => store.close());

type Container = 'landing' | 'imports';
async function decided(
  container: Container,
  path: string,
  given: { archivePath?: string; rowKey?: string; etag?: string },
) {
  const { archivePath = '', rowKey = '', etag = 'none' } = given;
  const row: Row = {
    document_id: documentId(container, path, archivePath, rowKey),
    source_path: path,
    archive_path: rowKey === '' ? archivePath : `#${rowKey}`,
    source_etag: etag,
  };
  await store.add('results', [resultRow(row)]);
  return String(row.document_id);
}
const put = (container: Container, path: string, content: string) =>
  world.services.sources[container].write(path, content);

describe('document source', () => {
  test('the bytes as they were uploaded, from the container the document is in', async () => {
    const etag = await put('landing', 'in/a.txt', 'landed');
    await put('imports', 'in/a.txt', 'imported');
    const landed = await decided('landing', 'in/a.txt', { etag });
    const imported = await decided('imports', 'in/a.txt', { etag: 'other' });
    expect(await readDocumentSource(lake, landed)).toEqual({
      bytes: Buffer.from('landed'),
      isChanged: false,
      disposition: `attachment; filename="a.txt"; filename*=UTF-8''a.txt`,
    });
    expect(await readDocumentSource(lake, imported)).toMatchObject({ bytes: Buffer.from('imported'), isChanged: true });
  });

  test('quotes around an ETag do not make a change; a file that was replaced is given, and told as such', async () => {
    const etag = await put('landing', 'a.txt', 'one');
    const document = await decided('landing', 'a.txt', { etag: etag.replaceAll('"', '') });
    expect(await readDocumentSource(lake, document)).toMatchObject({ isChanged: false });
    await put('landing', 'a.txt', 'two');
    expect(await readDocumentSource(lake, document)).toMatchObject({ bytes: Buffer.from('two'), isChanged: true });
  });

  test('members of archives and rows of data sets give the file they are in', async () => {
    const etag = await put('imports', 'in/all.zip', 'PK');
    const member = await decided('imports', 'in/all.zip', { archivePath: 'inner.zip/letter.txt', etag });
    const odd = await decided('imports', 'in/all.zip', { archivePath: '#12', etag });
    const row = await decided('imports', 'in/all.zip', { rowKey: '12', etag });
    expect(new Set([member, odd, row]).size).toBe(3);
    for (const document of [member, odd, row])
      expect(await readDocumentSource(lake, document)).toMatchObject({
        bytes: Buffer.from('PK'),
        isChanged: false,
        disposition: expect.stringContaining('"all.zip"'),
      });
  });

  test('a file that is gone, too large, of an unknown or an erased document: each is told with its own code', async () => {
    const gone = await decided('landing', 'gone.txt', {});
    const problem = await readDocumentSource(lake, gone).catch(toProblem);
    expect(problem).toMatchObject({
      status: 404,
      code: 'source.gone',
      title: expect.stringContaining('upload it again'),
    });
    await expect(readDocumentSource(lake, id(9))).rejects.toMatchObject({ code: 'document.not-found' });
    // A row whose path does not belong to its id leads nowhere, whatever file is there.
    await put('landing', 'in/a.txt', 'x');
    await store.add('results', [resultRow({ document_id: id(1) })]);
    await expect(readDocumentSource(lake, id(1))).rejects.toMatchObject({ code: 'source.gone' });
    await put('landing', 'kept.txt', 'x');
    const erased = await decided('landing', 'kept.txt', {});
    await eraseDocument(lake, erased, { deleteSource: false });
    expect(await readDocumentSource(lake, erased).catch(toProblem)).toMatchObject({ status: 410 });
  });

  test('storage that is away or refuses is an error of its own; a large file is told before it is read', async () => {
    await put('imports', 'big.bin', 'x');
    const document = await decided('imports', 'big.bin', {});
    const fail = async (error: Error) => {
      world.imports.beforeCall = () => {
        throw error;
      };
      return toProblem(await readDocumentSource(lake, document).catch((thrown: unknown) => thrown));
    };
    expect(await fail(new RetryableError('lake.unavailable', 'away'))).toMatchObject({ status: 503 });
    expect(await fail(new TerminalError('lake.forbidden', 'no'))).toMatchObject({ code: 'lake.forbidden' });
    expect(await fail(new TerminalError('extract.too-large', '200 bytes'))).toMatchObject({
      status: 413,
      code: 'source.too-large',
      detail: 'big.bin in imports has more than 104857600 bytes',
    });
  });
});

describe('attachment names', () => {
  test.for([
    ['Übersicht 2024 (neu).pdf', '_bersicht 2024 (neu).pdf', '%C3%9Cbersicht%202024%20%28neu%29.pdf'],
    ['a"; filename="evil.html', 'a__ filename=_evil.html', 'a__%20filename%3D_evil.html'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe', 'invoicefdp.exe'],
    ['a\r\nset-cookie: x.txt', 'aset-cookie_ x.txt', 'aset-cookie_%20x.txt'],
    ['..', 'document', 'document'],
    ['', 'document', 'document'],
    ["it's 100%.txt", 'it_s 100_.txt', 'it_s%20100_.txt'],
    ['\ud800.txt', '_.txt', '%EF%BF%BD.txt'],
    ['発票.pdf', '__.pdf', '%E7%99%BA%E7%A5%A8.pdf'],
  ])('%j', ([name, ascii, encoded]) => {
    expect(attachment(name!)).toBe(`attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`);
  });

  test('a long name keeps its ending and loses no half characters', () => {
    const name = /filename\*=UTF-8''(.*)$/.exec(attachment(`${'😀'.repeat(300)}.docx`))?.[1] ?? '';
    expect([...decodeURIComponent(name)]).toHaveLength(150);
    expect(decodeURIComponent(name)).toMatch(/^😀+\.docx$/u);
  });

  test('whatever the name, the header is printable ASCII with two parameters, and the name has no folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const value = attachment(name);
        expect(value).toMatch(
          /^attachment; filename="[\x20\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9%._-]+$/,
        );
        const decoded = decodeURIComponent(value.split("UTF-8''")[1] ?? '');
        expect(decoded).not.toMatch(/[\\/\p{Cc}\p{Cf}"]|^\.|[. ]$/u);
        expect([...decoded].length).toBeLessThanOrEqual(150);
      }),
      { seed: 3 },
    );
  });
});
