// What people see: progress and notes on stderr, results on stdout. Plain lines when it is not a terminal.
// Invariants: O1 everything that the command line prints goes through here, so nothing that others wrote acts on the screen (printable.ts).
import { once } from 'node:events';
import { styleText } from 'node:util';
import type { RunStatus } from '../shared/api/runs.ts';
import type { BrokenRecord } from '../shared/record-json.ts';
import { printable, printableJson, printableLine } from './printable.ts';

const isTerminal = process.stderr.isTTY === true;

let hasWritten = false;
/** Has this command written a result, or the beginning of one? */
export const hasResult = (): boolean => hasWritten;
export const forgetResult = (): void => {
  hasWritten = false;
};

/** All results go this way. @returns false when the reader is slower */
function write(piece: string | Uint8Array): boolean {
  hasWritten = true;
  return process.stdout.write(piece);
}

/** A result for people, on stdout. */
export const print = (text: string): void => void write(`${printable(text).replace(/\n$/, '')}\n`);

/** A result for programs: the one document on stdout. */
export const printJson = (value: unknown, indent = 0): void => void write(`${printableJson(value, indent)}\n`);

/** The same, piece by piece; a slow reader is waited for. */
export async function printPieces(pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) if (!write(piece)) await once(process.stdout, 'drain');
}

/** One JSON document for programs, text for people. */
export const answer = (options: { json: boolean }, value: unknown, text: () => string): void =>
  options.json ? printJson(value) : print(text());

/** A file on stdout: as it is for programs, and harmless on a screen. */
export async function printFile(body: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  for await (const part of body) {
    const isTaken = write(process.stdout.isTTY === true ? printable(decoder.decode(part, { stream: true })) : part);
    if (!isTaken) await once(process.stdout, 'drain'); // a slow reader is waited for, or the file gathers in memory
  }
}

/** The text of a document on stdout: as it is for programs, and harmless on a screen. */
export const printDocumentText = (text: string): void =>
  void write(`${process.stdout.isTTY === true ? printable(text) : text}\n`);

/** Columns of the screen; `otherwise` where results go to a file or a pipe. */
export const screenWidth = (otherwise = 120): number => process.stdout.columns ?? otherwise;

/** What dim, bold and warn write: the only escape sequences that a note has. */
const STYLES = /(\x1b\[(?:1|2|22|33|39)m)/;

/** A line for people, on stderr. */
export function note(text: string): void {
  clearBar();
  const parts = text.split(STYLES).map((part) => (STYLES.test(part) ? part : printable(part)));
  process.stderr.write(`${parts.join('')}${parts.length > 1 ? '\x1b[0m' : ''}\n`); // a name that holds a style ends with its line
}

export const dim = (text: string): string => styleText('dim', text, { stream: process.stderr });
export const bold = (text: string): string => styleText('bold', text, { stream: process.stderr });
export const warn = (text: string): string => styleText('yellow', text, { stream: process.stderr });

let barShown = false;
let lastPlain = 0;

/** One line that renews itself; on a pipe a line every two seconds. */
export function bar(given: string): void {
  const text = printableLine(given);
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

/** Do work that may take long: what is done is said when it has taken `afterMs`, on a pipe as well. */
export async function sayWhereSlow<T>(doing: string, work: Promise<T>, afterMs = 1500): Promise<T> {
  const timer = setTimeout(() => bar(doing), afterMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    clearBar();
  }
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
