// The model that a training on training.jsonl makes, as the file that a first start takes instead of training.
import { DEMO_TRAINING, encodeDemoModel } from '../../cli/demo-model.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { readDataset } from '../../shared/training/dataset.ts';
import { type Example, train } from '../../shared/training/train.ts';

/** The clock stands still: the model says of itself that its training took no time. */
const clock = { now: () => 0, sleep: async () => {} };

/** @param training  the bytes of training.jsonl @param taxonomy  the document of taxonomy.json */
export async function buildModel(training: Buffer, taxonomy: unknown): Promise<Buffer> {
  const examples: Example[] = [];
  for await (const row of readDataset({ name: 'training.jsonl', bytes: training }, { text: 'text', label: 'label' })) {
    if ('problem' in row || row.label === null)
      throw new Error(`training.jsonl, line ${row.line}: no label or no text`);
    examples.push({ text: row.text, label: row.label });
  }
  const bundle = await train({
    examples,
    taxonomyVersion: parseTaxonomy(taxonomy).version,
    options: DEMO_TRAINING,
    deps: { clock, random: seededRandom(1), logger: silentLogger },
  });
  return await encodeDemoModel(bundle, training);
}
