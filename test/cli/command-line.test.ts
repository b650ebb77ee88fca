import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommandLine } from '../../cli/command-line.ts';

const MISSING = join(import.meta.dirname, 'no-such-folder');
let written: { stdout: string; stderr: string };

beforeEach(() => {
  written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((piece) => {
      written[stream] += String(piece);
      return true;
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

test.each([
  ['a command that is none', ['frobnicate', '--json']],
  ['an option that does not fit', ['runs', '--limit', 'many', '--json']],
  ['an argument that is missing', ['query', '--json']],
  ['a data folder that is not there', ['query', 'select 1', '--data', MISSING, '--json']],
  ['a file that is not there', ['taxonomy', 'check', MISSING, '--json']],
])('--json: %s is one document with code and advice, exit code 2, and a line for people', async (_, args) => {
  expect(await runCommandLine(args)).toBe(2);
  expect(JSON.parse(written.stdout)).toEqual({
    error: { code: 'usage', message: expect.stringMatching(/\S/), advice: expect.stringContaining('--help') },
  });
  expect(written.stderr).toMatch(/\S/);
});

test('without --json, and where it is only an argument, an error leaves nothing on stdout', async () => {
  expect(await runCommandLine(['query', 'select 1', '--data', MISSING])).toBe(2);
  expect(await runCommandLine(['frobnicate', '--', '--json'])).toBe(2);
  expect(written.stdout).toBe('');
});

test.each([
  [['start', MISSING], `folder '${MISSING}' does not exist`],
  [['evaluate', MISSING], `file '${MISSING}' does not exist`],
  [['decide', 'x', 'Invoices'], "document-id 'x' must be 64 hex digits, as `sluice review` shows them"],
  [['whatif', '--accept', '7'], "option '--accept <p>' argument '7' must be a number from 0 to 1"],
  [
    ['whatif', '--status', 'x'],
    "option '--status <status>' argument 'x' is invalid. Allowed choices are labelled, review, failed.",
  ],
])('a value that does not fit is told in one sentence, to people and to programs: %j', async (args, said) => {
  expect(await runCommandLine([...args, '--json'])).toBe(2);
  expect(written.stderr).toBe(`error: ${said} (--help shows what is possible)\n`);
  expect(JSON.parse(written.stdout).error.message).toBe(said);
});

test('help is no error: with --json it is the help alone', async () => {
  expect(await runCommandLine(['runs', '--help', '--json'])).toBe(0);
  expect(written.stdout).toContain('Usage: sluice runs');
  expect(written.stdout).not.toContain('"error"');
});
