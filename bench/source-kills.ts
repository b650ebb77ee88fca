// A round of a source whose process is killed (SIGKILL) in the middle, again and again: half of the kills at a step of the round, from its first call to
// storage to its last, half at any moment. After each one another process ends the round.
// With `--every` the round ends at each of its steps once, within this process (library/kill-steps.ts); minutes. `--every N`: at each Nth.
// Aims: every file of the library has landed, none twice, and the next round has nothing to do. Fails otherwise.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LakeStore, seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { syncDrive } from '../shared/sources/drive-round.ts';
import { folderStore } from './library/folder-store.ts';
import { killSteps } from './library/kill-steps.ts';
import { answerOf, sourceOf, startTenant } from './library/tenant.ts';

const FILES = 300;
const ROUND = '--round';

interface Ended {
  /** Calls to storage. */
  steps: number;
  ms: number;
  landed: number;
  /** What a second round finds. */
  again: number;
}

/** @param options.args  `--kills N`, default 20; `--seed N`; `--every [N]` */
export async function run(options: { json: boolean; args: readonly string[] }): Promise<void> {
  const at = options.args.indexOf('--every');
  if (at >= 0) return every(Number(options.args[at + 1] ?? 1), options.json);
  const given = (name: string, other: number): number => {
    const place = options.args.indexOf(name);
    return place < 0 ? other : Number(options.args[place + 1]);
  };
  const [kills, random] = [given('--kills', 20), seededRandom(given('--seed', 1))];
  const tenant = await startTenant(FILES);
  const found = { kills: 0, lost: 0, doubled: 0, unkilled: 0 };
  try {
    const whole = await trial(tenant.root, undefined);
    for (let n = 0; n < kills; n++) {
      const moment = n % 2 === 0 ? { step: Math.floor(random.next() * whole.steps) } : { ms: random.next() * whole.ms };
      const one = await trial(tenant.root, moment);
      found.kills++;
      if (!one.wasKilled) found.unkilled++;
      found.lost += FILES - one.files;
      found.doubled += one.arrived - new Set(one.paths).size;
      if (one.landed !== FILES || one.again !== 0)
        throw new Error(`a round ended with ${one.landed} landed and left ${one.again}`);
    }
  } finally {
    tenant.end();
  }
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ bench: 'source-kills', files: FILES, ...found })}\n`
      : `${found.kills} kills (${found.unkilled} came after the end) in rounds of ${FILES} files: ${found.lost} lost, ${found.doubled} doubled\n`,
  );
  if (found.lost + found.doubled > 0) process.exitCode = 1;
}

/** @param stride  the round ends at each such step */
async function every(stride: number, json: boolean): Promise<void> {
  let toldAt = performance.now();
  const found = await killSteps(
    FILES,
    (step) => step % stride === 0,
    (done, of) => {
      if (performance.now() - toldAt < 2000) return;
      toldAt = performance.now();
      process.stderr.write(`${done} of ${of} kills\n`);
    },
  );
  const { files, steps, kills, states, lost, doubled, repeated, mostRepeated } = found;
  process.stdout.write(
    json
      ? `${JSON.stringify({ bench: 'source-kills', ...found })}\n`
      : `${kills} kills at the ${steps} steps of a round of ${files} files, which left ${states} different states: ${lost} lost, ${doubled} doubled, ${repeated} fetched again, at most ${mostRepeated} after one kill\n`,
  );
  if (lost + doubled > 0) process.exitCode = 1;
}

async function trial(root: string, moment: { step: number } | { ms: number } | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-kills-'));
  try {
    let wasKilled = false;
    const start = (step: number) => fork(import.meta.filename, [ROUND, root, folder, String(step)]);
    if (moment !== undefined) {
      const child = start('step' in moment ? moment.step : Number.POSITIVE_INFINITY);
      const exit = once(child, 'exit');
      if ('ms' in moment) {
        await Promise.race([sleep(moment.ms), exit]);
        child.kill('SIGKILL');
      }
      const [, signal] = (await exit) as [unknown, string | null]; // of node:child_process
      wasKilled = signal === 'SIGKILL';
    }
    const ended = await answerOf<Ended>(start(Number.POSITIVE_INFINITY));
    const lines = (await readFile(join(folder, 'arrived'), 'utf8')).trim().split('\n');
    const there = await readdir(join(folder, 'landing'), { recursive: true, withFileTypes: true });
    const files = there.filter((one) => one.isFile() && !one.name.includes('~')).length;
    return { ...ended, wasKilled, arrived: lines.length, paths: lines, files };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function round(root: string, folder: string, killAt: number): Promise<Ended> {
  const { entry, service } = sourceOf(root);
  let steps = 0;
  const dying = (store: LakeStore): LakeStore =>
    new Proxy(store, {
      get: (target, name) => {
        const of = Reflect.get(target, name) as unknown;
        if (typeof of !== 'function') return of;
        return (...args: unknown[]) => {
          if (steps++ >= killAt) process.kill(process.pid, 'SIGKILL');
          return of.apply(target, args);
        };
      },
    });
  const landing = folderStore(join(folder, 'landing'));
  const { upload } = landing;
  landing.upload = async (path, file) => {
    const etag = await upload(path, file);
    await appendFile(join(folder, 'arrived'), `${path}\n`);
    return etag;
  };
  const deps = {
    ...{ lake: dying(folderStore(join(folder, 'lake'))), landing: dying(landing), clock: systemClock },
    ...{ logger: silentLogger, parallel: 4, erase: async () => undefined },
  };
  const [drive] = await service.drives();
  if (drive === undefined) throw new Error('the site has no library');
  const began = performance.now();
  const { state } = await syncDrive(deps, entry, drive, service.feed(drive));
  const [ms, calls] = [performance.now() - began, steps];
  const { landed } = await syncDrive(deps, entry, drive, service.feed(drive));
  return { steps: calls, ms, landed: state.counts.landed ?? 0, again: landed };
}

const [, , role, root, folder, step] = process.argv;
if (role === ROUND) {
  process.send?.(await round(root ?? '', folder ?? '', Number(step)));
  process.disconnect();
}
