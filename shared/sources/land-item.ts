// One file of a drive → the landing container, streamed through a temporary file, under its ids.
// Invariants: L1 a file lands when its bytes differ from what has landed, by SHA-256: other tags, dates and names land nothing. L2 repeated after a
// kill it lands once (journal.ts, J2). L3 what is not whole does not land. L4 of two rounds
// at once, as of a worker that was given up and lives, one puts a file: the other finds it there, and loses its round at the cursor.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, RetryableError, SluiceError, TerminalError } from '../errors.ts';
import { landedPath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';
import type { DriveItem } from './drive-items.ts';
import type { Feed } from './feed.ts';
import { itemKeyOf } from './item-key.ts';
import type { End, Intent, Journal } from './journal.ts';

export interface LandDeps {
  feed: Feed;
  landing: LakeStore;
  journal: Journal;
  source: string;
  driveId: string;
  /** The drive as paths name it. */
  driveKey: string;
  maxBytes: number;
  nowMs(): number;
}

const TRIES = 3;
/** One file that the service never gives out holds up its round so often, then no more. */
const MOST_TRIES = 3;

/** What became of a file. @param name  its path in the drive, to be shown. @throws {RetryableError} when the service or storage is away: the round goes on later */
export async function landItem(deps: LandDeps, item: DriveItem, name: string): Promise<End> {
  const { journal, driveId, source } = deps;
  const key = itemKeyOf(driveId, item.id);
  const mark = await journal.mark(key);
  if (mark?.kind === 'end') return mark;
  const path = landedPath(source, deps.driveKey, key, item.name);
  const shown = { name, url: item.webUrl };
  const end = (state: End['state'], code: string | null, sha256: string | null, landedAt?: number): End => ({
    kind: 'end',
    state,
    code,
    sha256,
    landedPath: state === 'landed' ? path : item.landedPath,
    contentTag: item.contentTag,
    shown,
    ...(landedAt === undefined ? {} : { landedAt }),
  });
  const done = async (result: End): Promise<End> => {
    await journal.putMark(key, result);
    return result;
  };
  if (mark?.kind === 'intent') {
    const there = await deps.landing.stat(path); // L2
    if (there !== undefined && there.etag !== mark.before && (await holds(deps.landing, path, mark.sha256)))
      return done(end('landed', null, mark.sha256, mark.at));
  }
  try {
    let landedAt: number | undefined;
    let other: End | undefined;
    const sha256 = await download(deps, item, async (file, digest, size) => {
      if (digest === item.sha256 && path === item.landedPath) return; // L1
      const there = await deps.landing.stat(path);
      const before = there?.etag ?? null;
      // L1: put by a round that has ended meanwhile, or before the source was removed and added anew.
      if (there?.sizeBytes === size && (await holds(deps.landing, path, digest))) return;
      landedAt = deps.nowMs(); // before anybody can decide on it
      const intent: Intent = { kind: 'intent', sha256: digest, before, shown, at: landedAt };
      const known = mark === undefined ? await journal.claim(key, intent) : await journal.mark(key);
      if (known?.kind === 'end') {
        other = known;
        return;
      }
      if (known?.kind === 'intent' && before !== known.before && (await holds(deps.landing, path, digest))) return; // L4
      if (known !== undefined)
        await journal.putMark(key, { ...intent, ...(known.tries === undefined ? {} : { tries: known.tries }) });
      try {
        await deps.landing.upload(path, file, before === null ? { ifAbsent: true } : { ifMatch: before });
      } catch (error) {
        if (codeOf(error) !== 'lake.conflict') throw error;
        if (await holds(deps.landing, path, digest)) return; // L4, or the answer to our own was lost
        throw new RetryableError('sync.unavailable', 'something else has replaced the landed file', { cause: error });
      }
    });
    if (other !== undefined) return other;
    return done(end('landed', null, sha256, landedAt));
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.code.startsWith('sync.')) throw error;
    if (error instanceof RetryableError) {
      const tries = (mark?.tries ?? 0) + 1;
      if (error.code !== 'sync.unavailable') throw error;
      if (tries >= MOST_TRIES || item.code === 'sync.unavailable') return done(end('failed', error.code, item.sha256));
      const now = await journal.mark(key); // an intent stays one
      await journal.putMark(key, now?.kind === 'intent' ? { ...now, tries } : { kind: 'tried', tries });
      throw error;
    }
    const isSkip = ['sync.malware', 'sync.locked', 'sync.over-limit', 'sync.not-found'].includes(error.code);
    return done(end(isSkip ? 'skipped' : 'failed', error.code, item.sha256));
  }
}

/** Whether these bytes are there: asked only when somebody else may have put them. */
async function holds(landing: LakeStore, path: string, sha256: string): Promise<boolean> {
  return await withTemporaryFolder(async (folder) => {
    try {
      const file = join(folder, 'landed');
      await landing.download(path, file);
      const hash = createHash('sha256');
      await pipeline(createReadStream(file), hash);
      return hash.digest('hex') === sha256;
    } catch (error) {
      if (codeOf(error) === 'lake.not-found') return false;
      throw error;
    }
  });
}

/** Into a temporary file. @returns SHA-256 of the bytes as they came, whatever the row said of size and hash */
async function download(
  { feed, maxBytes }: LandDeps,
  item: DriveItem,
  use: (file: string, sha256: string, size: number) => Promise<void>,
): Promise<string> {
  return await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'content');
    for (let n = 1; ; n++) {
      const { body, announced } = await feed.open(item);
      const hash = createHash('sha256');
      let size = 0;
      const count = new Transform({
        transform(chunk: Buffer, _encoding, next) {
          size += chunk.length;
          hash.update(chunk);
          if (size > maxBytes) next(new TerminalError('sync.over-limit', `the file has more than ${maxBytes} bytes`));
          else next(null, chunk);
        },
      });
      try {
        await pipeline(Readable.from(body), count, createWriteStream(file));
        if (announced !== undefined && announced !== size) throw new Error(`${size} of ${announced} bytes`); // L3
      } catch (error) {
        if (error instanceof SluiceError) throw error;
        if (n >= TRIES) throw new RetryableError('sync.unavailable', 'a download broke off', { cause: error });
        continue; // another address, from the beginning
      }
      const sha256 = hash.digest('hex');
      await use(file, sha256, size);
      return sha256;
    }
  });
}
