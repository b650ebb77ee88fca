// What must hold when many write at once, and for any order of operations.
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/emulators/azurite.ts';
import { type DfsShim, startDfs } from '../../../local/emulators/dfs.ts';
import fc from '../../fakes/property.ts';

let azurite: Azurite;
let shim: DfsShim;
let service: DataLakeServiceClient;
let blobs: BlobServiceClient;

beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  shim = await startDfs(azurite);
  service = DataLakeServiceClient.fromConnectionString(shim.connectionString);
  blobs = BlobServiceClient.fromConnectionString(shim.connectionString);
});
afterAll(async () => {
  await shim.close();
  await azurite.close();
});

const settled = async (work: Promise<unknown>[]) => {
  const results = await Promise.allSettled(work);
  const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
  const codes = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as { statusCode: number }).statusCode] : [],
  );
  return { winners, codes: [...new Set(codes)] };
};

test('races: of 20 conditional Put Blobs one wins each round, and its content stays', async () => {
  const container = blobs.getContainerClient('put-race');
  await container.create();
  for (let round = 0; round < 10; round++) {
    const blob = container.getBlockBlobClient(`commit-${round}.json`);
    const { winners, codes } = await settled(
      Array.from({ length: 20 }, (_, writer) =>
        blob.upload(`writer ${writer}`, `writer ${writer}`.length, { conditions: { ifNoneMatch: '*' } }),
      ),
    );
    expect([winners.length, codes]).toEqual([1, [409]]);
    expect((await blob.downloadToBuffer()).toString()).toBe(`writer ${winners[0]}`);
  }
});

test('races: of 10 renames onto one name with If-None-Match one wins, and the others keep their source', async () => {
  const fs = service.getFileSystemClient('move-race');
  await fs.create();
  for (let round = 0; round < 5; round++) {
    const sources = await Promise.all(
      Array.from({ length: 10 }, async (_, writer) => {
        const file = fs.getFileClient(`r${round}/source-${writer}`);
        await file.upload(Buffer.from(`writer ${writer}`));
        return file;
      }),
    );
    const { winners, codes } = await settled(
      sources.map((file) => file.move(`r${round}/target`, { destinationConditions: { ifNoneMatch: '*' } })),
    );
    expect([winners.length, codes]).toEqual([1, [409]]);
    expect((await fs.getFileClient(`r${round}/target`).readToBuffer()).toString()).toBe(`writer ${winners[0]}`);
    const left = await Promise.all(sources.map((file) => file.exists()));
    expect(left.filter((exists) => exists).length).toBe(9);
  }
});

test('races: of 10 creates with If-None-Match one wins', async () => {
  const fs = service.getFileSystemClient('create-race');
  await fs.create();
  const { winners, codes } = await settled(
    Array.from({ length: 10 }, () => fs.getFileClient('a/b/once').create({ conditions: { ifNoneMatch: '*' } })),
  );
  expect([winners.length, codes]).toEqual([1, [409]]);
});

// A file system as a map: what the shim must agree with after any sequence of operations.
type Step =
  | { op: 'upload'; path: string; text: string }
  | { op: 'append'; path: string; text: string }
  | { op: 'delete'; path: string }
  | { op: 'deleteFolder'; path: string }
  | { op: 'rename'; path: string; to: string };

const path = fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd/e/a', 'd-x', 'f/g/h');
const text = fc.string({ unit: 'binary', maxLength: 40 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('upload' as const), path, text }),
  fc.record({ op: fc.constant('append' as const), path, text }),
  fc.record({ op: fc.constant('delete' as const), path }),
  fc.record({ op: fc.constant('deleteFolder' as const), path: fc.constantFrom('d', 'd/e', 'f') }),
  fc.record({ op: fc.constant('rename' as const), path, to: path }),
);

function applyToModel(model: Map<string, string>, next: Step): void {
  const { path: at } = next;
  if (next.op === 'upload') model.set(at, next.text);
  else if (next.op === 'append') model.set(at, (model.get(at) ?? '') + next.text);
  else if (next.op === 'delete') model.delete(at);
  else if (next.op === 'deleteFolder') {
    for (const name of [...model.keys()]) if (name.startsWith(`${at}/`)) model.delete(name);
  } else if (model.has(at) && at !== next.to) {
    model.set(next.to, model.get(at)!);
    model.delete(at);
  }
}

test('property: after any operations the shim lists and reads what a map of files would', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const fs = service.getFileSystemClient(`model-${++count}`);
      await fs.create();
      const model = new Map<string, string>();
      for (const next of steps) {
        const file = fs.getFileClient(next.path);
        if (next.op === 'upload') await file.upload(Buffer.from(next.text));
        else if (next.op === 'append') {
          await file.createIfNotExists();
          const bytes = Buffer.from(next.text);
          const { contentLength = 0 } = await file.getProperties();
          if (bytes.length > 0) await file.append(bytes, contentLength, bytes.length);
          await file.flush(contentLength + bytes.length);
        } else if (next.op === 'delete') await file.deleteIfExists();
        else if (next.op === 'deleteFolder') await fs.getDirectoryClient(next.path).deleteIfExists(true);
        else if (model.has(next.path) && next.path !== next.to) await file.move(next.to);
        applyToModel(model, next);
      }
      const found = new Map<string, string>();
      for await (const item of fs.listPaths({ recursive: true })) {
        if (item.isDirectory) continue;
        found.set(item.name!, (await fs.getFileClient(item.name!).readToBuffer()).toString());
        expect(item.contentLength).toBe(Buffer.byteLength(found.get(item.name!)!));
      }
      const expected = new Map([...model].map(([name, text]) => [name, Buffer.from(text).toString()]));
      expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
      await fs.delete();
    }),
    { numRuns: 25, seed: 42 },
  );
});
