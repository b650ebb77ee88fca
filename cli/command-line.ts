// What the command line does with its arguments. Results go to stdout, everything else to stderr; exit codes: 0 done, 1 failed, 2 wrong usage.
// Invariants: L1 nothing here ends the process, so that a program may run one command after the other.
import { CommanderError } from 'commander';
import { SluiceError } from '../shared/errors.ts';
import { clearBar, note, UsageError } from './console.ts';
import { fileProblem } from './local-files.ts';
import { createProgram } from './program.ts';

/** Run one command to its end; what it found wrong is told on stderr. @param args  without node and script @returns the exit code */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  process.exitCode = 0;
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return process.exitCode; // a check that found something wrong has set it
  } catch (error) {
    clearBar();
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = error instanceof Error ? error.message : String(error);
    note(`sluice: ${fileProblem(error) ?? message}`);
    // The remedy of a wrong argument names "the field"; here the message itself names it.
    if (error instanceof SluiceError && error.code !== 'request.invalid') note(error.remedy);
    return error instanceof UsageError ? 2 : 1;
  }
}
