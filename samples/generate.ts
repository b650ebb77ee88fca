// Writes the demo's documents, truth.csv and training.jsonl from the texts under samples/sources, and the model that is trained on the latter.
// Run: node samples/generate.ts [folder]     (default: this folder; documents/ in it is replaced)
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_MODEL_FILE } from '../cli/demo-model.ts';
import { buildDocuments, truthCsv } from './generator/documents.ts';
import { buildModel } from './generator/model.ts';
import { readSources } from './generator/source.ts';
import { composeTraining } from './generator/training.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const TRAINING_SEED = 10;

/** Generate everything into `folder`; returns what was written. */
export async function generate(
  folder: string,
): Promise<{ files: number; documents: number; texts: number; sizeBytes: number }> {
  const sources = readSources(join(HERE, 'sources', 'documents'));
  const files = await buildDocuments(sources);
  rmSync(join(folder, 'documents'), { recursive: true, force: true });
  for (const file of files) {
    const target = join(folder, 'documents', file.path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.bytes);
  }
  writeFileSync(join(folder, 'truth.csv'), truthCsv(sources));
  const texts = composeTraining(join(HERE, 'sources', 'training'), TRAINING_SEED);
  const training = Buffer.from(texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  writeFileSync(join(folder, 'training.jsonl'), training);
  const taxonomy: unknown = JSON.parse(readFileSync(join(HERE, 'taxonomy.json'), 'utf8'));
  writeFileSync(join(folder, DEMO_MODEL_FILE), await buildModel(training, taxonomy));
  const sizeBytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  return { files: files.length, documents: sources.length, texts: texts.length, sizeBytes };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const summary = await generate(resolve(process.argv[2] ?? HERE));
  console.log(
    `${summary.files} files with ${summary.documents} documents, ${summary.sizeBytes} bytes; ${summary.texts} training texts`,
  );
}
