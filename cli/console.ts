// What people see: progress and notes on stderr, results on stdout. Plain lines when it is not a terminal.
import { styleText } from 'node:util';
import type { RunStatus } from '../shared/api/runs.ts';
import type { BrokenRecord } from '../shared/record-json.ts';

const isTerminal = process.stderr.isTTY === true;

/** A line for people, on stderr. */
export function note(text: string): void {
  clearBar();
  process.stderr.write(`${text}\n`);
}

export const dim = (text: string): string => styleText('dim', text, { stream: process.stderr });
export const bold = (text: string): string => styleText('bold', text, { stream: process.stderr });
export const warn = (text: string): string => styleText('yellow', text, { stream: process.stderr });

let barShown = false;
let lastPlain = 0;

/** One line that renews itself; on a pipe a line every two seconds. */
export function bar(text: string): void {
  if (isTerminal) {
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    barShown = true;
  } else if (Date.now() - lastPlain > 2000) {
    lastPlain = Date.now();
    process.stderr.write(`${text}\n`);
  }
}

export function clearBar(): void {
  if (barShown) process.stderr.write('\r\x1b[K');
  barShown = false;
}

/** Progress of a run in one line. */
export function progressLine(run: RunStatus): string {
  const done = run.steps.decide;
  const total = Math.max(run.documents, 1);
  const width = 20;
  const filled = Math.round((Object.values(run.steps).reduce((a, b) => a + b, 0) / (total * 5)) * width);
  const gauge = `${'█'.repeat(Math.min(width, filled))}${'░'.repeat(Math.max(0, width - filled))}`;
  const left = run.remainingSeconds === null ? '' : ` · ${duration(run.remainingSeconds)} left`;
  return `${gauge} ${done}/${run.documents} decided · ${run.asked} asked · ${money(run.costUsd)}${left}`;
}

export const money = (usd: number): string => `$${usd.toFixed(usd < 0.995 ? 4 : 2)}`;

export const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;

/** Records that a list could not show. */
export function tellBroken(broken: readonly BrokenRecord[] = []): void {
  for (const { id, code, message, remedy } of broken)
    note(warn(`${id} cannot be read: [${code}] ${message}. ${remedy}`));
}

/** What a failed command prints and how it ends: 2 for wrong usage, 1 when the work itself failed. */
export class UsageError extends Error {}
