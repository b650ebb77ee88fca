// A whole local cloud of one build for a benchmark: started on an empty folder, ended with its data.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One build in work. */
export interface Cloud {
  name: string;
  child: ChildProcess;
  url: string;
  hostPid: number;
  /** Of the benchmark; the lake's data is in its folder `cloud`. */
  folder: string;
  /** Connection string of the lake. */
  lake: string;
}

/**
 * @param app  a built checkout
 * @param settings  environment of the host
 * @throws {Error} when it is not built or does not start
 */
export async function startCloud(name: string, app: string, settings: Record<string, string> = {}): Promise<Cloud> {
  const cli = join(app, 'dist/cli/sluice.js');
  if (!existsSync(cli)) throw new Error(`${cli} is not there. Run: npm run build`);
  const folder = mkdtempSync(join(tmpdir(), `sluice-bench-${name}-`));
  const none = join(folder, 'none');
  mkdirSync(none);
  const flags = ['start', none, '--data', join(folder, 'cloud'), '--port', '0'];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...settings },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} did not start: ${log.slice(-2000)}`);
    if (log.includes('Ready.')) break;
    await sleep(200);
  }
  const state = JSON.parse(readFileSync(join(folder, 'cloud/state.json'), 'utf8')) as {
    hostUrl: string;
    hostPid: number;
    lake: string;
  }; // written by start
  return { name, child, folder, url: state.hostUrl, hostPid: state.hostPid, lake: state.lake };
}

export async function stopCloud({ child, folder }: Cloud): Promise<void> {
  const ended = new Promise((fulfil) => child.once('exit', fulfil));
  child.kill('SIGTERM');
  if (child.exitCode === null) await ended;
  rmSync(folder, { recursive: true, force: true });
}

/** User and system time of a process so far; NaN where /proc is not there. */
export function cpuMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10; // utime and stime in ticks of 10 ms, proc(5)
  } catch {
    return Number.NaN; // another system: wall times remain
  }
}
