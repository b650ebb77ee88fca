// Calling az and azd from hooks. Answers are parsed here; what a hook does with them is tested without a cloud.
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Run a command line tool; never rejects, the exit code tells. */
export type RunCli = (command: 'az' | 'azd', args: readonly string[]) => Promise<CliResult>;

/** A tool refused. The message is its first line of error output; arguments are not repeated, they may name people. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly result: CliResult;

  constructor(command: string, args: readonly string[], result: CliResult) {
    const reason = result.stderr.split('\n').find((line) => line.trim() !== '') ?? `exit code ${result.code}`;
    super(`${command} ${args.slice(0, 3).join(' ')}: ${reason.trim().slice(0, 400)}`);
    this.result = result;
  }
}

/** The parsed JSON answer of an az command. @throws {CliError} the command failed */
export async function askAz<T>(run: RunCli, args: readonly string[]): Promise<T> {
  const result = await run('az', [...args, '--output', 'json', '--only-show-errors']);
  if (result.code !== 0) throw new CliError('az', args, result);
  return (result.stdout.trim() === '' ? null : JSON.parse(result.stdout)) as T;
}

/** Remember a value in the azd environment; the next provisioning reads it. */
export async function setAzdValue(run: RunCli, name: string, value: string): Promise<void> {
  const args = ['env', 'set', name, value];
  const result = await run('azd', args);
  if (result.code !== 0) throw new CliError('azd', args, result);
}

/** The tools themselves. Windows installs az as az.cmd, which needs a shell. */
export const runCli: RunCli = (command, args) =>
  new Promise((resolve) => {
    const isWindows = process.platform === 'win32';
    const quoted = isWindows
      ? args.map((arg) => (/[\s"&|<>^]/.test(arg) ? `"${arg.replaceAll('"', '""')}"` : arg))
      : [...args];
    execFile(command, quoted, { shell: isWindows, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      const text = code === 127 ? `${command} is not installed or not on PATH` : stderr;
      resolve({ code, stdout, stderr: text });
    });
  });

/** What a hook needs of the outside world. */
export interface HookDeps {
  run: RunCli;
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** One line for the person who deploys. */
  say(line: string): void;
}

export const systemDeps = (): HookDeps => ({
  run: runCli,
  env: process.env,
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  say: (line) => process.stdout.write(`${line}\n`),
});

/** Run a hook when its file is the program; its error ends the process with code 1 and one readable line. */
export function runAsProgram(moduleUrl: string, main: (deps: HookDeps) => Promise<number>): void {
  const program = process.argv[1];
  if (program === undefined || realpathSync(program) !== realpathSync(fileURLToPath(moduleUrl))) return;
  main(systemDeps()).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
