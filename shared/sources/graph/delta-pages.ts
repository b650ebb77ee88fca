// The pages of one round of a drive's delta, into the journal. Every way a delta can go wrong ends here in a fresh enumeration or in an error;
// never in a loop, never in a lost cursor.
// https://learn.microsoft.com/graph/api/driveitem-delta
import { TerminalError } from '../../errors.ts';
import type { Logger } from '../../ports.ts';
import type { Journal, JournalPage } from '../journal.ts';
import { readPage } from './drive-rows.ts';
import { type GraphClient, GraphError } from './graph-client.ts';

/** A service that repeats itself was seen to do so for weeks: so many pages without a new item end the round. */
const MAX_STALE_PAGES = 20;
const MAX_RESTARTS = 2;

/**
 * Read pages until the delta link. Goes on behind the pages that are in the journal.
 * @param deltaLink  where the last round ended; null: enumerate everything
 * @throws {TerminalError} sync.endless when the service repeats itself; the old cursor stays
 */
export async function collectPages(
  graph: GraphClient,
  journal: Journal,
  driveId: string,
  deltaLink: string | null,
  logger: Logger,
): Promise<JournalPage[]> {
  const pages = await journal.pages();
  const seen = new Set<string>();
  const links = new Set<string>();
  let stale = 0;
  let restarts = 0;
  const fresh = `/drives/${encodeURIComponent(driveId)}/root/delta`;
  for (;;) {
    const last = pages.at(-1);
    if (last !== undefined && last.delta !== null) return pages;
    const link = last?.next ?? deltaLink ?? fresh;
    const isFull = last?.isFull ?? deltaLink === null;
    if (links.has(link)) throw endless(driveId);
    links.add(link);
    let page: JournalPage;
    try {
      const isFirst = last === undefined && deltaLink === null;
      const { body } = await graph.json(link, { units: isFirst ? 2 : 1 });
      const { rows, unreadable, next, delta } = readPage(body);
      if (unreadable > 0) logger.warn('source.rows-unreadable', { rows: unreadable });
      page = { rows, unreadable, next: next ?? null, delta: delta ?? null, isFull };
      if (next === undefined && delta === undefined)
        throw new TerminalError('sync.bad-answer', `drive ${driveId}: a page without link to the next one`);
    } catch (error) {
      if (!(error instanceof GraphError) || !isLost(error) || restarts >= MAX_RESTARTS) throw error;
      restarts++;
      logger.warn('source.resync', { status: error.status });
      // The link that comes with a 410 is tried once; a plain enumeration is what always works.
      const begin = restarts === 1 && error.location !== undefined ? error.location : fresh;
      page = { rows: [], unreadable: 0, next: begin, delta: null, isFull: true, isRestart: true };
      links.clear();
      seen.clear();
    }
    const before = seen.size;
    for (const { id } of page.rows) seen.add(id);
    stale = seen.size > before ? 0 : stale + 1;
    if (stale > MAX_STALE_PAGES) throw endless(driveId);
    await journal.putPage(pages.length, page);
    pages.push(page);
  }
}

/** The link is good for nothing any more: expired, forgotten, malformed, gone in mid-paging, or a resync's own link that fails. */
const isLost = ({ status }: GraphError): boolean => status === 410 || status === 404 || status === 400;

const endless = (driveId: string): TerminalError =>
  new TerminalError('sync.endless', `drive ${driveId}: the pages of the delta do not end`);
