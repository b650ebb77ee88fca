import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEMO_MODEL_FILE, readDemoModel } from '../../cli/demo-model.ts';
import { ensureModel } from '../../cli/ensure-model.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { parseTaxonomy, type Taxonomy } from '../../shared/taxonomy.ts';
import type { TrainingApp } from '../../shared/training-run.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');
const clock = { now: () => 1_790_000_000_000, sleep: async () => {} };
let samples: string;
let lake: MemoryLake;
let registry: ModelRegistry;
let app: TrainingApp;
let trainings: number;

beforeEach(async () => {
  trainings = 0;
  samples = mkdtempSync(join(tmpdir(), 'samples-'));
  for (const file of ['taxonomy.json', 'training.jsonl', DEMO_MODEL_FILE])
    cpSync(join(SAMPLES, file), join(samples, file));
  lake = new MemoryLake('lake');
  registry = new ModelRegistry(lake, { clock });
  const { services } = await fakeWorld();
  const logger = {
    ...silentLogger,
    info(event: string) {
      if (event === 'model.trained') trainings++;
    },
  };
  const models = {
    ...{ championVersion: () => registry.championVersion(), load: (version: string) => registry.load(version) },
    newestFor: async () => undefined,
  };
  app = {
    ...{ lake, registry, clock, config: services.config, logger, random: seededRandom(1) },
    services: { ...services, lake, models },
  };
});
afterEach(() => rmSync(samples, { recursive: true, force: true }));

const taxonomy = (): Taxonomy => parseTaxonomy(JSON.parse(readFileSync(join(samples, 'taxonomy.json'), 'utf8')));
const path = (file: string): string => join(samples, file);

/** A third of the texts: another model, in less time. */
const useFewerTexts = () => {
  const lines = readFileSync(path('training.jsonl'), 'utf8').trimEnd().split('\n');
  writeFileSync(path('training.jsonl'), `${lines.filter((_, i) => i % 3 === 0).join('\n')}\n`);
};

test('a new lake gets the shipped model without a training: promoted, with its record, once', async () => {
  await ensureModel(app, taxonomy(), samples);
  await ensureModel(app, taxonomy(), samples);
  expect(trainings).toBe(0);
  const models = await registry.list();
  expect(models).toMatchObject([{ version: 'v1', champion: true, taxonomyVersion: taxonomy().version }]);
  expect((await registry.load('v1')).accept).toBe(models[0]?.accept.threshold);
  const record: (string | undefined)[] = [];
  for await (const file of lake.list('training-runs')) record.push(file.path.split('/').at(-1));
  expect(record.sort()).toEqual(['evaluation.json', 'report.html', 'run.json']);
});

test.each([
  ['other texts', useFewerTexts],
  [
    'no shipped model',
    () => {
      rmSync(path(DEMO_MODEL_FILE));
      useFewerTexts();
    },
  ],
  [
    'other labels',
    () => {
      const text = readFileSync(path('taxonomy.json'), 'utf8');
      writeFileSync(path('taxonomy.json'), text.replace('"description": "', '"description": "Also: '));
    },
  ],
])('%s: the demo is trained', async (_, change) => {
  change();
  await ensureModel(app, taxonomy(), samples);
  expect(trainings).toBe(1);
  expect(await registry.list()).toMatchObject([{ taxonomyVersion: taxonomy().version }]);
});

test('with an encoder in use the demo is trained, so that the model has its second stage', async () => {
  const encoders = { current: async () => 'e1', open: async () => Promise.reject(new Error('opened')) };
  await expect(ensureModel({ ...app, services: { ...app.services, encoders } }, taxonomy(), samples)).rejects.toThrow(
    'opened',
  );
});

test('labels that are not the demo’s get no model', async () => {
  const other = parseTaxonomy({
    name: 'other',
    labels: [
      { name: 'A', description: 'a' },
      { name: 'B', description: 'b' },
    ],
  });
  await ensureModel(app, other, samples);
  expect(await registry.list()).toEqual([]);
});

test.each([
  ['cut', (bytes: Buffer) => bytes.subarray(0, 500_000)],
  ['changed', (bytes: Buffer) => bytes.with(bytes.length - 2000, (bytes.at(-2000) ?? 0) ^ 1)],
  ['replaced', () => Buffer.from('version https://git-lfs.github.com/spec/v1')],
])('a shipped model that is %s ends the start, naming its file and what to do', async (_, damage) => {
  const file = path(DEMO_MODEL_FILE);
  writeFileSync(file, damage(readFileSync(file)));
  await expect(ensureModel(app, taxonomy(), samples)).rejects.toThrow(
    /model\.br is damaged \(.+\)\. Restore it, or delete it: without it the demo is trained$/,
  );
  expect(await registry.list()).toEqual([]);
});

test('the shipped model is that of the shipped texts and labels', () => {
  expect(readDemoModel(path(DEMO_MODEL_FILE), readFileSync(path('training.jsonl')), taxonomy().version)).toBeDefined();
});
