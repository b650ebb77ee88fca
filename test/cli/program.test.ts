// Every command, given what no command can take: one line, exit code 2, and nothing is started.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { SERVER_PROFILE_NAMES } from '../../cli/options.ts';
import { createProgram } from '../../cli/program.ts';
import { commandsMarkdown, whyOnlyHere } from '../../docs/commands.ts';
import { PROFILE_NAMES } from '../../local/emulators/openai-profiles.ts';

const GARBAGE = ['', ' ', 'x', 'NaN', '-1', '1e999', '99999999999999', '0x', '\u0000', 'Infinity'];
const FILE = import.meta.filename;

/** Values that an argument or option of this kind takes. */
const FIT: Record<string, string> = {
  'run-id': 'run-1',
  'run-ids': 'run-1',
  'run-a': 'run-1',
  'run-b': 'run-2',
  'document-id': '0'.repeat(64),
  'model-a': 'v1',
  'model-b': 'v2',
  version: 'v1',
  sql: 'SELECT 1',
  name: 'tax',
  encoder: 'minilm-l6-v2-0123abcd',
};

/** Free text, or names whose truth only the lake or the machine knows; each is told where it is used. */
const FREE_OPTIONS = new Set(
  'code container exclude faults include library features-of guarantee id-column key label label-column labels media-type model-file name document-prefix label-prefix note output output-kind path prefix python report search settings text-column taxonomy-version type user algorithm outside'.split(
    ' ',
  ),
);
const FREE_ARGUMENTS = new Set(['run path', 'train source', 'models export folder']);

function commandsOf(program: Command, before: string[] = []): { names: string[]; command: Command }[] {
  return program.commands.flatMap((command) => [
    { names: [...before, command.name()], command },
    ...commandsOf(command, [...before, command.name()]),
  ]);
}
const all = () => commandsOf(createProgram()).filter(({ command }) => command.commands.length === 0);

/** What the command line says to arguments; the action itself never runs. */
function refusal(args: string[], names: string[]): { code: string; exitCode: number; lines: string[] } | 'taken' {
  const program = createProgram();
  let said = '';
  const silence = (command: Command): void => {
    command.configureOutput({ ...command.configureOutput(), writeErr: (text) => (said += text) });
    command.commands.forEach(silence);
  };
  silence(program);
  let command: Command = program;
  for (const name of names) command = command.commands.find((one) => one.name() === name) as Command;
  command.action(() => {});
  try {
    program.parse(['node', 'sluice', ...names, ...args]);
    return 'taken';
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { code: error.code, exitCode: error.exitCode, lines: said.trimEnd().split('\n') };
  }
}

const fitArgument = (argument: { name(): string }, names: string[]): string =>
  FIT[argument.name()] ?? (FREE_ARGUMENTS.has(`${names.join(' ')} ${argument.name()}`) ? 'in' : FILE);
const fitArguments = (command: Command, names: string[]): string[] =>
  command.registeredArguments.filter(({ required }) => required).map((argument) => fitArgument(argument, names));

const isOneLine = (said: ReturnType<typeof refusal>, label: string): void => {
  expect(said, label).not.toBe('taken');
  if (said === 'taken') return;
  expect([said.exitCode === 0, said.lines.length], `${label}: ${said.lines.join(' | ')}`).toEqual([false, 1]);
};

test('every command takes what fits: the helpers of this test are right', () => {
  expect(all().length).toBeGreaterThan(20);
  for (const { names, command } of all())
    expect(refusal(fitArguments(command, names), names), names.join(' ')).toBe('taken');
});

test('every option with a value refuses values that do not fit, in one line', () => {
  const unchecked: string[] = [];
  let checked = 0;
  for (const { names, command } of all())
    for (const option of command.options) {
      const long = option.long?.slice(2) ?? '';
      if (option.isBoolean() || option.negate || FREE_OPTIONS.has(long)) continue;
      const refused = GARBAGE.filter(
        (value) => refusal([...fitArguments(command, names), `--${long}=${value}`], names) !== 'taken',
      );
      if (refused.length === 0) unchecked.push(`${names.join(' ')} --${long}`);
      for (const value of refused) {
        checked++;
        const said = refusal([...fitArguments(command, names), `--${long}=${value}`], names);
        isOneLine(said, `${names.join(' ')} --${long}=${JSON.stringify(value)}`);
      }
    }
  expect(unchecked).toEqual([]);
  expect(checked).toBeGreaterThan(200);
});

test('every argument that names something refuses what names nothing, in one line', () => {
  for (const { names, command } of all())
    command.registeredArguments.forEach((argument, index) => {
      if (FREE_ARGUMENTS.has(`${names.join(' ')} ${argument.name()}`)) return;
      const args = fitArguments(command, names);
      for (const [at, before] of command.registeredArguments.slice(0, index).entries())
        args[at] = fitArgument(before, names);
      args[index] = '';
      isOneLine(refusal(args, names), `${names.join(' ')} <${argument.name()}>`);
    });
});

test('unknown commands and options, and arguments too few or too many, are told in one line', () => {
  isOneLine(refusal(['frobnicate'], []), 'frobnicate');
  for (const { names, command } of all()) {
    const args = fitArguments(command, names);
    isOneLine(refusal([...args, '--frobnicate'], names), `${names.join(' ')} --frobnicate`);
    if (args.length > 0) isOneLine(refusal([], names), names.join(' '));
    if (!command.registeredArguments.some(({ variadic }) => variadic))
      isOneLine(refusal([...args, FILE, FILE, FILE], names), `${names.join(' ')} …`);
  }
});

test('numbers that money and ports allow are taken, those beyond are not', () => {
  expect(refusal(['--max-cost', '0'], ['start'])).toBe('taken');
  isOneLine(refusal(['--max-cost', '-1'], ['start']), '--max-cost -1');
  isOneLine(refusal(['--port', '99999'], ['start']), '--port 99999');
  isOneLine(refusal(['--port', '99999'], ['simulate-llm']), 'simulate-llm --port 99999');
  isOneLine(refusal([join('no', 'such', 'folder')], ['start']), 'start no/such/folder');
});

test('every command works with --url, or its help says why it does not; docs/commands.md is what the generator writes', () => {
  for (const { names, command } of all()) {
    const hasUrl = command.options.some(({ long }) => long === '--url');
    expect([hasUrl, whyOnlyHere(command) !== undefined].filter(Boolean), names.join(' ')).toHaveLength(1);
    expect(
      command.options.map(({ long }) => long),
      names.join(' '),
    ).toContain('--json');
  }
  expect(readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8')).toBe(commandsMarkdown());
});

test('simulate-llm --help lists every server that the simulator can play', () => {
  expect(SERVER_PROFILE_NAMES).toEqual(PROFILE_NAMES);
  const help = createProgram()
    .commands.find((command) => command.name() === 'simulate-llm')!
    .helpInformation();
  for (const name of PROFILE_NAMES) expect(help).toContain(`"${name}"`);
});

test('at 80 columns no line of any help is longer', () => {
  const narrow = (command: Command): Command[] => {
    command.configureOutput({ getOutHelpWidth: () => 80 });
    return [command, ...command.commands.flatMap(narrow)];
  };
  for (const command of narrow(createProgram()))
    for (const line of command.helpInformation().split('\n'))
      expect(line.length, `${command.name()}: ${line}`).toBeLessThanOrEqual(80);
});
