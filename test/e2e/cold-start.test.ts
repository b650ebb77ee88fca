// From nothing but labels and documents to a model: what a user does on the first day, on the compiled command line, beside a host that stays up.
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  command,
  type Ended,
  ended,
  parseDocument,
  ROOT,
  startSluice,
  temporaryFolder,
  waitForState,
} from './sluice.ts';

const MINILM = join(ROOT, '../shared/data/encoder/minilm-l6-v2-int8');
const folder = temporaryFolder('cold');
const data = join(folder.path, 'data');

const LABELS = ['Customs', 'Payroll tax', 'Invoices'];
interface Sample {
  text: string;
  label: string;
}
const lines = readFileSync(join(ROOT, 'samples/training.jsonl'), 'utf8').trim().split('\n');
const samples = lines.map((line) => JSON.parse(line) as Sample); // our own file
const { labels } = JSON.parse(readFileSync(join(ROOT, 'samples/taxonomy.json'), 'utf8')) as {
  labels: { name: string }[];
};

/** Documents of each label in a folder; the truth by file name. */
function writeFolder(name: string, from: number, to: number): { path: string; truth: Map<string, string> } {
  const path = join(folder.path, name);
  mkdirSync(path);
  const truth = new Map<string, string>();
  for (const label of LABELS)
    for (const [i, { text }] of samples
      .filter((sample) => sample.label === label)
      .slice(from, to)
      .entries()) {
      const file = `${name}-${truth.size}-${i}.txt`;
      writeFileSync(join(path, file), text);
      truth.set(file, label);
    }
  return { path, truth };
}

const taxonomy = join(folder.path, 'mine.json');
writeFileSync(
  taxonomy,
  JSON.stringify({
    name: 'mine',
    domain: 'Papers of a tax department.',
    labels: labels.filter(({ name }) => LABELS.includes(name)),
  }),
);
const start = (documents: string, ...more: string[]): Promise<Ended> =>
  command(['start', documents, '--taxonomy', taxonomy, '--no-llm', '--once', '--data', data, ...more]);

let host: ChildProcess;
const none = writeFolder('none', 0, 1);
beforeAll(async () => {
  host = startSluice(['start', none.path, '--taxonomy', taxonomy, '--no-llm', '--port', '0', '--data', data]);
  host.stdout?.resume();
  await waitForState(data, host);
}, 100_000);
afterAll(async () => {
  host.kill('SIGTERM');
  await ended(host);
  folder.remove();
});
const fileOf = (row: Record<string, unknown>) => String(row.source_path).split('/').at(-1) ?? '';

test('cold start without an encoder: every document waits for people, and one line says what is missing and what to do', async () => {
  const run = await start(none.path);
  expect([run.code, run.stderr.slice(-500)]).toEqual([0, expect.anything()]);
  expect(run.stdout).toContain('3 documents = 0 labelled + 3 to review + 0 failed');
  const said = run.stdout.split('\n').filter((line) => line.startsWith('No model knows these labels yet'));
  expect(said).toEqual([
    expect.stringMatching(/no encoder is imported .*docs\/models\.md.* Next: .*sluice review.*sluice train decisions/),
  ]);
  const trained = await command(['train', 'decisions', '--data', data]);
  expect([trained.code, trained.stderr]).toEqual([
    1,
    expect.stringContaining('nobody has decided on a document of this lake yet'),
  ]);
}, 120_000);

test.skipIf(!existsSync(MINILM))(
  'cold start with an encoder (skipped: ../shared/data/encoder is absent): nothing → reviewed → trained → promoted → run again',
  async () => {
    expect((await command(['encoder', 'import', MINILM, '--data', data])).code).toBe(0);
    const first = writeFolder('first', 1, 17);
    const cold = parseDocument(await start(first.path, '--json'));
    expect(cold.documents).toBe(first.truth.size);
    const labelled = cold.results.filter((row) => row.decided_by === 'encoder');
    const right = labelled.filter((row) => row.label === first.truth.get(fileOf(row)));
    expect(labelled.length).toBeGreaterThan(first.truth.size / 2);
    expect(right.length / labelled.length).toBeGreaterThan(0.8);
    expect(cold.costUsd).toBe(0);

    // Both queues show only what they are about; what was decided alone is checked blind.
    const queued = async (queue: string) =>
      JSON.parse((await command([queue, '--json', '--limit', '50', '--data', data])).stdout) as {
        path: string;
        documentId: string;
        label: string | null;
      }[];
    const checks = await queued('spot-check');
    expect([checks.length, checks.every(({ label }) => label === null)]).toEqual([19, true]);

    const decisions = join(folder.path, 'decisions.csv');
    const said = cold.results.map((row) => `${row.document_id},${first.truth.get(fileOf(row)) ?? ''}`);
    writeFileSync(decisions, `document_id,label\n${said.join('\n')}\n`);
    const decided = await command(['decide', '--from', decisions, '--json', '--data', data]);
    expect(JSON.parse(decided.stdout)).toMatchObject({ decided: first.truth.size, refused: [] });
    expect((await queued('spot-check')).length).toBe(0);
    const trust = JSON.parse((await command(['trust', '--json', '--data', data])).stdout) as {
      spotChecks: { checked: number; right: number; low: number; high: number };
    };
    expect(trust.spotChecks.checked).toBe(19);
    const share = trust.spotChecks.right / 19;
    expect([trust.spotChecks.low <= share, trust.spotChecks.high >= share]).toEqual([true, true]);

    // 48 decisions prove no promise: the model becomes the champion because that is asked for.
    const order = ['train', 'decisions', '--taxonomy', taxonomy, '--promote', '--json', '--data', data];
    const trained = await command(order);
    expect(trained.stderr).toContain(`${first.truth.size} labelled texts`);
    const model = JSON.parse(trained.stdout) as { version: string; champion: boolean; metrics: { accuracy: number } };
    expect([model.champion, trained.stderr.includes('not promoted')]).toEqual([true, false]);
    expect(model.metrics.accuracy).toBeGreaterThan(0.7);

    const second = writeFolder('second', 26, 32);
    const warm = await start(second.path, '--json');
    const again = parseDocument(warm);
    expect(again.documents).toBe(second.truth.size);
    expect(new Set(again.results.map((row) => row.model_version))).toEqual(new Set([model.version]));
    const rightAgain = again.results.filter((row) => row.label === second.truth.get(fileOf(row)));
    expect(rightAgain.length / again.documents).toBeGreaterThanOrEqual(0.5); // what waits for people counts by its best guess
  },
  480_000,
);
