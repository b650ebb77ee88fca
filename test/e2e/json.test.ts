// Every command with --json, from the program's own list: one document on stdout and nothing else, what was asked for or the error. A command that is
// added without a line here fails the test.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { type Cloud, sharedCloud } from './cloud.ts';
import { command, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder('json');
afterAll(() => folder.remove());
const file = (name: string, text: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
};
const letter = file('letter.txt', 'Value added tax return: VAT registration number, output tax, input tax.');
const rows = file(
  'rows.jsonl',
  '{"text":"VAT return, output tax","label":"VAT"}\n{"text":"customs tariff","label":"B"}\n',
);
const taxonomy = file(
  'labels.json',
  '{"name":"x","labels":[{"name":"A","description":"a"},{"name":"B","description":"b"}]}',
);
const MISSING = join(folder.path, 'missing');
const NOBODY = 'f'.repeat(64);

/** Stay up, or end only with a cloud of their own: each is run with --json by the test that is named. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  start: 'commands.test.ts',
  storage: 'commands.test.ts',
  'simulate-llm': 'test/local, as a server',
  train: 'commands.test.ts',
};

interface Case {
  args: readonly string[];
  /** What the document is: an error of this code, or an answer. */
  error?: string;
  code?: number;
}
const ok = (...args: string[]): Case => ({ args });
const fails = (error: string, code: number, ...args: string[]): Case => ({ args, error, code });

/** One case a command; those that would change the lake for others are asked for what cannot be done. */
const CASES: Readonly<Record<string, (known: { runId: string }) => Case>> = {
  run: () => ok('nowhere', '--no-llm'),
  runs: () => ok(),
  rerun: () => fails('run.not-found', 1, 'run-00000000000000000000'),
  cancel: () => fails('run.not-found', 1, 'run-00000000000000000000'),
  quote: () => ok(letter),
  upload: () => fails('usage', 2, MISSING),
  extract: () => ok(letter),
  eval: () => ok(rows),
  compare: () => ok('v1', 'v1', rows),
  'models list': () => ok(),
  'models promote': () => fails('model.not-found', 1, 'v999'),
  'models rollback': () => fails('usage', 2, '--nobody'), // others share the champion
  'models import': () => fails('usage', 2, MISSING),
  'models export': () => fails('model.not-found', 1, 'v999', join(folder.path, 'spark')),
  'encoder list': () => ok(),
  'encoder import': () => fails('usage', 2, MISSING),
  'encoder use': () => fails('encoder.not-found', 1, 'minilm-l6-v2-0123abcd'),
  calibrate: () => ok(),
  query: () => ok('select 1 as one'),
  search: () => ok('tax'),
  export: () => ok(),
  review: () => ok('--limit', '1'),
  'spot-check': () => ok('--limit', '1'),
  decide: () => fails('document.not-found', 1, NOBODY, 'VAT'),
  whatif: () => ok('--accept', '0.5'),
  'compare-runs': ({ runId }) => fails('run.not-found', 1, runId, runId), // it has no documents
  costs: () => ok(),
  trust: () => ok(),
  guide: () => ok(),
  digest: () => ok(),
  drift: () => ok(),
  'notices list': () => ok(),
  'notices test': () => ({ args: [], code: 1 }),
  report: ({ runId }) => ok(runId),
  pages: () => fails('document.not-found', 1, NOBODY, '--output', join(folder.path, 'pages')),
  erase: () => fails('document.not-found', 1, NOBODY, '--yes'),
  'taxonomy list': () => ok(),
  'taxonomy show': () => ok(),
  'taxonomy check': () => ok(taxonomy),
  'taxonomy set': () => fails('usage', 2, rows),
  'taxonomy diff': () => ok(taxonomy),
  'sources list': () => ok(),
  'sources add': () => fails('usage', 2, 'tax'),
  'sources check': () => fails('sync.unknown', 1, 'tax'),
  'sources sync': () => fails('sync.unknown', 1, 'tax'),
  'sources items': () => fails('sync.unknown', 1, 'tax'),
  'sources pause': () => fails('sync.unknown', 1, 'tax'),
  'sources resume': () => fails('sync.unknown', 1, 'tax'),
  'sources remove': () => fails('sync.unknown', 1, 'tax'),
  doctor: () => ok(),
};

const namesOf = (program: Command, before: string[] = []): string[] =>
  program.commands.flatMap((one) =>
    one.commands.length > 0 ? namesOf(one, [...before, one.name()]) : [[...before, one.name()].join(' ')],
  );

let cloud: Cloud;
/** The run that the first case makes. */
let known = { runId: '' };
beforeAll(async () => {
  cloud = await sharedCloud();
}, 300_000);

test('every command has a case here, or a test elsewhere', () => {
  expect([...Object.keys(CASES), ...Object.keys(ELSEWHERE)].toSorted()).toEqual(namesOf(createProgram()).toSorted());
});

test.each(Object.keys(CASES))(
  '%s --json: one document on stdout, the exit code with it, an error with code and advice',
  async (name) => {
    const { args, error, code = 0 } = CASES[name]!(known); // of its own keys
    const takesData = !['extract'].includes(name);
    const ended = await command([...name.split(' '), ...args, '--json', ...(takesData ? ['--data', cloud.path] : [])]);
    const said = `${ended.stdout.slice(0, 500)} | ${ended.stderr.slice(-500)}`;
    expect(ended.stdout.endsWith('\n'), said).toBe(true);
    const document = JSON.parse(ended.stdout) as {
      runId?: string;
      error?: { code: string; message: string; advice: string | null };
    };
    expect({ code: ended.code, error: document.error?.code }, said).toEqual({ code, error });
    if (name === 'run') known = { runId: document.runId ?? '' };
    if (error === undefined) return;
    expect(document.error?.message, said).toMatch(/\S/);
    expect(document.error).toHaveProperty('advice');
  },
  60_000,
);

test('extract --json: a document a line, as it is read, with the path as it was given', async () => {
  const { code, stdout } = await command(['extract', letter, rows, '--json']);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).path)).toEqual([letter, rows]);
});

test('wrong usage with --json is a document too', async () => {
  for (const args of [['frobnicate'], ['runs', '--limit', 'many'], ['query']]) {
    const { code, stdout } = await command([...args, '--json']);
    expect([code, JSON.parse(stdout)], stdout).toEqual([2, { error: expect.objectContaining({ code: 'usage' }) }]);
  }
});
