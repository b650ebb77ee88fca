// Local copies of lake files that never change: data files of Delta tables.
// Invariants: H1 a file is under its name only when complete. H2 a name, together with its mark, stands for one content for ever, so nothing
// is ever refreshed. Our own tables need no mark: their files' names are never given twice.
// H3 the folder is brought below its limit, oldest first, as far as files are not in use right now: hourly, and by a process that has added an eighth
// of what was free. H4 what a fetch costs does not grow with the number of files that others left.
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { codeOf, TerminalError } from '../errors.ts';
import type { LakeStore } from '../ports.ts';

const DEFAULT_MAX_BYTES = 2 * 1024 ** 3;
const PARALLEL = 8;
/** Tells all processes when the folder was last looked through, by its time, and what it held then. */
const LOOKED = 'looked-through';
const LOOK_EVERY_MS = 3_600_000;
/** Of what is free: so much a process adds before it looks again. */
const ADDED_SHARE = 1 / 8;
/** Of the limit: what is left when files had to go. */
const KEPT_SHARE = 7 / 8;

export class FileCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Lake path by local one, of what was asked for. */
  readonly #origins = new Map<string, string>();
  readonly #arriving = new Map<string, Promise<void>>();
  readonly #downloads = pLimit(PARALLEL);
  /** Bytes added since this process looked. */
  #added = 0;

  /** @param folder  default: one below the system's temporary folder, shared by the user's processes and closed to others */
  constructor(
    folder: string = join(tmpdir(), `sluice-lake-cache-${process.getuid?.() ?? 0}`),
    maxBytes: number = DEFAULT_MAX_BYTES,
  ) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  get folder(): string {
    return this.#folder;
  }

  /**
   * Local paths of lake files, in the same order; missing ones are downloaded.
   * @param marks  what tells a file from others that had its name before, or have it in another account
   */
  async fetch(store: LakeStore, paths: readonly string[], marks: readonly string[] = []): Promise<string[]> {
    const local = paths.map((path, i) => this.#localPath(store, path, marks[i]));
    const missing = await Promise.all(
      local.map((file, index) => this.#downloads(() => this.#ensure(store, paths[index]!, file))),
    );
    const arrived = local.filter((_, i) => missing[i]);
    if (arrived.length > 0 && (await this.#isLookDue(arrived))) await this.#trim(new Set(local));
    return local;
  }

  /** Delete the local copies of files that are gone from the lake. */
  async drop(store: LakeStore, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const local = this.#localPath(store, path);
      this.#origins.delete(local);
      await rm(local, { force: true });
    }
  }

  /**
   * The lake file whose copy a message of DuckDB names; the copy is deleted, so that a restored file is read anew.
   * @returns container and path; undefined when the message names none
   */
  async disown(message: string): Promise<string | undefined> {
    const name = /[0-9a-f]{40}\.parquet/.exec(message)?.[0];
    const local = name === undefined ? undefined : join(this.#folder, name);
    const origin = local === undefined ? undefined : this.#origins.get(local);
    if (local !== undefined && origin !== undefined) await rm(local, { force: true });
    return origin;
  }

  #localPath(store: LakeStore, path: string, mark = ''): string {
    const origin = `${store.container}/${path}`;
    const name = mark === '' ? origin : `${origin}\0${mark}`;
    const local = join(this.#folder, `${createHash('sha256').update(name).digest('hex').slice(0, 40)}.parquet`);
    this.#origins.set(local, origin);
    return local;
  }

  async #ensure(store: LakeStore, path: string, file: string): Promise<boolean> {
    if (await exists(file)) return false;
    let arriving = this.#arriving.get(file);
    if (arriving === undefined) {
      arriving = this.#download(store, path, file).finally(() => this.#arriving.delete(file));
      this.#arriving.set(file, arriving);
    }
    await arriving;
    return true;
  }

  /** H1: under a name of its own first. */
  async #download(store: LakeStore, path: string, file: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const partial = `${file}.${randomUUID()}.partial`;
    try {
      await store.download(path, partial).catch((error) => {
        if (codeOf(error) !== 'lake.not-found') throw error;
        // The log names the file, so it is not the caller who has misspelt it.
        throw new TerminalError('lake.corrupt-table', `The file ${store.container}/${path} of a table is missing`, {
          ids: { container: store.container, path },
          cause: error,
        });
      });
      await rename(partial, file);
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** H4. */
  async #isLookDue(arrived: readonly string[]): Promise<boolean> {
    const files = (await Promise.all(arrived.map(describe))).filter((file) => file !== undefined);
    this.#added += files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const last = await describe(join(this.#folder, LOOKED));
    if (last === undefined) return true;
    const now = Math.max(...files.map(({ modified }) => modified)); // the clock of the file system, as the mark's
    const held = Number(await readFile(last.path, 'utf8').catch(() => this.#maxBytes));
    return now - last.modified > LOOK_EVERY_MS || !(this.#added <= (this.#maxBytes - held) * ADDED_SHARE);
  }

  /** H3. */
  async #trim(inUse: ReadonlySet<string>): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.parquet'));
    const files = (await Promise.all(names.map((name) => describe(join(this.#folder, name))))).filter(
      (file) => file !== undefined,
    );
    let total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const goal = total <= this.#maxBytes ? total : this.#maxBytes * KEPT_SHARE;
    for (const file of files.sort((a, b) => a.modified - b.modified)) {
      if (total <= goal) break;
      if (inUse.has(file.path)) continue;
      await rm(file.path, { force: true });
      total -= file.sizeBytes;
    }
    await writeFile(join(this.#folder, LOOKED), String(total), { mode: 0o600 });
    this.#added = 0;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false; // whatever the reason, a download settles it or says why not
  }
}

async function describe(path: string) {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, sizeBytes: size, modified: mtimeMs };
  } catch (error) {
    // Another process may have trimmed it first.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
