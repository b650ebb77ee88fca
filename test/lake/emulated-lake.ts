// A lake for tests: Azurite in memory behind the DFS shim, on free ports, and tables with a fixed clock.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';
import { type DfsShim, startDfs } from '../../local/emulators/dfs.ts';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { FileCache } from '../../shared/lake/file-cache.ts';
import { type AzureLakeStore, openLakeStore } from '../../shared/lake/store.ts';
import type { TableSchema } from '../../shared/lake/tables.ts';
import { type Clock, type LakeStore, seededRandom, silentLogger } from '../../shared/ports.ts';

export interface EmulatedLake {
  azurite: Azurite;
  dfs: DfsShim;
  connection: { kind: 'connection-string'; connectionString: string };
  /** Local scratch folder. */
  folder: string;
  /** A container with a name of its own. */
  newStore(): Promise<AzureLakeStore>;
  table(store: LakeStore, schema: TableSchema, clock?: Clock): DeltaTable;
  close(): Promise<void>;
}

export const EPOCH = Date.UTC(2026, 10, 23, 12);

/** A clock that stands still unless moved; sleeping yields to other work and takes no time. */
export function stillClock(start = EPOCH): Clock & { move(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    move: (ms) => {
      now += ms;
    },
  };
}

export async function startEmulatedLake(): Promise<EmulatedLake> {
  const azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  const dfs = await startDfs(azurite);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-lake-'));
  const connection = { kind: 'connection-string' as const, connectionString: dfs.connectionString };
  let containers = 0;
  return {
    azurite,
    dfs,
    connection,
    folder,
    async newStore() {
      const store = openLakeStore(connection, `lake-${++containers}`);
      await store.ensureContainer();
      return store;
    },
    table: (store, schema, clock = stillClock()) =>
      DeltaTable.open(store, `tables/${schema.name}`, schema, {
        clock,
        random: seededRandom(7),
        logger: silentLogger,
        cache: new FileCache(join(folder, 'cache', store.container)),
      }),
    async close() {
      await dfs.close();
      await azurite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function listPaths(store: LakeStore, prefix = ''): Promise<string[]> {
  const paths: string[] = [];
  for await (const file of store.list(prefix)) paths.push(file.path);
  return paths.sort();
}
