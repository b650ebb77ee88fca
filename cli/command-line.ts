// What the command line does with its arguments. Results go to stdout, everything else to stderr; exit codes: 0 done, 1 failed, 2 wrong usage.
// Invariants: L1 nothing here ends the process, so that a program may run one command after the other. L2 with --json a command that fails before it has
// written a result leaves one document too: {error: {code, message, advice}}.
import { CommanderError } from 'commander';
import { SluiceError } from '../shared/errors.ts';
import { ApiError, NoAnswer } from './api-client.ts';
import { clearBar, forgetResult, hasResult, note, printJson, UsageError } from './console.ts';
import { fileProblem } from './local-files.ts';
import { createProgram } from './program.ts';
import { usageText } from './usage-text.ts';

/** Run one command to its end; what it found wrong is told on stderr. @param args  without node and script @returns the exit code */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  process.exitCode = 0;
  forgetResult();
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return process.exitCode; // a check that found something wrong has set it
  } catch (error) {
    clearBar();
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // help and version
    const told = tellingOf(error);
    if (!(error instanceof CommanderError)) {
      note(`sluice: ${told.message}`); // commander has said its own
      if (told.advice !== null && error instanceof SluiceError) note(told.advice);
    }
    if (wantsJson(args) && !hasResult()) printJson({ error: told }); // L2
    return error instanceof UsageError || error instanceof CommanderError ? 2 : 1;
  }
}

const HELP = 'Run the command with --help to see what it takes.';

/** An error as programs read it: a code of the list (shared/errors.ts), `usage`, `file`, `unreachable`, or `failed` for what has none. */
function tellingOf(error: unknown): { code: string; message: string; advice: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CommanderError)
    return { code: 'usage', message: usageText(message.replace(/^error: /, '')), advice: HELP };
  const file = fileProblem(error);
  if (error instanceof UsageError) return { code: 'usage', message, advice: HELP };
  if (file !== undefined) return { code: 'file', message: file, advice: 'Check the path and your rights to it.' };
  if (error instanceof NoAnswer) return { code: 'unreachable', message, advice: error.remedy };
  if (error instanceof ApiError) return { code: error.code, message, advice: error.remedy };
  // The remedy of a wrong argument names "the field"; here the message itself names it.
  if (error instanceof SluiceError)
    return { code: error.code, message, advice: error.code === 'request.invalid' ? null : error.remedy };
  return { code: 'failed', message, advice: null };
}

/** Before `--`, after which all are arguments. */
const wantsJson = (args: readonly string[]): boolean => {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).includes('--json');
};
