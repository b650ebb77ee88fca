// Benchmark of the cold start: a new process loads every function of the app, as the worker does before the first invocation.
// Method: median of several processes, file cache warm; the list of loaded modules comes from a load hook in one more process, so that
// counting does not slow the measured ones. `npm run bench startup -- --json [--app <folder>]`; the folder may be dist/package.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROCESSES = 9;
const LIMIT_MS = 1000;

/** Settings that let the app load; nothing is contacted. */
export const LOADABLE_ENV = {
  LAKE__blobServiceUri: 'https://none.blob.core.windows.net',
  LAKE__tableServiceUri: 'https://none.table.core.windows.net',
  LAKE_DFS_ENDPOINT: 'https://none.dfs.core.windows.net',
} as const;

/** Libraries that must not be loaded before a document needs them. */
export const HEAVY = [
  '@duckdb/node-api',
  '@e965/xlsx',
  '@embedpdf/pdfium',
  'applicationinsights',
  'eld',
  'gpt-tokenizer',
  'libarchive-wasm',
  'onnxruntime-node',
  'openai',
  'postal-mime',
  'tesseract.js',
] as const;

export interface Load {
  /** From the start of the first import to the end of the last one. */
  loadMs: number;
  /** From the start of the process. */
  totalMs: number;
  functions: number;
  /** URLs of loaded modules; empty unless asked for. */
  modules: string[];
}

const SCRIPT = `
const { registerHooks } = await import('node:module');
const [list, ...files] = process.argv.slice(1);
const modules = [];
if (list === 'list') registerHooks({ load(url, context, next) { modules.push(url); return next(url, context); } });
const start = performance.now();
for (const file of files) await import(file);
const end = performance.now();
process.stdout.write(JSON.stringify({ loadMs: end - start, totalMs: end, functions: files.length, modules }), () => process.exit(0));
`;

/** Load all function files of a folder in a new process. @param folder  functions/ as .ts or dist/functions/ as .js */
export async function loadFunctions(folder: string, wantsModules: boolean): Promise<Load> {
  const files = readdirSync(folder)
    .filter((name) => /\.(js|ts)$/.test(name))
    .map((name) => new URL(`file://${join(folder, name)}`).href);
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    SCRIPT,
    '--',
    wantsModules ? 'list' : 'time',
    ...files,
  ];
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, args, {
    env: { PATH, HOME, ...LOADABLE_ENV },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== 0) throw new Error(`the functions of ${folder} do not load: ${(await err).slice(0, 2000)}`);
  return JSON.parse(await out) as Load;
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Heavy libraries among the loaded modules. */
export function heavyAmong(modules: readonly string[]): string[] {
  return HEAVY.filter((name) => modules.some((url) => url.includes(`/node_modules/${name}/`)));
}

/** Measure and print; `json` prints one JSON document on stdout. */
export async function run(options: { json: boolean; args: string[] }): Promise<void> {
  const given = options.args[options.args.indexOf('--app') + 1];
  const app = resolve(options.args.includes('--app') && given !== undefined ? given : '.');
  const folder = join(app, 'dist/functions');
  if (!existsSync(folder)) throw new Error(`${folder} is not there. Run: npm run build`);
  const loads: Load[] = [];
  for (let index = 0; index < PROCESSES; index++) loads.push(await loadFunctions(folder, false));
  const { modules } = await loadFunctions(folder, true);
  const median = (pick: (load: Load) => number) =>
    [...loads].map(pick).sort((a, b) => a - b)[Math.floor(PROCESSES / 2)] ?? Number.NaN;
  const report = {
    app,
    node: process.version,
    processes: PROCESSES,
    loadMs: Math.round(median((load) => load.loadMs)),
    totalMs: Math.round(median((load) => load.totalMs)),
    limitMs: LIMIT_MS,
    modules: modules.length,
    heavy: heavyAmong(modules),
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else
    process.stdout.write(
      `all functions load in ${report.loadMs} ms (median of ${PROCESSES}; limit ${LIMIT_MS} ms), ${report.modules} modules, heavy ones: ${report.heavy.join(', ') || 'none'}\n`,
    );
}
