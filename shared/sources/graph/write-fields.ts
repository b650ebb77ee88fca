// Columns of the list item behind a file of a library.
// Invariant: nothing is set in another version than the known one. The tag of a file may not be what the list item calls that version, so where it is
// refused both are asked for and compared.
// https://learn.microsoft.com/graph/api/listitem-update
import { z } from 'zod';
import type { WriteBack } from '../../api/source-entry.ts';
import { TerminalError } from '../../errors.ts';
import type { Drive } from '../feed.ts';
import type { Written } from '../written.ts';
import { readPage } from './drive-rows.ts';
import { type GraphClient, GraphError } from './graph-client.ts';

const columnsSchema = z.looseObject({
  value: z.array(z.looseObject({ name: z.string() })),
  '@odata.nextLink': z.string().optional(),
});
const tagsSchema = z.looseObject({ eTag: z.string(), listItem: z.looseObject({ eTag: z.string() }) });
const MAX_COLUMN_PAGES = 20;

const pathOf = (driveId: string, itemId: string): string =>
  `/drives/${encodeURIComponent(driveId)}/items/${encodeURIComponent(itemId)}`;

/** Sets columns of the files of one library. */
export class FieldWriter {
  readonly #graph: GraphClient;
  readonly #driveId: string;
  /** The service takes the file's tag for the list item's. */
  #takesFileTag = true;
  #names: Promise<ReadonlySet<string>> | undefined;

  constructor(graph: GraphClient, driveId: string) {
    this.#graph = graph;
    this.#driveId = driveId;
  }

  /** @returns false when the file is gone. @throws {SluiceError} sync.column of all files, any other of this one */
  async write(item: { id: string; eTag: string }, columns: WriteBack, value: Written): Promise<boolean> {
    try {
      if (this.#takesFileTag && (await this.#patch(item.id, item.eTag, columns, value))) return true;
      const tag = await this.#listTag(item);
      if (tag === undefined) throw changed();
      if (!(await this.#patch(item.id, tag, columns, value))) throw changed();
      this.#takesFileTag = false;
      return true;
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (error.status === 404) return false;
      if (error.status === 400) throw await this.#wrongColumn(columns, error);
      throw error;
    }
  }

  /** @returns false when the list item has another version */
  async #patch(id: string, tag: string, columns: WriteBack, { label, confidence }: Written): Promise<boolean> {
    const body = {
      [columns.label]: label,
      ...(columns.confidence === undefined ? {} : { [columns.confidence]: confidence }),
    };
    const options = { method: 'PATCH' as const, units: 2, body, headers: { 'if-match': tag } };
    try {
      await this.#graph.json(`${pathOf(this.#driveId, id)}/listItem/fields`, options);
      return true;
    } catch (error) {
      if (error instanceof GraphError && error.status === 412) return false;
      throw error;
    }
  }

  /** What the list item calls the known version; undefined: there is another one. */
  async #listTag({ id, eTag }: { id: string; eTag: string }): Promise<string | undefined> {
    const path = `${pathOf(this.#driveId, id)}?$select=id,eTag&$expand=listItem($select=id)`;
    const now = tagsSchema.parse((await this.#graph.json(path, { units: 1 })).body);
    return now.eTag === eTag ? now.listItem.eTag : undefined;
  }

  async #wrongColumn(columns: WriteBack, cause: GraphError): Promise<TerminalError> {
    this.#names ??= columnsOf(this.#graph, this.#driveId);
    const missing = missingOf(columns, await this.#names);
    if (missing.length > 0) return noColumn(missing, cause);
    return new TerminalError('sync.column-value', 'the library does not take the value of a column', { cause });
  }
}

/** Whether columns and right are there; nothing is changed. @throws {SluiceError} */
export async function probeFields(graph: GraphClient, { id }: Drive, columns: WriteBack): Promise<void> {
  const missing = missingOf(columns, await columnsOf(graph, id));
  if (missing.length > 0) throw noColumn(missing);
  const path = `/drives/${encodeURIComponent(id)}/root/children?$top=50`;
  const { rows } = readPage((await graph.json(path, { units: 2 })).body);
  const file = rows.find(({ kind }) => kind === 'file');
  if (file === undefined) return;
  try {
    // A version that no file has: it is refused for that, or for want of the right. It would set nothing.
    const options = { method: 'PATCH' as const, units: 2, body: {}, headers: { 'if-match': '"never"' } };
    await graph.json(`${pathOf(id, file.id)}/listItem/fields`, options);
  } catch (error) {
    if (!(error instanceof GraphError) || (error.status !== 412 && error.status !== 400)) throw error;
  }
}

async function columnsOf(graph: GraphClient, driveId: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  let link: string | undefined = `/drives/${encodeURIComponent(driveId)}/list/columns?$select=name`;
  for (let page = 0; link !== undefined && page < MAX_COLUMN_PAGES; page++) {
    const list = columnsSchema.parse((await graph.json(link, { units: 2 })).body);
    for (const { name } of list.value) names.add(name);
    link = list['@odata.nextLink'];
  }
  return names;
}

const missingOf = ({ label, confidence }: WriteBack, there: ReadonlySet<string>): string[] =>
  [label, confidence].filter((one): one is string => one !== undefined && !there.has(one));

const noColumn = (missing: readonly string[], cause?: unknown): TerminalError =>
  new TerminalError('sync.column', `the library has no column ${missing.join(', ')}`, { cause });

const changed = (): TerminalError => new TerminalError('sync.changed', 'the file has another version');
