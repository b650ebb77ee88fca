// The commands around the main job, on one data folder.
import type { ChildProcess } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOpenAiSimulator } from '../../local/emulators/openai.ts';
import {
  command,
  ended,
  parseDocument,
  sluice,
  startSluice,
  temporaryFolder,
  waitFor,
  waitForState,
} from './sluice.ts';

const data = temporaryFolder('commands');
afterAll(() => data.remove());
const at = ['--data', data.path];

const WORDS: Record<string, string[]> = {
  Cats: ['purr', 'whiskers', 'meow', 'kitten', 'claws', 'litter'],
  Boats: ['sail', 'anchor', 'harbour', 'keel', 'rudder', 'mast'],
};
const example = (label: string, i: number) => {
  const words = WORDS[label] ?? [];
  return JSON.stringify({ label, text: Array.from({ length: 6 }, (_, k) => words[(i * (k + 1) + k) % 6]).join(' ') });
};
const training = join(data.path, 'training.jsonl');
writeFileSync(training, Array.from({ length: 80 }, (_, i) => example(i % 2 === 0 ? 'Cats' : 'Boats', i)).join('\n'));

describe('with storage that is up', () => {
  let storage: ChildProcess;
  beforeAll(async () => {
    storage = startSluice(['storage', ...at]);
    storage.stdout?.resume();
    await waitForState(data.path, storage);
  }, 100_000);
  afterAll(async () => {
    storage.kill('SIGTERM');
    await ended(storage);
  });

  test('doctor: a healthy machine gets exit code 0 and says that the LLM is simulated', async () => {
    const run = await command(['doctor', '--json', ...at]);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const checks = JSON.parse(run.stdout) as { check: string; ok: boolean; found: string }[];
    expect(checks.map((c) => c.check)).toEqual(['Node.js', 'settings', 'ports', 'storage', 'model', 'LLM']);
    expect(checks.at(-1)?.found).toContain('SIMULATOR');
  }, 60_000);

  test('doctor: a wrong setting is named with its remedy, exit code 1', async () => {
    const run = await command(['doctor', ...at], { BATCH_MAX_DOCUMENTS: '-3' });
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('✗ setting BATCH_MAX_DOCUMENTS');
    expect(run.stdout).toContain('→ Set BATCH_MAX_DOCUMENTS');
  }, 60_000);

  test('doctor: versions that settings and schedules name are looked up, and schedules are read', async () => {
    const run = await command(['doctor', '--json', ...at], {
      MODEL_VERSION: 'v99',
      SCHEDULES:
        '[{"name":"nightly","cron":"0 2 * * *","run":{"source":{"kind":"prefix","prefix":"in"},"modelVersion":"v98"}}]',
    });
    expect(run.code, run.stdout + run.stderr).toBe(1);
    const wrong = (JSON.parse(run.stdout) as { check: string; ok: boolean }[]).filter(({ ok }) => !ok);
    expect(wrong.map(({ check }) => check)).toEqual(['setting MODEL_VERSION', 'schedule nightly, model']);
  }, 60_000);

  test('train, eval: a model of one’s own is trained, promoted and measured; bad rows are told with their line', async () => {
    const withBadRow = join(data.path, 'bad.jsonl');
    writeFileSync(
      withBadRow,
      `${example('Cats', 1)}\nnot json\n${Array.from({ length: 60 }, (_, i) => example(i % 2 === 0 ? 'Cats' : 'Boats', i)).join('\n')}`,
    );
    const trained = await command([
      'train',
      withBadRow,
      '--promote', // sixty short texts prove nothing that it could decide alone
      '--json',
      '--profile',
      'spark',
      '--num-features',
      '4096',
      ...at,
    ]);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toContain('line 2');
    expect(JSON.parse(trained.stdout)).toMatchObject({
      version: 'v1',
      labels: ['Cats', 'Boats'],
    }) /* by frequency, as StringIndexer orders them */;
    const measured = await command(['eval', training, '--json', ...at]);
    expect(measured.code, measured.stderr).toBe(0);
    const result = JSON.parse(measured.stdout) as { model: string; accuracy: number };
    expect(result.model).toBe('v1');
    expect(result.accuracy).toBeGreaterThan(0.95);

    const folder = join(data.path, 'as-spark');
    const exported = await command(['models', 'export', 'v1', folder, ...at]);
    expect(exported.code, exported.stderr).toBe(0);
    const imported = await command(['models', 'import', folder, '--evaluate', training, '--json', ...at]);
    expect(JSON.parse(imported.stdout), imported.stderr).toEqual({
      version: 'v2',
      labels: ['Cats', 'Boats'],
      notices: [],
    });
    const compared = await command(['compare', 'v1', 'v2', training, '--json', ...at]);
    expect(JSON.parse(compared.stdout)).toMatchObject({ models: ['v1', 'v2'], changed: 0 });
    expect((await command(['models', 'promote', 'v2', ...at])).code).toBe(0);
    expect((await command(['models', 'rollback', '--json', ...at])).stdout).toBe('{"champion":"v1"}\n');
    const impossible = await command(['train', training, '--guarantee', '--precision', '0.999', ...at]);
    expect(impossible.code).toBe(1);
    expect(impossible.stderr).toMatch(/need at least \d+ test rows/);
  }, 120_000);

  test('train --algorithm xgboost: without a Python that has Spark it says what is missing', async () => {
    const run = await command([
      'train',
      training,
      '--algorithm',
      'xgboost',
      '--python',
      join(data.path, 'no-python'),
      ...at,
    ]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('SYNAPSE_SPARK_POOL');
  }, 60_000);

  test.skipIf(process.env.SLUICE_TEST_PYTHON === undefined)(
    'train --algorithm xgboost: grows trees on local Spark (needs SLUICE_TEST_PYTHON with pyspark and xgboost)',
    async () => {
      const python = process.env.SLUICE_TEST_PYTHON ?? '';
      const run = await command([
        'train',
        training,
        '--algorithm',
        'xgboost',
        '--no-promote',
        '--json',
        '--python',
        python,
        ...at,
      ]);
      expect(run.code, run.stderr).toBe(0);
      expect(JSON.parse(run.stdout)).toMatchObject({ kind: 'xgboost', champion: false });
    },
    300_000,
  );
});

const taxonomy = join(data.path, 'pets.json');
const letter = join(data.path, 'letter.txt');

describe('with a cloud that is up', () => {
  let cloud: ChildProcess;
  beforeAll(async () => {
    writeFileSync(
      taxonomy,
      JSON.stringify({
        name: 'pets',
        labels: [
          { name: 'Dogs', description: 'Dogs, puppies, leashes, barking and walks in the park.' },
          { name: 'Fish', description: 'Fish, aquariums, fins, water plants and feeding flakes.' },
        ],
      }),
    );
    writeFileSync(letter, 'The puppies were barking on their walks in the park, without leashes.');
    cloud = startSluice(['start', letter, '--taxonomy', taxonomy, '--port', '0', ...at]);
    cloud.stdout?.resume();
    await waitForState(data.path, cloud);
  }, 100_000);
  afterAll(async () => {
    cloud.kill('SIGTERM');
    await ended(cloud);
  });

  test('start --taxonomy: labels that no model knows are decided by the LLM', async () => {
    const run = await sluice(['start', letter, '--taxonomy', taxonomy, '--once', '--json', ...at]);
    expect(parseDocument(run).results[0]).toMatchObject({
      status: 'labelled',
      label: 'Dogs',
      decided_by: 'llm',
      model_version: null,
      llm_deployment: 'simulator',
    });
  }, 120_000);

  test('start without a folder leaves a lake in use alone: no demo, the same labels, the same champion', async () => {
    const count = async () =>
      JSON.parse((await command(['query', 'select count(*) as n from results', '--json', ...at])).stdout);
    const before = await count();
    const run = await command(['start', '--once', ...at]);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('is in use')]);
    expect(await count()).toEqual(before);
    const second = join(data.path, 'second.txt');
    writeFileSync(second, 'Fins and water plants: the aquarium of the fish needs feeding flakes.');
    const own = parseDocument(await command(['start', second, '--once', '--json', ...at]));
    expect(own.results[0]).toMatchObject({ label: 'Fish', taxonomy_version: expect.stringMatching(/^pets-/) });
    const { models } = JSON.parse((await command(['models', '--json', ...at])).stdout) as {
      models: { version: string; champion: boolean }[];
    };
    expect(models.find(({ champion }) => champion)?.version).toBe('v1');
  }, 120_000);

  test('doctor: an endpoint that lists its models without the one that is set, and a deployment that Azure does not have', async () => {
    const priced = { LLM_INPUT_USD_PER_MTOK: '0.4', LLM_OUTPUT_USD_PER_MTOK: '1.6' };
    const server = createServer((request, response) => {
      const isList = request.url === '/v1/models';
      response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(isList ? { data: [{ id: 'small:latest' }] } : { error: { message: 'model not found' } }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const own = await command(['doctor', '--json', ...at], {
      ...priced,
      ...{ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: 'large' },
    });
    server.close();
    expect(own.code).toBe(1);
    const checks = JSON.parse(own.stdout) as { check: string; ok: boolean; found: string }[];
    expect(checks.find(({ check }) => check === 'LLM')).toMatchObject({ ok: false });
    expect(checks.find(({ check }) => check === 'LLM')?.found).toContain('has no model "large"');

    const simulator = await startOpenAiSimulator({ known: ['chat'], banner: false });
    const azure = await command(['doctor', '--json', ...at], {
      ...priced,
      AZURE_OPENAI_ENDPOINT: `http://127.0.0.1:${simulator.port}`,
      AZURE_OPENAI_CHAT_DEPLOYMENT: 'chta',
      OPENAI_API_KEY: 'none',
    });
    expect(simulator.ledger()).toEqual([]);
    await simulator.close();
    expect(azure.code, azure.stderr).toBe(1);
    const lines = JSON.parse(azure.stdout) as { check: string; ok: boolean; found: string }[];
    expect(lines.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['deployment chta']);
    expect(lines.map(({ check }) => check)).not.toContain('LLM'); // nothing is said twice
  }, 120_000);
});

test('start --no-llm: what would be asked about waits for people, and costs nothing', async () => {
  const run = await sluice([
    'start',
    letter,
    '--taxonomy',
    taxonomy,
    '--once',
    '--json',
    '--no-llm',
    '--port',
    '0',
    ...at,
  ]);
  expect(run.stderr).toContain('Next: npx sluice review --data '); // its host has ended, its documents wait
  expect(parseDocument(run).results[0]).toMatchObject({
    status: 'review',
    failure_code: 'route.llm-off',
    cost_usd: 0,
  });
}, 120_000);

test('start --taxonomy: a wrong file is wrong usage and names the field', async () => {
  const bad = join(data.path, 'bad-taxonomy.json');
  writeFileSync(bad, '{"name":"x","labels":[{"name":"only one","description":"d"}]}');
  const run = await command(['start', training, '--taxonomy', bad, '--once', ...at]);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('labels');
  const notJson = join(data.path, 'not.json');
  writeFileSync(notJson, '{');
  expect((await command(['start', training, '--taxonomy', notJson, '--once', ...at])).code).toBe(2);
}, 120_000);

test('storage --settings: the storage settings stand in the file, what else stood there stays, and nobody else can read it', async () => {
  const file = join(data.path, 'local.settings.json');
  writeFileSync(
    file,
    JSON.stringify({ IsEncrypted: false, Values: { MINE: '1', LAKE: 'old' }, Host: { LocalHttpPort: 7072 } }),
  );
  const child = startSluice(['storage', '--settings', file, '--json', '--data', join(data.path, 'storage')]);
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
  });
  const settings = await waitFor('the settings', 90_000, () =>
    printed.endsWith('\n') ? (JSON.parse(printed) as Record<string, string>) : undefined,
  );
  child.kill('SIGTERM');
  await ended(child);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    IsEncrypted: false,
    Values: { MINE: '1', ...settings },
    Host: { LocalHttpPort: 7072 },
  });
  expect(Object.keys(settings)).toEqual(['LAKE', 'AzureWebJobsStorage']);
  // .NET's SDK, which the Functions host reads them with, refuses any other member
  const known = /^(DefaultEndpointsProtocol|Account(Name|Key)|(Blob|Queue|Table)Endpoint)=/;
  for (const setting of Object.values(settings))
    expect(setting.split(';').filter((member) => member !== '' && !known.test(member))).toEqual([]);
  expect(statSync(file).mode & 0o077).toBe(0);
  writeFileSync(file, '[1]');
  const refused = await command(['storage', '--settings', file, '--data', join(data.path, 'storage')]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is no settings file')]);
}, 120_000);
