// Benchmark of sources: a library of 40,000 files in the Graph emulator (in a process of its own): the first round, one without changes, one after 5 %
// have changed and one that looks at everything. Each size is measured in a process of its own, so that its peak memory is its own; lake and landing are
// folders on this machine, so storage is not measured.
// Aims: time per file the same at 10,000 and 40,000; peak memory < 250 MB; a round without changes one call; one after
// changes pays for these only.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '../shared/ports.ts';
import { syncDrive } from '../shared/sources/drive-round.ts';
import { folderStore } from './library/folder-store.ts';
import { answerOf, sourceOf, startTenant } from './library/tenant.ts';

const SIZES = [10_000, 40_000];
/** As on a small instance: without a limit V8 lets garbage lie, and the peak says nothing of the need. */
const SMALL_HEAP = ['--max-old-space-size=160', '--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];
const MEASURE = '--measure';

interface Measurement {
  name: string;
  files: number;
  ms: number;
  cpuMs: number;
  /** Calls to the service, downloads of bytes not counted. */
  calls: number;
  landed: number;
  /** Of the process so far. */
  peakRssMb: number;
}

/** @param options.args  numbers of files; default 10000 and 40000 */
export async function run(options: { json: boolean; args: readonly string[] }): Promise<void> {
  const sizes = options.args.length === 0 ? SIZES : options.args.map(Number);
  const found: Measurement[] = [];
  for (const files of sizes) {
    const child = fork(import.meta.filename, [MEASURE, String(files)], { execArgv: SMALL_HEAP });
    found.push(...(await answerOf<Measurement[]>(child)));
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ bench: 'sources', measurements: found })}\n`);
  else
    for (const { name, files, ms, cpuMs, calls, landed, peakRssMb } of found)
      process.stdout.write(
        `${name.padEnd(24)} ${String(files).padStart(6)} files ${ms.toFixed(0).padStart(7)} ms ${cpuMs.toFixed(0).padStart(7)} ms CPU ${String(calls).padStart(6)} calls ${String(landed).padStart(6)} landed ${peakRssMb.toFixed(0).padStart(5)} MB\n`,
      );
}

async function measure(files: number): Promise<Measurement[]> {
  const { root, ask, end } = await startTenant(files);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-sources-'));
  const { entry, service } = sourceOf(root);
  const [lake, landing] = [folderStore(join(folder, 'lake')), folderStore(join(folder, 'landing'))];
  const deps = { lake, landing, clock: systemClock, logger: silentLogger, parallel: 4, erase: async () => undefined };
  const found: Measurement[] = [];
  try {
    const [drive] = await service.drives();
    if (drive === undefined) throw new Error('the site has no library');
    const round = async (name: string, isFull = false): Promise<void> => {
      await ask('count');
      const [began, before] = [performance.now(), process.cpuUsage()];
      const { landed, status } = await syncDrive(deps, entry, drive, service.feed(drive), { isFull });
      if (status !== 'done') throw new Error(`${name}: ${status}`);
      const used = process.cpuUsage(before);
      found.push({
        ...{ name, files, landed, ms: performance.now() - began, cpuMs: (used.user + used.system) / 1000 },
        ...{ calls: await ask('count'), peakRssMb: process.resourceUsage().maxRSS / 1024 },
      });
    };
    await round('first round');
    await round('without changes');
    await ask('change');
    await round('after 5 % have changed');
    await round('looking at everything', true);
  } finally {
    end();
    await rm(folder, { recursive: true, force: true });
  }
  return found;
}

const [, , role, size] = process.argv;
if (role === MEASURE) {
  process.send?.(await measure(Number(size)));
  process.disconnect();
}
