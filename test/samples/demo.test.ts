import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PRECISION } from '../../cli/demo-model.ts';
import { LabelScorer } from '../../local/emulators/openai-answers.ts';
import { readSources } from '../../samples/generator/source.ts';
import { Extractor } from '../../shared/documents/extract.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { train } from '../../shared/training/train.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');
const SHOWN_CHARS = 6000; // about what the default token allowance shows to the LLM
const SIMULATOR_SEEDS = [1, 2, 3, 4, 5];
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => 1_750_000_000_000, sleep: async () => {} };

interface Judged {
  text: string;
  truth: string;
  predicted: string;
  isAsked: boolean;
}
let judged: Judged[] = [];

beforeAll(async () => {
  const lines = readFileSync(join(SAMPLES, 'training.jsonl'), 'utf8').trim().split('\n');
  const examples = lines.map((line) => JSON.parse(line) as { text: string; label: string });
  const bundle = await train({
    examples,
    options: { precision: DEMO_PRECISION },
    deps: { clock, random: { next: () => 0.5 }, logger: silent },
  });
  const registry = new ModelRegistry(new MemoryLake(), { clock });
  const model = await registry.load(await registry.register(bundle));

  const readable = await readDocuments();
  const scores = model.score(model.featurize(readable.map(({ text }) => text)));
  judged = readable.map(({ text, truth }, row) => {
    const probabilities = [...scores.subarray(row * model.labels.length, (row + 1) * model.labels.length)];
    const top = Math.max(...probabilities);
    return { text, truth, predicted: model.labels[probabilities.indexOf(top)]!, isAsked: top < model.accept };
  });
}, 120_000);

async function readDocuments(): Promise<{ text: string; truth: string }[]> {
  const sources = readSources(join(SAMPLES, 'sources', 'documents'));
  const truth = new Map(sources.map((source) => [`${source.path}|${source.archivePath}`, source.label]));
  const extractor = new Extractor({ logger: silent, ocr: 'local' });
  const readable: { text: string; truth: string }[] = [];
  for (const path of new Set(sources.map((source) => source.path))) {
    const bytes = readFileSync(join(SAMPLES, 'documents', path));
    for (const element of await extractor.extract({ name: basename(path), bytes }))
      if (element.status === 'ok')
        readable.push({ text: element.text, truth: truth.get(`${path}|${element.archivePath}`)! });
  }
  await extractor.close();
  return readable;
}

const share = (part: readonly unknown[], whole: readonly unknown[]): number => part.length / whole.length;

describe('the demo model and the simulator on the demo documents', () => {
  test('the model alone labels most documents rightly, and is sure of the ones it gets right', () => {
    const accepted = judged.filter((document) => !document.isAsked);
    expect(
      share(
        judged.filter(({ truth, predicted }) => truth === predicted),
        judged,
      ),
    ).toBeGreaterThan(0.8);
    expect(
      share(
        accepted.filter(({ truth, predicted }) => truth === predicted),
        accepted,
      ),
    ).toBeGreaterThanOrEqual(DEMO_PRECISION);
  });

  test('10 to 40 per cent of the documents are left for the LLM', () => {
    const asked = judged.filter((document) => document.isAsked);
    expect(share(asked, judged)).toBeGreaterThanOrEqual(0.1);
    expect(share(asked, judged)).toBeLessThanOrEqual(0.4);
  });

  test('together they are right on at least 90 per cent, whatever the seed of the simulator', () => {
    const taxonomy = parseTaxonomy(JSON.parse(readFileSync(join(SAMPLES, 'taxonomy.json'), 'utf8')));
    const labels = taxonomy.labels.map((label) => ({
      code: label.name,
      name: label.name,
      description: label.description,
    }));
    for (const seed of SIMULATOR_SEEDS) {
      const scorer = new LabelScorer(labels, seed);
      const right = judged.filter(({ text, truth, predicted, isAsked }) =>
        isAsked ? scorer.answer({ id: 1, text: text.slice(0, SHOWN_CHARS) }).label === truth : predicted === truth,
      );
      expect(share(right, judged), `seed ${seed}`).toBeGreaterThanOrEqual(0.9);
    }
  });
});
