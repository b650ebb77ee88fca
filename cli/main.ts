// What the command line does with its arguments. Results go to stdout, everything else to stderr; exit codes: 0 done, 1 failed, 2 wrong usage.
import { CommanderError } from 'commander';
import { SluiceError } from '../shared/errors.ts';
import { clearBar, note, UsageError } from './console.ts';
import { fileProblem } from './local-files.ts';
import { createProgram } from './program.ts';

// `sluice export | head` closes the pipe early: that is an end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await createProgram().parseAsync();
} catch (error) {
  clearBar();
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const message = error instanceof Error ? error.message : String(error);
    note(`sluice: ${fileProblem(error) ?? message}`);
    // The remedy of a wrong argument names "the field"; here the message itself names it.
    if (error instanceof SluiceError && error.code !== 'request.invalid') note(error.remedy);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

// Work that was given up (an upload to a storage that has ended, say) must not keep the process; what was written must be out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
