// A library or OneDrive as a feed: the delta of its root.
// https://learn.microsoft.com/graph/api/driveitem-delta
import type { WriteBack } from '../../api/source-entry.ts';
import type { Logger } from '../../ports.ts';
import type { DriveItem } from '../drive-items.ts';
import type { Asked, Collected, Content, Drive, Feed, Known } from '../feed.ts';
import { partBelow, type RoundRows } from '../round-rows.ts';
import type { Written } from '../written.ts';
import { collectPages } from './delta-pages.ts';
import { type DriveRow, OFFICE, readItem, readPage } from './drive-rows.ts';
import { contentOf, foreignLink, type GraphClient, rowIfThere } from './graph-client.ts';
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

  async collect(rows: RoundRows, cursor: string | null, known: Known): Promise<Collected> {
    const deps = { graph: this.#graph, logger: this.#logger };
    const fresh = `${this.#path}/root/delta`;
    const read = (body: unknown) => readPage(body, this.#sinceMs);
    const part = { name: '', title: this.#title, fresh, freshUnits: 2, read };
    const { isFull, delta } = await collectPages(deps, part, rows, cursor);
    if (!isFull) await this.#below(rows, known);
    return { isFull, covers: () => isFull, cursor: delta ?? fresh };
  }

  ask({ id }: Asked): Promise<DriveRow | undefined> {
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

  /** What lies below folders that are new to us: the feed shows a folder that was moved in, not its contents. */
  async #below(rows: RoundRows, { tree }: Known): Promise<void> {
    const shown = rows.folders('');
    const below = new Map<string, string[]>();
    const enter = ({ id, kind, parentId }: DriveRow) => {
      if (kind === 'folder' && parentId !== null && !shown.has(id))
        below.set(parentId, [...(below.get(parentId) ?? []), id]);
    };
    for (const row of rows.folders().values()) enter(row); // those of a process that was ended
    const open = [...shown.values()].flatMap(({ id, kind, isRoot }) =>
      kind === 'folder' && !isRoot && !tree.byId.has(id) ? [id] : [],
    );
    const seen = new Set(open);
    for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
      const part = partBelow(folder);
      for (let last = rows.last(part); last === undefined || last.next !== null; last = rows.last(part)) {
        const link = last?.next ?? `${this.#path}/items/${encodeURIComponent(folder)}/children`;
        const { body } = await this.#graph.json(link, { units: 2 });
        const { rows: read, unreadable, next } = readPage(body);
        if (!this.#graph.owns(next ?? '/')) throw foreignLink();
        const children = read.map((row) => ({ ...row, parentId: row.parentId ?? folder ?? null }));
        for (const row of children) enter(row);
        await rows.add({ part, rows: children, unreadable, next: next ?? null, delta: null, isFull: false });
      }
      for (const id of below.get(folder) ?? []) {
        if (!seen.has(id)) open.push(id);
        seen.add(id);
      }
    }
  }
}
