// Peaks of a command and of all processes it starts, as Linux tells them of each (VmHWM), and their CPU.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that is gone before the first look is missed; none of ours is. */
const LOOK_EVERY_MS = 100;
const TICKS_PER_SECOND = 100;

export interface ProcessPeak {
  /** Its command line, with blanks. */
  command: string;
  peakMb: number;
  cpuSeconds: number;
}

interface Seen extends ProcessPeak {
  pid: number;
}

/** Run a command to its end. @throws Error it ended with another code than 0 */
export async function peaksOf(
  command: string,
  args: readonly string[],
  options: { cwd: string; stdio: ['ignore', number, number] },
): Promise<ProcessPeak[]> {
  const child = spawn(command, args, options);
  const seen = new Map<number, Seen>();
  const exited = once(child, 'exit') as Promise<[number | null]>; // its event
  let hasEnded = false;
  void exited.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    look(child, seen);
    await sleep(LOOK_EVERY_MS);
  }
  const [code] = await exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return [...seen.values()];
}

function look(child: ChildProcess, seen: Map<number, Seen>): void {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : '';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat === '') continue;
    parents.set(Number(name), Number(fields[1]));
    ticks.set(Number(name), Number(fields[11]) + Number(fields[12]));
  }
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === child.pid) return true;
    return false;
  };
  for (const pid of parents.keys()) {
    if (!isOurs(pid)) continue;
    const peakKb = /VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1];
    if (peakKb === undefined) continue; // on its way out
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
    seen.set(pid, {
      pid,
      command,
      peakMb: Number(peakKb) / 1024,
      cpuSeconds: (ticks.get(pid) ?? 0) / TICKS_PER_SECOND,
    });
  }
}

/** Empty: the process has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
