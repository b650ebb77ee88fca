// Entry of the Azurite process: Azurite's own command line, plus a lock on its folder and an end when the parent is gone.
// Invariants: C1 Azurite never outlives its parent. The IPC channel closes when the parent ends in whatever way; Azurite then shuts down in
// order, so its metadata (saved every few seconds otherwise) are complete on disk. C2 two processes never use one folder: the second waits
// until the first has saved its data and gone. The lock is a SQLite transaction, which the system releases even on a kill.
// C3 foreign pages are refused (../loopback.ts). C4 what it writes can be read by its owner only. C5 writes that would fill the disk are refused
// (room.ts): not all of them come through dfs.ts. C6 a name that no listing could give back is refused (listable.ts).
// C7 what it has no use for here is not loaded (azurite-unused.ts). C8 a pack of files is taken apart (azurite-packs.ts).
// C9 a plain read of a small blob is answered without Azurite's layers (azurite-reads.ts).
// C10 saving its metadata takes a bounded share of its time (azurite-saves.ts). C11 what it has begun ends before it closes (azurite-ends.ts).
// C12 removing little leaves its indexes as they are (azurite-removals.ts).
import { mkdirSync } from 'node:fs';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerForeigners } from '../loopback.ts';
import { OpenRequests } from './azurite-ends.ts';
import { takePacks } from './azurite-packs.ts';
import { answerPlainReads } from './azurite-reads.ts';
import { keepIndexes } from './azurite-removals.ts';
import { paceSaves } from './azurite-saves.ts';
import { leaveOutUnused } from './azurite-unused.ts';
import { answerRefused } from './dfs-errors.ts';
import { requireListable } from './listable.ts';
import { freeBytesOf, Room } from './room.ts';

const require = createRequire(import.meta.url);
const ofAzurite = createRequire(require.resolve('azurite/dist/src/azurite.js'));
const SHUTDOWN_LIMIT_MS = 10_000;
const LOCK_LIMIT_MS = 15_000;
/** How often a start is looked at whose parent is gone. */
const STARTING_MS = 10;

const requests = new OpenRequests();
process.once('disconnect', async () => {
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
  await requests.ended(); // C11
  // Azurite listens for SIGTERM once it serves; emitting the event runs its handler without a signal, on every platform.
  // Where it was told before it closes already: what waits here does not keep the process.
  while (!process.emit('SIGTERM')) await sleep(STARTING_MS, undefined, { ref: false });
});

// C1. It says that it closes; once the parent is gone nobody reads that, and the failed write would end it before its data are saved.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.umask(0o077); // C4

const location = process.argv.indexOf('--location');
const folder = location > 0 ? (process.argv[location + 1] ?? '.') : undefined;
if (folder !== undefined) lockFolder(folder);

guardServers(folder === undefined ? undefined : new Room(() => freeBytesOf(folder)));
keepTemplates();
leaveOutUnused(ofAzurite);
takePacks(ofAzurite);
answerPlainReads(ofAzurite);
paceSaves(ofAzurite);
keepIndexes(ofAzurite);
require('azurite/dist/src/azurite.js');

/** Azurite parses the address template of every operation anew for every request, a twelfth of its work; a parsed one holds no state. */
function keepTemplates(): void {
  const parse = ofAzurite('uri-templates') as (template: string) => unknown;
  const loaded = ofAzurite.cache[ofAzurite.resolve('uri-templates')];
  if (loaded === undefined) return;
  const parsed = new Map<string, unknown>();
  loaded.exports = function kept(template: string): unknown {
    const known = parsed.get(template) ?? parse(template);
    parsed.set(template, known); // the specifications name some dozens
    return known;
  };
}

/** C3. Azurite looks at no Host header; its three servers are made in this process only, so the look comes before theirs. */
function guardServers(room: Room | undefined): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function guarded(this: Server, event: string | symbol, ...args: unknown[]): boolean {
    const [request, response] = args as [IncomingMessage, ServerResponse]; // of the event `request`
    if (event === 'request') {
      requests.add(response);
      if (answerForeigners(request, response)) return true;
      const check = () => {
        requireListable(request); // C6
        room?.require(request); // C5
      };
      if (answerRefused(check, response)) return true;
    }
    return Reflect.apply(emit, this, [event, ...args]) as boolean;
  } as typeof emit;
}

/** C2. Held until the process ends. */
function lockFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  try {
    const lock = new DatabaseSync(join(folder, 'azurite.lock'));
    lock.exec(`PRAGMA busy_timeout = ${LOCK_LIMIT_MS}; BEGIN EXCLUSIVE`);
    process.once('exit', () => lock.close());
  } catch (error) {
    process.stderr.write(`${folder} is in use by another Azurite: ${(error as Error).message}\n`);
    process.exit(1);
  }
}
