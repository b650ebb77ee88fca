import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DrawnPage } from '../../shared/documents/pages/page.ts';
import type { PageContent } from '../../shared/documents/pages/protocol.ts';
import type { PageSource } from '../../shared/documents/pages/renderer.ts';
import { TerminalError } from '../../shared/errors.ts';
import { documentId, sha256Hex } from '../../shared/ids.ts';
import { openDocumentPage, type PageLake } from '../../shared/insight/document-page.ts';
import { pagePaths, runPaths } from '../../shared/paths.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { eraseDocument } from '../../shared/upkeep/erase.ts';
import { maintainLake } from '../../shared/upkeep/maintenance.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { extractedRow, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let drawn: { page: number; widthPx: number; content: PageContent; readsImage: boolean }[];
/** Pages are scans: their words are known to who looks for them, or to nobody, as reading them takes too long. */
let scan: 'no' | 'read' | 'too slow';
let whileDrawing: () => Promise<unknown>;

/** Draws a picture that says what it was drawn of. */
const pages: PageLake['pages'] = {
  async draw(source: PageSource, page: number, widthPx: number, readsImage = false): Promise<DrawnPage> {
    const content = await source.load();
    drawn.push({ page, widthPx, content, readsImage });
    if (readsImage && scan === 'too slow') throw new TerminalError('extract.timeout', 'too slow');
    const isRead = scan === 'no' || readsImage;
    await whileDrawing();
    const of = content.kind === 'text' ? content.text : Buffer.from(content.bytes).toString();
    return {
      kind: 'pdf',
      pages: 2,
      height: 1414,
      isRead,
      png: Buffer.from(`${of} ${page} ${widthPx}`),
      ...(isRead ? { text: of, words: [[0, 1, 2, 3, 4, 5]] } : { text: '', words: [] }),
    };
  },
};

beforeEach(async () => {
  world = await fakeWorld();
  store = openTestTables(world.lake, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
  drawn = [];
  scan = 'no';
  whileDrawing = async () => {};
});
afterEach(() => store.close());

async function decided(
  content: string,
  given: { mediaType?: string; archivePath?: string; run?: string } = {},
): Promise<string> {
  const { mediaType = 'application/pdf', archivePath = '', run = 'run-1' } = given;
  await world.imports.write('in/a.pdf', content);
  const row = {
    ...{ document_id: documentId('imports', 'in/a.pdf', archivePath), run_id: run, batch_id: 'b0' },
    ...{
      source_path: 'in/a.pdf',
      archive_path: archivePath,
      media_type: mediaType,
      content_sha256: sha256Hex(content),
    },
  };
  await store.add('results', [resultRow(row)]);
  return row.document_id;
}
const open = (id: string, page = 1) => openDocumentPage({ ...lake, pages }, id, page);
const kept = () => world.lake.paths().filter((path) => path.startsWith(pagePaths.root));

describe('document page', () => {
  test('is drawn of the file that was decided on, once for each width; its words come with it', async () => {
    const id = await decided('letter');
    const page = await open(id, 2);
    expect((await page.picture(1000)).toString()).toBe('letter 2 1000');
    expect((await page.picture(1000)).toString()).toBe('letter 2 1000');
    expect(await page.places()).toEqual({
      ...{ page: 2, pages: 2, kind: 'pdf', width: 1000, height: 1414, text: 'letter' },
      words: [[0, 1, 2, 3, 4, 5]],
    });
    await (await open(id, 2)).picture(240);
    expect(drawn.map(({ page, widthPx }) => [page, widthPx])).toEqual([
      [2, 1000],
      [2, 240],
    ]);
    expect(drawn[0]?.content).toMatchObject({
      kind: 'file',
      name: 'a.pdf',
      archivePath: '',
      contentSha256: sha256Hex('letter'),
    });
  });

  test('words of a scan are read when their places are asked for, once, and never for a picture', async () => {
    scan = 'read';
    const page = await open(await decided('scan'));
    await page.picture(1000);
    await page.picture(2000);
    expect(drawn.map(({ readsImage }) => readsImage)).toEqual([false, false]);
    for (const _ of [1, 2]) expect(await page.places()).toMatchObject({ text: 'scan', words: [[0, 1, 2, 3, 4, 5]] });
    expect(drawn.map(({ readsImage }) => readsImage)).toEqual([false, false, true]);
  });

  test('a scan that cannot be read within the limits has no words, and is not tried again', async () => {
    scan = 'too slow';
    const page = await open(await decided('scan'));
    for (const _ of [1, 2]) expect(await page.places()).toMatchObject({ text: '', words: [] });
    expect(drawn.map(({ readsImage }) => readsImage)).toEqual([true, false]);
  });

  test('what is kept and damaged is drawn again', async () => {
    const id = await decided('letter');
    const page = await open(id);
    await page.picture(1000);
    for (const path of kept()) await world.lake.write(path, '');
    expect((await page.picture(1000)).toString()).toBe('letter 1 1000');
    for (const path of kept()) await world.lake.write(path, '{');
    expect(await page.places()).toMatchObject({ page: 1, text: 'letter' });
  });

  test('another content is another page to who remembers the first, and is not taken from what was kept', async () => {
    const id = await decided('one');
    const before = await open(id);
    await before.picture(1000);
    await decided('two', { run: 'run-2' });
    const after = await open(id);
    expect(after.asOf).not.toBe(before.asOf);
    expect((await after.picture(1000)).toString()).toBe('two 1 1000');
  });

  test('of a format without pages the text that was read is drawn; without one there is nothing to draw', async () => {
    const id = await decided('PK', { mediaType: 'message/rfc822', archivePath: 'mail.eml' });
    await expect((await open(id)).picture(1000)).rejects.toMatchObject({ code: 'page.no-picture' });
    const texts = [{ ...extractedRow({ document_id: id, text: 'Dear all' }) }];
    await world.services.parquet.write(runPaths.extracted('run-1', 'b0'), [], texts);
    expect((await (await open(id)).picture(1000)).toString()).toBe('Dear all 1 1000');
  });

  test('unknown and erased documents, and files that are gone, are told apart', async () => {
    await expect(open('0'.repeat(64))).rejects.toMatchObject({ code: 'document.not-found' });
    const id = await decided('letter');
    await world.imports.delete('in/a.pdf');
    await expect((await open(id)).picture(1000)).rejects.toMatchObject({ code: 'source.gone' });
    await eraseDocument(lake, id, { deleteSource: false });
    await expect(open(id)).rejects.toMatchObject({ code: 'document.erased' });
  });

  test('an erasure takes the pictures too, also that of a page drawn meanwhile', async () => {
    const id = await decided('letter');
    const page = await open(id);
    await page.picture(1000);
    expect(kept()).toHaveLength(2);
    whileDrawing = () => eraseDocument(lake, id, { deleteSource: false });
    await expect(page.picture(2000)).rejects.toMatchObject({ code: 'document.erased' });
    expect(kept()).toEqual([]);
  });

  test('maintenance forgets pictures that nobody has drawn for a month', async () => {
    const id = await decided('letter');
    await (await open(id)).picture(1000);
    const drawnAt = (await world.lake.stat(kept()[0] ?? ''))?.lastModified ?? 0;
    const afterDays = (days: number) => ({ sleep: async () => {}, now: () => drawnAt + days * 86_400_000 });
    const maintain = (days: number) => {
      world.services.clock = afterDays(days);
      return maintainLake(lake);
    };
    await maintain(29);
    expect(kept()).toHaveLength(2);
    await maintain(31);
    expect(kept()).toEqual([]);
  });
});
