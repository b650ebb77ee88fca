import { describe, expect, test } from 'vitest';
import {
  applySql,
  createTables,
  provisionData,
  readTargets,
  refusedAddress,
} from '../../../infra/scripts/postprovision.ts';
import { fillPlaceholders, readSqlFiles, splitBatches } from '../../../infra/scripts/sql-files.ts';
import type { SqlSession } from '../../../infra/scripts/sql-session.ts';
import { lakeTables } from '../../../shared/lake/tables.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { TARGETS } from './deployed.ts';
import { fakeWorld, refusal } from './hook-deps.ts';

const VALUES = { lakeUrl: TARGETS.lakeDfsUrl, lakeContainer: 'lake', identityName: 'id-abc' };
const REFUSED =
  "Cannot open server 'syn-abc-ondemand' requested by the login. Client with IP address '203.0.113.7' is not allowed to access the server.";
const FIREWALL = { 'az synapse workspace firewall-rule': null };

/** A server that fails as told, by turns, and keeps what was run. */
function fakeServer(failures: (string | undefined)[] = []) {
  const ran: string[] = [];
  const opened: string[] = [];
  let closed = 0;
  const turn = () => {
    const failure = failures.shift();
    if (failure !== undefined) throw new Error(failure);
  };
  const open = async (database: string): Promise<SqlSession> => {
    turn();
    opened.push(database);
    return {
      batch: async (sql) => {
        turn();
        ran.push(sql);
      },
      value: async () => undefined,
      close: () => {
        closed += 1;
      },
    };
  };
  return { open, ran, opened, closed: () => closed };
}

describe('postprovision: SQL', () => {
  test('runs every batch in order: the database in master, the rest in it', async () => {
    const world = fakeWorld({});
    const server = fakeServer();
    const files = readSqlFiles(VALUES);
    await applySql(world, files, server.open, TARGETS);
    expect(server.opened).toEqual(['master', 'sluice', 'sluice', 'sluice']);
    expect(server.ran).toEqual(files.flatMap((file) => file.batches));
    expect(server.closed()).toBe(4);
    expect(world.asked).toEqual([]);
  });

  test('opens the firewall for the refused address once, and closes it again', async () => {
    const world = fakeWorld(FIREWALL);
    const server = fakeServer([REFUSED, REFUSED]); // the rule takes effect late
    await applySql(world, readSqlFiles(VALUES), server.open, TARGETS);
    expect(world.asked).toHaveLength(2);
    expect(world.asked[0]).toContain('firewall-rule create');
    expect(world.asked[0]).toContain('--start-ip-address 203.0.113.7 --end-ip-address 203.0.113.7');
    expect(world.asked[1]).toContain('firewall-rule delete');
  });

  test('closes the firewall also when the SQL never works, and says where it stopped', async () => {
    const world = fakeWorld(FIREWALL);
    const server = fakeServer([REFUSED, ...Array<string>(100).fill('Login failed for user')]);
    await expect(applySql(world, readSqlFiles(VALUES), server.open, TARGETS)).rejects.toThrow(
      'Synapse: connecting to master: Login failed for user',
    );
    expect(world.asked.at(-1)).toContain('firewall-rule delete');
  });

  test('tries a batch again until the role of the workspace has reached the lake', async () => {
    const world = fakeWorld({});
    const server = fakeServer([undefined, undefined, 'File cannot be opened', 'File cannot be opened']);
    await applySql(world, readSqlFiles(VALUES), server.open, TARGETS);
    expect(server.ran).toHaveLength(readSqlFiles(VALUES).flatMap((file) => file.batches).length);
  });

  test('a rule that cannot be removed is told, not swallowed', async () => {
    const world = fakeWorld({
      'az synapse workspace firewall-rule create': null,
      'az synapse workspace firewall-rule delete': () => refusal('ERROR: conflict'),
    });
    await applySql(world, readSqlFiles(VALUES), fakeServer([REFUSED]).open, TARGETS);
    expect(world.said.join('\n')).toContain('remove it by hand');
  });

  test('the refused address is read from the message', () => {
    expect(refusedAddress(new Error(REFUSED))).toBe('203.0.113.7');
    expect(refusedAddress(new Error('Login failed'))).toBeUndefined();
  });
});

describe('postprovision: tables', () => {
  test('creates every table once, empty, with the columns of the schema', async () => {
    const lake = new MemoryLake();
    await createTables(lake);
    const paths = async () => {
      const found: string[] = [];
      for await (const file of lake.list('tables')) found.push(file.path);
      return found.sort();
    };
    const first = await paths();
    for (const { name, columns } of lakeTables) {
      const log = (await lake.read(`tables/${name}/_delta_log/00000000000000000000.json`)).toString();
      const actions = log.split('\n').filter((line) => line !== '');
      const { metaData } = actions
        .map((line) => JSON.parse(line) as { metaData?: { schemaString: string } })
        .find((action) => action.metaData !== undefined) ?? { metaData: undefined };
      const schema = JSON.parse(metaData?.schemaString ?? '{}') as { fields: { name: string }[] };
      expect(schema.fields.map((field) => field.name)).toEqual(columns.map((column) => column.name));
    }
    await createTables(lake);
    expect(await paths()).toEqual(first);
  });

  test('waits for the role on the lake', async () => {
    const lake = new MemoryLake();
    let refusals = 3;
    lake.beforeCall = () => {
      if (refusals-- > 0) throw new Error('This request is not authorized');
    };
    const world = fakeWorld({});
    expect(await provisionData(world, lake, fakeServer().open, { ...TARGETS, workspace: '' })).toBe(0);
    expect(world.said.filter((line) => line.startsWith('waiting'))).toHaveLength(3);
  });

  test('a private network is not entered from outside', async () => {
    const world = fakeWorld({});
    const server = fakeServer();
    expect(await provisionData(world, new MemoryLake(), server.open, { ...TARGETS, isPrivate: true })).toBe(0);
    expect(server.opened).toEqual([]);
    expect(world.said.join()).toContain('--inside');
  });

  test('missing outputs are named together', () => {
    expect(() => readTargets({ AZURE_RESOURCE_GROUP: 'rg' })).toThrow(
      'AZURE_IDENTITY_NAME, LAKE_DFS_ENDPOINT, SLUICE_LAKE_CONTAINER',
    );
  });
});

describe('postprovision: SQL files', () => {
  test('batches end at lines that hold only GO', () => {
    expect(splitBatches("SELECT 'GO';\nGO\n-- only a comment\nGO\n\n  go  \nSELECT 2;\n")).toEqual([
      "SELECT 'GO';",
      'SELECT 2;',
    ]);
  });

  test('values that could leave their place are refused, missing ones named', () => {
    expect(fillPlaceholders("a '$(x)'", { x: 'https://a.b/c' })).toBe("a 'https://a.b/c'");
    expect(() => fillPlaceholders('$(x)', { x: "a'; DROP" })).toThrow('$(x)');
    expect(() => fillPlaceholders('$(x)', { x: 'a]b' })).toThrow('$(x)');
    expect(() => fillPlaceholders('$(y)', {})).toThrow('$(y)');
  });
});
