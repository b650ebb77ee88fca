import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as send } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { expect, test } from 'vitest';
import { startAzurite } from '../../../local/emulators/azurite.ts';
import { UNUSED } from '../../../local/emulators/azurite-unused.ts';

const ANY = { blob: 0, queue: 0, table: 0 };
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('azurite: keeps its data in its folder across restarts, and is gone after close', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-azurite-'));
  try {
    const first = await startAzurite({ folder, ports: ANY });
    const container = BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient('kept');
    await container.create();
    await container.getBlockBlobClient('a/b.txt').upload('text', 4);
    await first.close();
    expect(isAlive(first.pid)).toBe(false);

    const second = await startAzurite({ folder, ports: ANY });
    const again = BlobServiceClient.fromConnectionString(second.connectionString).getContainerClient('kept');
    expect((await again.getBlockBlobClient('a/b.txt').downloadToBuffer()).toString()).toBe('text');
    await second.close();
    await second.close(); // closing twice is fine
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('azurite: neither its telemetry nor its store in SQL is loaded, and the installed version has both where they are left out', () => {
  const ofAzurite = createRequire(createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'));
  const loads = `const require = process.getBuiltinModule('node:module').createRequire(${JSON.stringify(ofAzurite.resolve('./azurite.js'))});
    const { leaveOutUnused } = await import(${JSON.stringify(join(import.meta.dirname, '../../../local/emulators/azurite-unused.ts'))});
    leaveOutUnused(require);
    for (const part of ['./blob/BlobServerFactory', './common/Telemetry']) require(part);
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', loads], { encoding: 'utf8' });
  const loaded = JSON.parse(stdout) as string[];
  for (const name of UNUSED) expect(loaded).toContain(ofAzurite.resolve(name)); // the empty one
  const names = ['sequelize', '@opentelemetry', '@azure/monitor-opentelemetry'];
  expect(loaded.filter((path) => names.some((name) => path.includes(join('node_modules', name)))).length).toBe(0);
  expect(loaded.length).toBeGreaterThan(300);
});

test('azurite: takes a free port where the wished one is taken', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const taken = (squatter.address() as { port: number }).port;
  const azurite = await startAzurite({ folder: null, ports: { blob: taken, queue: 0, table: 0 } });
  expect(azurite.blobPort).not.toBe(taken);
  expect(azurite.blobPort).toBeGreaterThan(0);
  await azurite.close();
  squatter.close();
});

test('azurite: ends when its parent is killed, with all its data saved', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-azurite-'));
  try {
    const module = join(import.meta.dirname, '../../../local/emulators/azurite.ts');
    const script = `import { startAzurite } from ${JSON.stringify(module)};
      const azurite = await startAzurite({ folder: ${JSON.stringify(folder)}, ports: { blob: 0, queue: 0, table: 0 } });
      console.log(JSON.stringify({ pid: azurite.pid, connectionString: azurite.connectionString }));`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const { pid, connectionString } = JSON.parse(output.toString()) as { pid: number; connectionString: string };
    expect(isAlive(pid)).toBe(true);
    const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('kept');
    await container.create();
    await container.getBlockBlobClient('late').upload('text', 4);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await expect.poll(() => isAlive(pid), { timeout: 15_000, interval: 50 }).toBe(false);

    const successor = await startAzurite({ folder, ports: ANY });
    const again = BlobServiceClient.fromConnectionString(successor.connectionString).getContainerClient('kept');
    expect(await again.getBlockBlobClient('late').exists()).toBe(true);
    await successor.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Its process alone, in memory. */
function forkChild() {
  const entry = join(import.meta.dirname, '../../../local/emulators/azurite-child.ts');
  const ports = ['blob', 'queue', 'table'].flatMap((of) => [`--${of}Host`, '127.0.0.1', `--${of}Port`, '0']);
  return fork(entry, [...ports, '--inMemoryPersistence', '--disableTelemetry', '--silent'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

// Exit code 1 is what its limit of ten seconds gives.
test('azurite: a parent that is gone before it serves ends it in order, as soon as it does', async () => {
  const child = forkChild();
  child.stdout?.resume();
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('azurite: told by the system and by its parent to end it ends in order', async () => {
  const child = forkChild();
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const address = () => /Table service is successfully listening at (\S+)/.exec(said)?.[1];
  await expect.poll(address, { timeout: 15_000, interval: 20 }).toBeDefined();
  await fetch(address()!); // it answers: it has begun whatever it begins
  child.kill('SIGTERM');
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test.skipIf(!existsSync('/proc/self/task'))(
  'azurite: the storage of a laptop ends when it was killed, so that nobody waits for its answers',
  async () => {
    const main = join(import.meta.dirname, '../../../local/emulators/main.ts');
    const storage = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--memory'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const told: Buffer[] = [];
    storage.stderr?.on('data', (chunk: Buffer) => told.push(chunk));
    await once(storage.stdout ?? storage, 'data');
    const children = readFileSync(`/proc/${storage.pid}/task/${storage.pid}/children`, 'utf8').trim().split(' ');
    expect(children).toHaveLength(1);
    process.kill(Number(children[0]), 'SIGKILL');
    expect(await once(storage, 'close')).toEqual([1, null]);
    expect(Buffer.concat(told).toString()).toContain(`Azurite (pid ${children[0]}) ended: SIGKILL`);
  },
);

test('azurite: a successor on the same folder waits for its predecessor and finds all its data', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-azurite-'));
  try {
    const first = await startAzurite({ folder, ports: ANY });
    const container = BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient('handed-over');
    await container.create();
    let isFirstGone = false;
    const second = startAzurite({ folder, ports: ANY }).then((azurite) => ({ azurite, waited: isFirstGone }));
    await container.getBlockBlobClient('late').upload('text', 4);
    await first.close().then(() => {
      isFirstGone = true;
    });
    const { azurite, waited } = await second;
    expect(waited).toBe(true);
    const again = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('handed-over');
    expect(await again.getBlockBlobClient('late').exists()).toBe(true);
    await azurite.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

// Published for emulators: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
const PUBLISHED_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

test('azurite: the key that everybody knows opens nothing, each start without a key has another, and pages of other names are refused', async () => {
  const azurite = await startAzurite({ folder: null, ports: ANY });
  try {
    expect(Buffer.from(azurite.key, 'base64')).toHaveLength(64);
    expect(azurite.key).not.toBe(PUBLISHED_KEY);
    const published = new BlobServiceClient(
      azurite.blobEndpoint,
      new StorageSharedKeyCredential(azurite.account, PUBLISHED_KEY),
      { retryOptions: { maxTries: 1 } },
    );
    await expect(published.getContainerClient('abc').create()).rejects.toMatchObject({ statusCode: 403 });
    const own = BlobServiceClient.fromConnectionString(azurite.connectionString);
    await own.getContainerClient('abc').create();
    for (const endpoint of [azurite.blobEndpoint, azurite.queueEndpoint, azurite.tableEndpoint]) {
      expect(await statusOf(endpoint, { host: 'evil.example' }), endpoint).toBe(421);
      expect(await statusOf(endpoint, { 'sec-fetch-site': 'cross-site' }), endpoint).toBe(403);
    }
  } finally {
    await azurite.close();
  }
});

/** fetch does not let these headers be set. */
const statusOf = (url: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    send(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

test('azurite: a name that no listing could give back is refused, and its neighbours can still be listed', async () => {
  const azurite = await startAzurite({ folder: null, ports: ANY });
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('names');
  await container.create();
  await container.getBlockBlobClient('in/a.txt').upload('text', 4);
  const written = container.getBlockBlobClient('in/b\u0007.txt').upload('text', 4);
  await expect(written).rejects.toMatchObject({ statusCode: 400, code: 'InvalidResourceName' });
  const listed: string[] = [];
  for await (const { name } of container.listBlobsFlat()) listed.push(name);
  expect(listed).toEqual(['in/a.txt']);
  await azurite.close();
});
