// Does dist/package run? Loads it in the local host, compares its functions with those of the build, and asks its health endpoint.
// Needs `npm run build` and package.ts before. Nothing is contacted: the settings name a storage that is not there.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type HookDeps, runAsProgram } from './cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 60_000;

export interface Loaded {
  functions: string[];
  health: number;
}

/** Start the host on an app folder, ask what it has loaded, and stop it. @throws Error when it does not start within a minute */
export async function loadInHost(hostMain: string, appDir: string): Promise<Loaded> {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-package-'));
  const env = {
    ...process.env,
    LAKE__blobServiceUri: 'https://none.blob.core.windows.net',
    LAKE__tableServiceUri: 'https://none.table.core.windows.net',
    LAKE_DFS_ENDPOINT: 'https://none.dfs.core.windows.net',
    UPLOAD_TRIGGER_SOURCE: 'EventGrid',
  };
  const args = [
    hostMain,
    '--app-dir',
    appDir,
    '--port',
    '0',
    '--hub',
    join(scratch, 'hub.sqlite'),
    '--settings',
    join(scratch, 'none.json'),
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + String(chunk)).slice(-4000);
  });
  const impatient = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const answer = JSON.parse(line) as { ready: boolean; url: string; functions: string[]; error?: string };
      if (!answer.ready) break;
      const { status } = await fetch(`${answer.url}/api/health`);
      return { functions: [...answer.functions].sort(), health: status };
    }
    throw new Error(`the host did not load ${appDir}:\n${errors}`);
  } finally {
    clearTimeout(impatient);
    child.kill('SIGTERM');
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(deps: HookDeps): Promise<number> {
  const host = join(ROOT, 'dist/local/host/main.js');
  const built = await loadInHost(host, ROOT);
  const packaged = await loadInHost(host, join(ROOT, 'dist/package'));
  const missing = built.functions.filter((name) => !packaged.functions.includes(name));
  if (missing.length > 0 || packaged.functions.length === 0 || packaged.health !== 200) {
    deps.say(`✗ the package lacks ${missing.join(', ') || 'no function'}; health answers ${packaged.health}`);
    return 1;
  }
  deps.say(`✓ the package loads ${packaged.functions.length} functions and answers`);
  return 0;
}

runAsProgram(import.meta.url, main);
