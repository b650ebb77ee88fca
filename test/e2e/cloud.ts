// A test's local cloud: the one that its worker's files share, or one of its own.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { FirstStart } from './cloud-keeper.ts';
import { ended, type State, startSluice, temporaryFolder, waitForState } from './sluice.ts';

export interface Cloud {
  /** Its data folder. */
  path: string;
  state: State;
}

/** A cloud of a test's own. */
export interface OwnCloud extends Cloud {
  /** End it and take its folder away. */
  remove(): Promise<void>;
}

/** The cloud that this worker's files share: whoever uses it works in folders of names of its own, and counts nothing but its own. */
export async function sharedCloud(): Promise<Cloud> {
  const { path } = await askKeeper<{ path: string }>(`shared/${process.env.VITEST_POOL_ID}`);
  return { path, state: JSON.parse(readFileSync(join(path, 'state.json'), 'utf8')) as State };
}

/** How the first start in a new data folder ended; other lakes begin as copies of what it left. */
export const firstStart = () => askKeeper<FirstStart>('first');

/** A data folder with the demo's labels and model; no cloud runs in it. */
export async function preparedFolder(name: string): Promise<{ path: string; remove(): void }> {
  const { path } = await firstStart();
  const folder = temporaryFolder(name);
  cpSync(path, folder.path, { recursive: true });
  return folder;
}

/** A cloud without documents, for tests that need other settings, an empty lake, or that kill it. */
export async function startOwnCloud(name: string, env: Record<string, string> = {}): Promise<OwnCloud> {
  const { documents } = await firstStart();
  const folder = await preparedFolder(name);
  const child = startSluice(['start', documents, '--data', folder.path, '--port', '0'], env);
  const remove = async () => {
    child.kill('SIGTERM');
    await ended(child);
    folder.remove();
  };
  try {
    return { path: folder.path, state: await waitForState(folder.path, child), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function askKeeper<T>(what: string): Promise<T> {
  const answer = await fetch(`${inject('clouds')}/${what}`);
  if (!answer.ok) throw new Error(`no cloud: ${await answer.text()}`);
  return (await answer.json()) as T; // the keeper's words
}
