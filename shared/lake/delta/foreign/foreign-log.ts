// The log of a table that another engine wrote: what is live at its newest version, from any kind of checkpoint.
// Invariant: F1 the state comes from a whole checkpoint and every commit after it, without a gap, or it is an error.
// Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md (checkpoints: classic, multi-part, V2 with sidecars)
import { TerminalError } from '../../../errors.ts';
import type { LakeStore } from '../../../ports.ts';
import { type AddFile, decodeActions, type Metadata, type Protocol } from '../actions.ts';
import { readParquetCheckpoint } from '../checkpoint.ts';
import { type DeletionVector, vectorId } from './deletion-vector.ts';

export type ForeignFile = AddFile & { deletionVector?: DeletionVector | null };

export interface ForeignSnapshot {
  version: number;
  protocol: Protocol;
  metadata: Metadata;
  files: ForeignFile[];
}

type ForeignAction = {
  add?: ForeignFile;
  remove?: { path: string; deletionVector?: DeletionVector | null };
  metaData?: Metadata;
  protocol?: Protocol;
  sidecar?: { path: string };
};

const COMMITS_AT_ONCE = 32;

/** The newest state; undefined when there is no table. @throws {TerminalError} lake.corrupt-table */
export async function readForeignLog(store: LakeStore, table: string): Promise<ForeignSnapshot | undefined> {
  const folder = `${table}/_delta_log`;
  const { commits, checkpoints } = await listLog(store, folder);
  if (commits.length === 0 && checkpoints.length === 0) return undefined;
  const start = checkpoints.at(-1);
  const replay = new ForeignReplay();
  if (start !== undefined) await readCheckpointFiles(store, folder, start.files, replay);
  const after = commits.filter((version) => version > (start?.version ?? -1));
  const first = (start?.version ?? -1) + 1;
  const gap = after.findIndex((version, i) => version !== first + i);
  if (gap >= 0)
    throw new TerminalError(
      'lake.corrupt-table',
      `The log of ${table} has no version ${first + gap}, and no checkpoint after it`,
    );
  for (let from = 0; from < after.length; from += COMMITS_AT_ONCE) {
    const next = after.slice(from, from + COMMITS_AT_ONCE).map(async (version) => {
      const path = `${folder}/${digits(version)}.json`;
      return decodeActions(await store.read(path), path) as ForeignAction[];
    });
    for (const actions of await Promise.all(next)) replay.apply(actions);
  }
  return replay.snapshot(after.at(-1) ?? start?.version ?? 0, table);
}

/** Collects actions in log order. A file is known by its path and its deletion vector. */
class ForeignReplay {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #files = new Map<string, ForeignFile>();

  apply(actions: readonly ForeignAction[]): void {
    // removes first: a commit that gives a file another vector removes and adds the same path
    for (const { remove } of actions)
      if (remove != null) this.#files.delete(`${remove.path}\0${vectorId(remove.deletionVector)}`);
    for (const { add, metaData, protocol } of actions) {
      if (add != null) this.#files.set(`${add.path}\0${vectorId(add.deletionVector)}`, add);
      if (metaData != null) this.#metadata = metaData;
      if (protocol != null) this.#protocol = protocol;
    }
  }

  snapshot(version: number, table: string): ForeignSnapshot {
    if (this.#protocol === undefined || this.#metadata === undefined)
      throw new TerminalError('lake.corrupt-table', `The log of ${table} has no protocol or metadata`);
    return { version, protocol: this.#protocol, metadata: this.#metadata, files: [...this.#files.values()] };
  }
}

interface Checkpoint {
  version: number;
  files: string[];
}

/** Versions of the commits, and the checkpoints whose parts are all there; ascending. */
async function listLog(store: LakeStore, folder: string): Promise<{ commits: number[]; checkpoints: Checkpoint[] }> {
  const commits: number[] = [];
  const whole: Checkpoint[] = [];
  const parts = new Map<string, { version: number; count: number; files: string[] }>();
  for await (const { path } of store.list(folder)) {
    const name = path.slice(folder.length + 1);
    const found =
      /^(\d{20})\.(?:(json)|checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet|checkpoint\.[0-9a-f-]{36}\.(?:json|parquet))$/i.exec(
        name,
      );
    if (found === null) continue;
    const [, digits, isCommit, , count] = found;
    const version = Number(digits);
    if (isCommit !== undefined) commits.push(version);
    else if (count === undefined) whole.push({ version, files: [path] });
    else {
      const key = `${version}.${count}`;
      const known = parts.get(key) ?? { version, count: Number(count), files: [] };
      known.files.push(path);
      parts.set(key, known);
    }
  }
  for (const { version, count, files } of parts.values())
    if (files.length === count) whole.push({ version, files: files.sort() });
  return { commits: commits.sort((a, b) => a - b), checkpoints: whole.sort((a, b) => a.version - b.version) };
}

async function readCheckpointFiles(
  store: LakeStore,
  folder: string,
  files: readonly string[],
  replay: ForeignReplay,
): Promise<void> {
  const sidecars: string[] = [];
  for (const path of files) {
    const bytes = await store.read(path);
    const actions = (
      path.endsWith('.json') ? decodeActions(bytes, path) : await readParquetCheckpoint(bytes, path)
    ) as ForeignAction[];
    replay.apply(actions);
    for (const { sidecar } of actions) if (sidecar != null) sidecars.push(sidecar.path);
  }
  for (const name of sidecars) {
    if (name.includes('/') || name.includes('..'))
      throw new TerminalError('lake.unsupported-table', 'A checkpoint refers to files outside its folder');
    const path = `${folder}/_sidecars/${name}`;
    replay.apply((await readParquetCheckpoint(await store.read(path), path)) as ForeignAction[]);
  }
}

const digits = (version: number): string => String(version).padStart(20, '0');
