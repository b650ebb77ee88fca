// The local lake while no storage runs: its files straight from the folder that Azurite keeps, for commands that only look. Starting storage
// takes a second, reading its catalogue some milliseconds.
// Invariants: R1 nothing is written, to no file. R2 nobody starts storage on the folder while it is read: Azurite's lock is held. R3 a catalogue of
// another form than the one known here is not guessed at: the caller starts storage.
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { SluiceError, TerminalError } from '../shared/errors.ts';
import type { LakeFile, LakeStore } from '../shared/ports.ts';

/** A piece of a file: `count` bytes at `offset` of an extent. */
const pieceSchema = z.object({ id: z.string(), offset: z.number(), count: z.number() });
const blobSchema = z.object({
  containerName: z.string(),
  name: z.string(),
  deleted: z.boolean().optional(),
  isCommitted: z.boolean(),
  snapshot: z.string().optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  properties: z.object({ contentLength: z.number(), etag: z.string(), lastModified: z.string(), blobType: z.string() }),
  /** Of a file written at once; of one written in blocks, `committedBlocksInOrder` has one for each. */
  persistency: pieceSchema.nullish(),
  committedBlocksInOrder: z.array(z.object({ persistency: pieceSchema })).optional(),
});
const catalogueSchema = z.object({ collections: z.array(z.object({ name: z.string(), data: z.array(z.unknown()) })) });
const extentSchema = z.object({ id: z.string(), locationId: z.string(), path: z.string() });

type Blob = z.infer<typeof blobSchema>;

export interface LakeAtRest {
  container(name: string): LakeStore;
  close(): void;
}

/** Open the folder. Undefined: it has no catalogue, one of a form not known here, or storage is still using it. @param folder  of Azurite */
export async function openLakeAtRest(folder: string): Promise<LakeAtRest | undefined> {
  const lock = lockFolder(folder);
  if (lock === undefined) return undefined;
  try {
    const [blobs, extents] = await Promise.all([
      collection(folder, '__azurite_db_blob__.json', '$BLOBS_COLLECTION$', blobSchema),
      collection(folder, '__azurite_db_blob_extent__.json', '$EXTENTS_COLLECTION$', extentSchema),
    ]);
    if (blobs === undefined || extents === undefined || extents.some(({ locationId }) => locationId !== 'Default')) {
      lock.close();
      return undefined;
    }
    const paths = new Map(extents.map(({ id, path }) => [id, join(folder, '__blobstorage__', path)]));
    return { container: (name) => containerOf(name, blobs, paths), close: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** R2. Undefined: another process holds it. */
function lockFolder(folder: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, 'azurite.lock'));
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch {
    lock?.close(); // in use, or no such folder: storage says what it is
    return undefined;
  }
}

/** R3. */
async function collection<T>(
  folder: string,
  file: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T[] | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // nothing was ever saved
    throw error;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined; // cut off: Azurite knows what it does with such a file
  }
  const found = catalogueSchema.safeParse(parsed).data?.collections.find((each) => each.name === name);
  return z.array(schema).safeParse(found?.data).data;
}

function containerOf(container: string, blobs: readonly Blob[], extents: ReadonlyMap<string, string>): LakeStore {
  const files = new Map<string, Blob>();
  for (const blob of blobs) {
    const isFile = blob.metadata?.hdi_isfolder !== 'true' && (blob.snapshot ?? '') === '';
    if (blob.containerName === container && isFile && blob.isCommitted && blob.deleted !== true)
      files.set(blob.name, blob);
  }
  const bytesOf = async (blob: Blob): Promise<Buffer> => {
    const pieces = blob.persistency
      ? [blob.persistency]
      : (blob.committedBlocksInOrder ?? []).map((block) => block.persistency);
    const parts = await Promise.all(pieces.map((piece) => readPiece(extents.get(piece.id), piece)));
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    if (bytes.length !== blob.properties.contentLength)
      throw new SluiceError(
        'lake.unavailable',
        `The files of ${container}/${blob.name} in the data folder are damaged`,
      );
    return bytes;
  };
  const refuse = async (): Promise<never> => {
    throw new SluiceError('internal', 'a command that only looks wrote to the lake');
  };
  const readIfExists = async (path: string, maxBytes = Number.POSITIVE_INFINITY) => {
    const blob = files.get(path);
    if (blob === undefined) return undefined;
    const { contentLength, etag } = blob.properties;
    if (contentLength > maxBytes)
      throw new TerminalError('extract.too-large', `File of ${contentLength} bytes; at most ${maxBytes} are read`, {
        ids: { container, path },
      });
    return { bytes: await bytesOf(blob), etag };
  };
  return {
    container,
    readIfExists,
    async read(path) {
      const found = await readIfExists(path);
      if (found === undefined)
        throw new TerminalError('lake.not-found', `No file ${path}`, { ids: { container, path } });
      return found.bytes;
    },
    async readPart(path, offset, length) {
      return (await this.read(path)).subarray(offset, offset + length);
    },
    async download(path, localFile) {
      const found = await this.read(path);
      await mkdir(dirname(localFile), { recursive: true });
      await writeFile(localFile, found);
    },
    async stat(path) {
      const blob = files.get(path);
      return blob === undefined ? undefined : fileOf(blob);
    },
    async *list(prefix) {
      const folder = prefix.replace(/^\/+|\/+$/g, '');
      for (const [path, blob] of files) if (folder === '' || path.startsWith(`${folder}/`)) yield fileOf(blob);
    },
    write: refuse,
    upload: refuse,
    delete: refuse,
    deleteFolder: refuse,
  };
}

const fileOf = ({ name, properties }: Blob): LakeFile => ({
  path: name,
  sizeBytes: properties.contentLength,
  etag: properties.etag,
  lastModified: Date.parse(properties.lastModified),
});

async function readPiece(file: string | undefined, { offset, count }: z.infer<typeof pieceSchema>): Promise<Buffer> {
  if (file === undefined) return Buffer.alloc(0); // told as damage by its length
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.allocUnsafe(count);
    const { bytesRead } = await handle.read(bytes, 0, count, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
