// The data folder (.local): who owns the local cloud in it, who else is using it, and the key of its storage account.
// Invariants: F1 one owner at a time, decided by an exclusive lock file with a live process id. F2 an owner that is done waits for those who joined it.
// F3 nobody but the owner of the files can read what lies in it; the key is random and stays the same as long as the folder is there.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './console.ts';

/** What a running local cloud tells those who join it. */
export interface CloudState {
  pid: number;
  lake: string;
  webJobsStorage: string;
  /** Base URL of the functions host; null when only storage runs. */
  hostUrl: string | null;
  hostPid: number | null;
  simulatorUrl: string | null;
  /** The host asks no LLM: LLM_ENABLED or --no-llm. */
  isLlmOff: boolean;
}

/** 64 bytes in base64, as keys of storage accounts are. */
const KEY = /^[A-Za-z0-9+/]{86}==\n$/;

export class DataFolder {
  readonly path: string;

  /** The folder of a command that only reads: it is not made. @throws {UsageError} there is none, or it has never held a lake */
  static existing(path: string): DataFolder {
    if (!existsSync(join(path, 'clients')))
      throw new UsageError(
        existsSync(path)
          ? `${path} holds no lake: it is not the data folder of a \`sluice start\` or \`sluice train\``
          : `the data folder ${path} does not exist; \`npm start\` makes .local, --data <folder> names another`,
      );
    return new DataFolder(path);
  }

  constructor(path: string) {
    this.path = path;
    const isOurs = !existsSync(path) || existsSync(join(path, 'clients'));
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // A folder of somebody else's making keeps its rights: it may hold more than our files.
    if (isOurs) chmodSync(path, 0o700);
    mkdirSync(join(path, 'clients'), { recursive: true, mode: 0o700 });
  }

  /** File with the key of the storage account, made by the owner when it is missing or was cut off while being written (F3). */
  keyFile(): string {
    const file = this.file('account.key');
    if (existsSync(file) && KEY.test(readFileSync(file, 'utf8'))) chmodSync(file, 0o600);
    else writeFileSync(file, `${randomBytes(64).toString('base64')}\n`, { mode: 0o600 });
    return file;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Become the owner; false when another live process is. */
  tryOwn(): boolean {
    const lock = this.file('owner.pid');
    for (;;) {
      try {
        writeFileSync(lock, String(process.pid), { flag: 'wx' });
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const owner = readPid(lock);
        if (owner !== undefined && isAlive(owner)) return false;
        rmSync(lock, { force: true }); // its owner was killed
      }
    }
  }

  disown(): void {
    rmSync(this.file('state.json'), { force: true });
    rmSync(this.file('owner.pid'), { force: true });
  }

  publish(state: CloudState): void {
    writeFileSync(this.file('state.json'), JSON.stringify(state), { mode: 0o600 }); // holds the account's key
  }

  /** The state of the live owner; undefined while there is none. */
  state(): CloudState | undefined {
    if (!existsSync(this.file('state.json'))) return undefined;
    try {
      const state = JSON.parse(readFileSync(this.file('state.json'), 'utf8')) as CloudState; // written by publish
      return isAlive(state.pid) ? state : undefined;
    } catch {
      return undefined; // caught in the middle of being written: not there yet
    }
  }

  /** Tell the owner that somebody else depends on it. */
  join(): void {
    writeFileSync(join(this.path, 'clients', String(process.pid)), '');
  }

  leave(): void {
    rmSync(join(this.path, 'clients', String(process.pid)), { force: true });
  }

  /** Live processes that joined. */
  clients(): number[] {
    return readdirSync(join(this.path, 'clients'))
      .map(Number)
      .filter((pid) => {
        if (isAlive(pid)) return true;
        rmSync(join(this.path, 'clients', String(pid)), { force: true });
        return false;
      });
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // gone since: the next attempt decides
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // alive, but somebody else's
  }
}
