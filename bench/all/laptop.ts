// Parts of `npm run bench all` about the whole product on one machine: the host, the command line, what is installed, the start, folders of files.
import { cpSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cpuSecondsOf, here, inFolder, line, measured, type Options, other, type Told } from './line.ts';

interface DatasetResult {
  sides: { cpuMsPerDocument: number; readersCpuMsPerDocument: number; requestsPerBatch: number }[];
}

export function dataset({ against }: Options): Told[] {
  const { sides } = measured(here, 'dataset', other(against)) as DatasetResult; // as above
  const [now, before] = sides;
  if (now === undefined) return [];
  const readers = [now.readersCpuMsPerDocument, before?.readersCpuMsPerDocument] as const;
  return [
    line('dataset', 'host, a document of a data set, CPU', 'ms', now.cpuMsPerDocument, before?.cpuMsPerDocument),
    line('dataset', 'its readers, a document of a data set, CPU', 'ms', ...readers),
    line('dataset', 'host, HTTP requests of a batch', '', now.requestsPerBatch, before?.requestsPerBatch),
  ];
}

/** What tests and builds keep among the packages. */
const CACHES = /[\\/]\.vite(st)?(-\w+)?([\\/]|$)/;

/** What `npm ci` has left in each checkout. */
export function installed({ against }: Options): Told[] {
  const now = sizeOf(join(here, 'node_modules'));
  const before = against === undefined ? undefined : sizeOf(join(against, 'node_modules'));
  return [
    line('all', '`npm ci`: on the disk', 'MB', now.bytes / 1e6, before && before.bytes / 1e6),
    line('all', '`npm ci`: files', '', now.files, before?.files),
  ];
}

function sizeOf(folder: string): { bytes: number; files: number } {
  let [bytes, files] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || CACHES.test(entry.parentPath)) continue;
    files += 1;
    bytes += statSync(join(entry.parentPath, entry.name)).blocks * 512;
  }
  return { bytes, files };
}

/** `sluice query` where nothing runs, over the results of the samples. */
export function query({ against }: Options): Told[] {
  return inFolder((data) => {
    const sluice = (checkout: string, args: string): number =>
      cpuSecondsOf(
        checkout,
        `node --disable-warning=ExperimentalWarning dist/cli/sluice.js ${args} --data "$1" >/dev/null 2>&1`,
        data,
      ).cpu;
    const ask = 'query "select label, count(*) from latest_results group by 1"';
    sluice(here, 'start --once --no-llm --json --port 0');
    const took: { here: number[]; against: number[] } = { here: [], against: [] };
    for (let round = 0; round < 4; round++) {
      if (against !== undefined) took.against.push(sluice(against, ask));
      took.here.push(sluice(here, ask));
    }
    const before = against === undefined ? undefined : Math.min(...took.against);
    return [
      line('all', '`sluice query` with no cloud running, CPU of all processes', 's', Math.min(...took.here), before),
    ];
  });
}

const STARTS = 2;
/** What a clone has not, and what a build makes. */
const NOT_CLONED = new Set(['node_modules', 'dist', '.git', '.local']);

/** `npm start` of a clone with its packages installed: both builds, in turns, the least of each. */
export function start({ against }: Options): Told[] {
  return inFolder((folder) => {
    const clones = [here, ...(against === undefined ? [] : [against])].map((checkout, i) => {
      const clone = join(folder, `clone-${i}`);
      cpSync(checkout, clone, { recursive: true, filter: (path) => !NOT_CLONED.has(relative(checkout, path)) });
      symlinkSync(join(checkout, 'node_modules'), join(clone, 'node_modules'));
      return { clone, took: [] as { cpu: number; wall: number }[] };
    });
    for (let round = 0; round < STARTS; round++)
      for (const { clone, took } of clones) {
        rmSync(join(clone, 'dist'), { recursive: true, force: true });
        const data = join(folder, `data-${round}`);
        const command = 'npm start --silent -- --once --no-llm --json --port 0 --data "$1" >/dev/null 2>&1';
        took.push(cpuSecondsOf(clone, command, data));
        rmSync(data, { recursive: true, force: true });
      }
    const [now, before] = clones.map(({ took }) => ({
      cpu: Math.min(...took.map(({ cpu }) => cpu)),
      wall: Math.min(...took.map(({ wall }) => wall)),
    }));
    if (now === undefined) return [];
    return [
      line('all', '`npm start -- --once` from a clean clone with its packages, wall', 's', now.wall, before?.wall),
      line('all', '`npm start -- --once` from a clean clone with its packages, CPU', 's', now.cpu, before?.cpu),
    ];
  });
}

interface FolderResult {
  sides: { perDocumentMs: { cpu: number; wall: number } }[];
  memory: { files: number; decided: number; cpuMsPerDocument: number; peaks: { process: string; peakMb: number }[] }[];
}

export function folder({ against, files }: Options): Told[] {
  const { sides } = measured(here, 'folder', ['--files', files, ...other(against)]) as FolderResult; // as above
  const [now, before] = sides;
  if (now === undefined) return [];
  return (['cpu', 'wall'] as const).map((kind) =>
    line(
      'folder',
      `a folder of small files, a document, ${kind}`,
      'ms',
      now.perDocumentMs[kind],
      before?.perDocumentMs[kind],
    ),
  );
}

/** Of this build alone: the other one would take ten times as long at the larger sizes. */
export function memory({ memory: sizes }: Options): Told[] {
  const what = `the peak of each process of a folder of ${sizes} files`;
  if (process.platform !== 'linux')
    return [{ benchmark: 'folder', what, skipped: 'the peaks are read from /proc, which this system has not' }];
  const result = measured(here, 'folder', ['--files', '', '--memory', sizes]) as FolderResult; // as above
  return result.memory.flatMap(({ files, decided, cpuMsPerDocument, peaks }) => [
    line('folder', `${files} files: decisions in the answer, each of another file`, '', decided, undefined),
    line('folder', `${files} files: CPU of the whole command, a document`, 'ms', cpuMsPerDocument, undefined),
    ...peaks.map(({ process: name, peakMb }) =>
      line('folder', `${files} files: peak of ${name}`, 'MB', peakMb, undefined),
    ),
  ]);
}
