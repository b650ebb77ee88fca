// A page of a document as people see it: its picture and where its words stand, drawn once and kept in the lake.
// Invariants: P1 only what the latest decision was made on is drawn: a file that was replaced since is refused. P2 no picture of an erased
// document is kept: who stores one looks again at the document afterwards, and the erasure deletes pictures after its rows. P3 what is kept is
// found by what it was drawn of; another content, another reading or another way of drawing is another file. P4 words that nobody has looked for are not kept as none.
// P5 a page whose words cannot be read within the limits has none, and that is kept: it is not tried at every look.
import type { PagePlaces } from '../api/insights.ts';
import { MAX_TEXT_CHARS } from '../documents/pages/limits.ts';
import { type DrawnPage, UNITS_ACROSS } from '../documents/pages/page.ts';
import type { PageRenderer, PageSource } from '../documents/pages/renderer.ts';
import { codeOf, TerminalError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { Row } from '../lake/tables.ts';
import type { PageWidth } from '../page-widths.ts';
import { pagePaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { readSourceOf } from './document-source.ts';
import { beginning, readKeptTexts } from './document-text.ts';

export type PageLake = Pick<DecisionLake, 'services' | 'query'> & { pages: Pick<PageRenderer, 'draw'> };

const DEFAULT_WIDTH: PageWidth = 1000;
/** Of pictures; a change of how they are drawn counts it up, and what is kept is drawn anew. */
const DRAWING = 1;
/** Of the words, the same. */
const READING = 1;
/** What has pages of its own to draw; of everything else the text is. */
const DRAWN = /^(application\/pdf|image\/(png|jpeg|gif|tiff|bmp|webp))$/;

/** A page that may be looked at; nothing is drawn yet. */
export interface Page {
  /** Another text whenever the answer may be another one. */
  asOf: string;
  /** PNG. */
  picture(widthPx: PageWidth): Promise<Buffer>;
  places(): Promise<PagePlaces>;
}

/**
 * @param page  from 1
 * @throws {TerminalError} document.not-found, document.erased; of its methods page.not-found, page.no-picture, source.gone, source.changed,
 * source.too-large, extract.* when the page cannot be drawn, {RetryableError} page.busy
 */
export async function openDocumentPage(lake: PageLake, documentId: string, page: number): Promise<Page> {
  const row = await rowOf(lake, documentId);
  const source = sourceOf(lake, documentId, row);
  const { lake: store } = lake.services;
  const wordsPath = pagePaths.words(documentId, source.key, page);
  const drawAndKeep = async (widthPx: PageWidth, readsImage = false): Promise<DrawnPage> => {
    const drawn = await drawnOf(lake, source, page, widthPx, readsImage);
    await Promise.all([
      store.write(pagePaths.picture(documentId, source.key, page, widthPx), drawn.png),
      // P4
      drawn.isRead ? store.write(wordsPath, JSON.stringify(keptPlaces(placesOf(page, drawn)))) : undefined,
    ]);
    await forgetIfErased(lake, documentId);
    return drawn;
  };
  return {
    asOf: `${source.key} ${READING}`,
    async picture(widthPx) {
      const kept = await store.readIfExists(pagePaths.picture(documentId, source.key, page, widthPx));
      return kept !== undefined && kept.bytes.length > 0 ? kept.bytes : Buffer.from((await drawAndKeep(widthPx)).png);
    },
    async places() {
      const kept = await store.readIfExists(wordsPath);
      return (kept && readPlaces(kept.bytes)) ?? placesOf(page, await drawAndKeep(DEFAULT_WIDTH, true));
    },
  };
}

/** P5 */
async function drawnOf({ pages }: PageLake, source: PageSource, page: number, widthPx: PageWidth, readsImage: boolean) {
  try {
    return await pages.draw(source, page, widthPx, readsImage);
  } catch (error) {
    if (!readsImage || !ENDED.has(codeOf(error))) throw error;
    return { ...(await pages.draw(source, page, widthPx)), isRead: true };
  }
}

/** How a process ends that has too much to do. */
const ENDED: ReadonlySet<string | undefined> = new Set(['extract.timeout', 'extract.out-of-memory', 'extract.crashed']);

type KeptPlaces = PagePlaces & { reading: number };
const keptPlaces = (places: PagePlaces): KeptPlaces => ({ ...places, reading: READING });

/** What was kept; undefined where it is damaged or from before images were looked at for words, and the page is drawn again. */
function readPlaces(bytes: Buffer): PagePlaces | undefined {
  try {
    const { reading, ...places } = JSON.parse(bytes.toString('utf8')) as Partial<KeptPlaces> & PagePlaces; // written here
    return reading === READING || places.words.length > 0 ? places : undefined;
  } catch {
    return undefined;
  }
}

async function rowOf({ query }: Pick<PageLake, 'query'>, documentId: string): Promise<Row> {
  const { rows } = await query(
    `SELECT document_id, run_id, batch_id, source_path, archive_path, content_sha256, media_type, failure_code FROM latest_results WHERE document_id = ${sqlText(documentId)}`,
  );
  const ids = { documentId };
  const [row] = rows;
  if (row === undefined) throw new TerminalError('document.not-found', `document ${documentId} is not known`, { ids });
  if (row.failure_code === 'document.erased')
    throw new TerminalError('document.erased', `document ${documentId} was erased`, { ids });
  return row;
}

/** P1, P3. */
function sourceOf(lake: PageLake, documentId: string, row: Row): PageSource {
  const { content_sha256: hash, media_type: mediaType, source_path: path, archive_path: inner } = row;
  if (typeof hash === 'string' && typeof mediaType === 'string' && DRAWN.test(mediaType))
    return {
      key: `${hash}-${DRAWING}`,
      load: async () => ({
        kind: 'file',
        name: String(path).split('/').at(-1) ?? '',
        archivePath: String(inner ?? ''),
        contentSha256: hash,
        bytes: (await readSourceOf(lake, documentId, row)).bytes,
      }),
    };
  return {
    key: `${String(row.run_id)}-${documentId.slice(0, 16)}-${DRAWING}`, // of equal keys the content is equal: a run has many texts
    async load() {
      const text = (await readKeptTexts(lake.services, [row])).get(documentId);
      if (text === undefined)
        throw new TerminalError('page.no-picture', `document ${documentId} has no pages, and no text of it is kept`);
      return { kind: 'text', text: beginning(text, MAX_TEXT_CHARS) };
    },
  };
}

const placesOf = (page: number, { kind, pages, height, text, words }: DrawnPage): PagePlaces => ({
  ...{ page, pages, kind, width: UNITS_ACROSS, height, text },
  words: words.map((word) => [...word]),
});

/** P2. @throws {TerminalError} document.erased */
async function forgetIfErased(lake: PageLake, documentId: string): Promise<void> {
  try {
    await rowOf(lake, documentId);
  } catch (error) {
    await lake.services.lake.deleteFolder(pagePaths.document(documentId));
    throw error;
  }
}
