// The pages of one enumeration of a round, into the journal. Every way a delta can go wrong ends here in a fresh enumeration or in an error;
// never in a loop, never in a lost cursor.
// https://learn.microsoft.com/graph/api/driveitem-delta
import { TerminalError } from '../../errors.ts';
import type { Logger } from '../../ports.ts';
import type { JournalPage } from '../journal.ts';
import type { LastPage, RoundRows } from '../round-rows.ts';
import type { DriveRows } from './drive-rows.ts';
import { foreignLink, type GraphClient, GraphError } from './graph-client.ts';
import { SeenIds } from './seen-ids.ts';

/** A service that repeats itself was seen to do so for weeks: so many pages without a new item end the round. */
const MAX_STALE_PAGES = 20;
const MAX_RESTARTS = 2;

/** One enumeration: its first address and how its answers are read. */
export interface DeltaPart {
  /** '' where the drive has one. */
  name: string;
  /** Shown in errors. */
  title: string;
  /** Address that enumerates everything. */
  fresh: string;
  /** Resource units of `fresh`. */
  freshUnits: number;
  headers?: Record<string, string>;
  read(body: unknown): DriveRows;
}

/**
 * Read pages until the delta link. Goes on behind the pages that are in the journal.
 * @param rows       the journal so far, all parts; what is read is added
 * @param deltaLink  where the last round ended; null: enumerate everything
 * @returns the last page
 * @throws {TerminalError} sync.endless when the service repeats itself; the old cursor stays
 */
export async function collectPages(
  { graph, logger }: { graph: GraphClient; logger: Logger },
  part: DeltaPart,
  rows: RoundRows,
  deltaLink: string | null,
): Promise<LastPage> {
  const seen = new SeenIds();
  // A cursor of another cloud is good for nothing here.
  const from = deltaLink !== null && graph.owns(deltaLink) ? deltaLink : null;
  const links = new Set<string>();
  const { fresh, headers = {} } = part;
  let stale = 0;
  let restarts = 0;
  for (;;) {
    const last = rows.last(part.name);
    if (last !== undefined && last.delta !== null) return last;
    const link = last?.next ?? from ?? fresh;
    const isFull = last?.isFull ?? from === null;
    if (links.has(link)) throw endless(part);
    links.add(link);
    let page: JournalPage;
    try {
      const { body } = await graph.json(link, { units: link === fresh ? part.freshUnits : 1, headers });
      const { unreadable, next, delta, ...read } = part.read(body);
      if (unreadable > 0) logger.warn('source.rows-unreadable', { rows: unreadable });
      page = { part: part.name, ...read, unreadable, next: next ?? null, delta: delta ?? null, isFull };
      if (next === undefined && delta === undefined)
        throw new TerminalError('sync.bad-answer', `${part.title}: a page without link to the next one`);
      // Before it is in the journal, where every later process would find it.
      if (!graph.owns(next ?? delta ?? '')) throw foreignLink();
    } catch (error) {
      if (!(error instanceof GraphError) || !isLost(error) || restarts >= MAX_RESTARTS) throw error;
      restarts++;
      logger.warn('source.resync', { status: error.status });
      // The link that comes with a 410 is tried once; a plain enumeration is what always works.
      const begin = restarts === 1 && graph.owns(error.location ?? '') ? (error.location ?? fresh) : fresh;
      const restart = { next: begin, delta: null, isFull: true, isRestart: true };
      page = { part: part.name, rows: [], unreadable: 0, ...restart };
      links.clear();
      seen.clear();
    }
    let isStale = true;
    for (const { id } of page.rows) if (seen.add(id)) isStale = false;
    stale = isStale ? stale + 1 : 0;
    if (stale > MAX_STALE_PAGES) throw endless(part);
    await rows.add(page);
  }
}

/** The link is good for nothing any more: expired, forgotten, malformed, gone in mid-paging, or a resync's own link that fails. */
const isLost = ({ status }: GraphError): boolean => status === 410 || status === 404 || status === 400;

const endless = ({ title }: DeltaPart): TerminalError =>
  new TerminalError('sync.endless', `${title}: the pages of the delta do not end`);
