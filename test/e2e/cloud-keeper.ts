// The local clouds of the end-to-end tests, kept by the process that starts the workers: started when the first test asks, ended after the last.
// Invariants: L1 a worker has at most one shared cloud; its files run in it one after the other, and each test works in folders of its own name.
//             L2 no cloud outlives the tests: this process ends them, and Ctrl+C reaches them, as they are in its group.
//             L3 these and most other lakes begin as a copy of one that has the demo's labels and model: a first start is not repeated for each.
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Ended, ended, sluice, startSluice, temporaryFolder, waitForState } from './sluice.ts';

/** Settings of the shared clouds: the small numbers with which limits can be reached. */
const SHARED_SETTINGS = { BATCH_MAX_DOCUMENTS: '4', UPLOAD_MAX_BYTES: '4096' };

/** A lake with the demo's labels and model, and the run over an empty folder that brought them. */
export interface FirstStart {
  /** Data folder of nobody: to be copied. */
  path: string;
  /** The empty folder: a later start with it joins the run. */
  documents: string;
  run: Ended;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test asks for its cloud: `GET /first` and `GET /shared/<worker>`. */
    clouds: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = temporaryFolder('clouds');
  const empty = join(folder.path, 'empty');
  mkdirSync(empty);
  const children: ChildProcess[] = [];
  let first: Promise<FirstStart> | undefined;
  const shared = new Map<string, Promise<{ path: string }>>();

  const firstStart = async (): Promise<FirstStart> => {
    const path = join(folder.path, 'first');
    const run = await sluice(['start', empty, '--once', '--json', '--data', path, '--port', '0']);
    if (run.code !== 0) throw new Error(`the first start ended with code ${run.code}: ${run.stderr.slice(-2000)}`);
    return { path, documents: empty, run };
  };
  const start = async (worker: string): Promise<{ path: string }> => {
    const path = join(folder.path, `worker-${worker}`);
    first ??= firstStart();
    cpSync((await first).path, path, { recursive: true });
    const child = startSluice(['start', empty, '--data', path, '--port', '0'], SHARED_SETTINGS);
    children.push(child);
    child.stdout?.resume();
    await waitForState(path, child);
    return { path };
  };
  const answer = (path: string): Promise<object> => {
    if (path === '/first') {
      first ??= firstStart();
      return first;
    }
    const worker = path.split('/').at(-1) ?? '';
    const cloud = shared.get(worker) ?? start(worker);
    shared.set(worker, cloud);
    return cloud;
  };
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      (found) => response.end(JSON.stringify(found)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on a port, not on a pipe
  project.provide('clouds', `http://127.0.0.1:${port}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled([first, ...shared.values()]);
    for (const child of children) {
      child.kill('SIGTERM');
      await ended(child);
    }
    folder.remove();
  };
}
