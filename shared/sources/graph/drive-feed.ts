// A library or OneDrive as a feed: the delta of its root.
// https://learn.microsoft.com/graph/api/driveitem-delta
import type { WriteBack } from '../../api/source-entry.ts';
import type { Logger } from '../../ports.ts';
import type { DriveItem, DriveItems } from '../drive-items.ts';
import type { Collected, Content, Drive, Feed } from '../feed.ts';
import type { Journal } from '../journal.ts';
import type { Written } from '../written.ts';
import { collectPages } from './delta-pages.ts';
import { type DriveRow, OFFICE, readItem, readPage } from './drive-rows.ts';
import { contentOf, type GraphClient, rowIfThere } from './graph-client.ts';
import { FieldWriter } from './write-fields.ts';

export class DriveFeed implements Feed {
  readonly #graph: GraphClient;
  readonly #logger: Logger;
  readonly #path: string;
  readonly #title: string;
  readonly #fields: FieldWriter;

  readonly #sinceMs: number;

  /** @param since  day of the source; undefined: everything is read */
  constructor(graph: GraphClient, drive: Drive, logger: Logger, since?: string) {
    this.#sinceMs = since === undefined ? 0 : Date.parse(since);
    this.#graph = graph;
    this.#logger = logger;
    this.#fields = new FieldWriter(graph, drive.id);
    this.#path = `/drives/${encodeURIComponent(drive.id)}`;
    this.#title = `drive ${drive.id}`;
  }

  async collect(journal: Journal, cursor: string | null, known: DriveItems): Promise<Collected> {
    const deps = { graph: this.#graph, journal, logger: this.#logger };
    const fresh = `${this.#path}/root/delta`;
    const read = (body: unknown) => readPage(body, this.#sinceMs);
    const part = { name: '', title: this.#title, fresh, freshUnits: 2, read };
    const { rows, last } = await collectPages(deps, part, await journal.folded(known), cursor);
    const { isFull } = last;
    const all = isFull ? rows : await this.#withChildren(rows, known);
    return { rows: all, isFull, covers: () => isFull, cursor: last.delta ?? fresh };
  }

  ask({ id }: DriveItem): Promise<DriveRow | undefined> {
    const path = `${this.#path}/items/${encodeURIComponent(id)}`;
    return rowIfThere(async () => readItem((await this.#graph.json(path, { units: 1 })).body));
  }

  async write(item: DriveItem, columns: WriteBack, value: Written): Promise<{ row?: DriveRow } | undefined> {
    if (!(await this.#fields.write(item, columns, value))) return undefined;
    if (!OFFICE.test(item.name)) return {};
    const row = await this.ask(item); // columns may be copied into the file
    return row && { row };
  }

  self(): Promise<string | null> {
    return this.#graph.appId();
  }

  async open({ id }: DriveItem): Promise<Content> {
    return contentOf(await this.#graph.content(`${this.#path}/items/${encodeURIComponent(id)}/content`));
  }

  /** Rows of the round, and of what lies below folders that are new to us: the feed shows a folder that was moved in, not its contents. */
  async #withChildren(rows: ReadonlyMap<string, DriveRow>, known: DriveItems): Promise<ReadonlyMap<string, DriveRow>> {
    const all = new Map(rows);
    const open = [...rows.values()].filter((row) => row.kind === 'folder' && !row.isRoot && !known.byId.has(row.id));
    for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
      let link: string | undefined = `${this.#path}/items/${encodeURIComponent(folder.id)}/children`;
      while (link !== undefined) {
        const { body } = await this.#graph.json(link, { units: 2 });
        const page = readPage(body);
        for (const row of page.rows) {
          if (all.has(row.id)) continue;
          all.set(row.id, { ...row, parentId: row.parentId ?? folder.id });
          if (row.kind === 'folder') open.push(row);
        }
        link = page.next;
      }
    }
    return all;
  }
}
