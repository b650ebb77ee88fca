// Drives the compiled command line as a user does, in a data folder of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as CommandLine from '../../cli/command-line.ts';

export const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'dist/cli/sluice.js');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Document {
  runId: string;
  documents: number;
  labelled: number;
  review: number;
  failed: number;
  costUsd: number;
  results: Record<string, string | number | boolean | null>[];
}

/** A temporary folder that `remove` takes away. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `sluice-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Run a command to its end. */
export function sluice(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', CLI, ...args],
      { env: { ...process.env, ...env }, maxBuffer: 256 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}

/**
 * Run a command to its end in this process, as the compiled code does it: for tests of what a command does, since a process of its own costs a second of
 * work before it begins. One at a time.
 */
export async function command(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { runCommandLine } = (await import('../../dist/cli/command-line.js' as string)) as typeof CommandLine;
  const before = { ...process.env };
  const written = { stdout: '', stderr: '' };
  const writers = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ['stdout', 'stderr'] as const)
    process[stream].write = (chunk: string | Uint8Array, ...more: unknown[]) => {
      written[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      for (const done of more) if (typeof done === 'function') done();
      return true;
    };
  Object.assign(process.env, env);
  try {
    return { code: await runCommandLine(args), signal: null, ...written };
  } finally {
    Object.assign(process.stdout, { write: writers.stdout });
    Object.assign(process.stderr, { write: writers.stderr });
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    process.exitCode = 0;
  }
}

/** Start a command that stays up. */
export function startSluice(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

export interface State {
  pid: number;
  lake: string;
  hostUrl: string;
  hostPid: number;
  simulatorUrl: string;
}

/** The state file of a running local cloud. */
export async function waitForState(data: string, child: ChildProcess, timeoutMs = 90_000): Promise<State> {
  const file = join(data, 'state.json');
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const state = await waitFor(`${file}`, timeoutMs, () => {
    if (child.exitCode !== null)
      throw new Error(`it ended with code ${child.exitCode} before it was up: ${stderr.slice(-2000)}`);
    if (!existsSync(file)) return undefined;
    const text = readFileSync(file, 'utf8');
    return text.endsWith('}') ? (JSON.parse(text) as State) : undefined;
  });
  return state;
}

/** Poll until `probe` gives a value. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
    await sleep(100);
  }
}

/** The one document on stdout; throws with stderr when there is none. */
export function parseDocument(run: Ended): Document {
  try {
    return JSON.parse(run.stdout) as Document;
  } catch {
    throw new Error(`no JSON document (code ${run.code}): ${run.stdout.slice(0, 300)}\n${run.stderr.slice(-3000)}`);
  }
}

/** documents in = labelled + review + failed, and one row each. */
export function conserves(document: Document): boolean {
  const ids = new Set(document.results.map((row) => row.document_id));
  return (
    document.documents === document.labelled + document.review + document.failed &&
    document.results.length === document.documents &&
    ids.size === document.documents
  );
}
