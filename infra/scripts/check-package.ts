// Does dist/package run? Loads it in the local host, compares its functions with those of the build, and asks its health endpoint; then loads
// every library it names, begins telemetry and reads every sample, which must give the same texts as the build. Refuses a package that is too big.
// Needs `npm run build` and package.ts before. Nothing is contacted: the settings name a storage that is not there.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type HookDeps, runAsProgram } from './cli.ts';
import { megabytes, zippedSize } from './package.ts';
import type { Use } from './use-package.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 60_000;
const USE_PATIENCE_MS = 5 * 60_000;
/** A cold start fetches and unpacks it. */
export const MAX_ZIPPED_BYTES = 60_000_000;

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
      if (!answer.ready) {
        errors += answer.error ?? '';
        break;
      }
      const { status } = await fetch(`${answer.url}/api/health`);
      return { functions: [...answer.functions].sort(), health: status };
    }
    throw new Error(`the host did not load ${appDir}:\n${errors.slice(0, 2000)}`);
  } finally {
    clearTimeout(impatient);
    child.kill('SIGTERM');
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Read the samples with an app folder, in a process of its own, and with `--libraries` load all that it names. */
export async function usePackage(app: string, samples: string, ...wishes: '--libraries'[]): Promise<Use> {
  const program = fileURLToPath(new URL('use-package.ts', import.meta.url));
  const flags = ['--experimental-import-meta-resolve', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, app, samples, ...wishes], {
    timeout: USE_PATIENCE_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Use;
}

/** What the package does otherwise than the build, one line each. */
export function differences(built: Use, packaged: Use): string[] {
  const texts = Object.keys(built.read).filter(
    (name) => JSON.stringify(built.read[name]) !== JSON.stringify(packaged.read[name]),
  );
  return [
    ...packaged.missing.map((what) => `cannot be loaded: ${what}`),
    ...texts.map((name) => `${name}: ${packaged.read[name]?.join(', ')} instead of ${built.read[name]?.join(', ')}`),
    ...(packaged.hasTelemetry ? [] : ['telemetry does not begin']),
  ];
}

async function main(deps: HookDeps): Promise<number> {
  const host = join(ROOT, 'dist/local/host/main.js');
  const app = join(ROOT, 'dist/package');
  const built = await loadInHost(host, ROOT);
  const packaged = await loadInHost(host, app);
  const missing = built.functions.filter((name) => !packaged.functions.includes(name));
  if (missing.length > 0 || packaged.functions.length === 0 || packaged.health !== 200) {
    deps.say(`✗ the package lacks ${missing.join(', ') || 'no function'}; health answers ${packaged.health}`);
    return 1;
  }
  deps.say(`✓ the package loads ${packaged.functions.length} functions and answers`);
  const samples = join(ROOT, 'samples/documents');
  const use = await usePackage(app, samples, '--libraries');
  const different = differences(await usePackage(ROOT, samples), use);
  for (const line of different) deps.say(`✗ ${line}`);
  if (different.length > 0) return 1;
  deps.say(
    `✓ its ${use.libraries} libraries load, and it reads ${Object.keys(use.read).length} samples as the build does`,
  );
  const bytes = zippedSize(app);
  if (bytes > MAX_ZIPPED_BYTES) {
    deps.say(`✗ zipped it has ${megabytes(bytes)}, more than ${megabytes(MAX_ZIPPED_BYTES)}: infra/scripts/prune.ts`);
    return 1;
  }
  deps.say(`✓ ${megabytes(bytes)} zipped`);
  return 0;
}

runAsProgram(import.meta.url, main);
