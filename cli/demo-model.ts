// The model of the demo's labels, as it is shipped: what a training on samples/training.jsonl makes, so that a first start need not train.
// Invariants: D1 it serves the texts, labels and settings that it was made of, and no others: their key stands in it. D2 a training on them makes the
// same description and the same bytes (test/samples/generate.test.ts). D3 a damaged file ends the start; without the file the start trains.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import {
  type Artifact,
  describeArtifacts,
  type ModelBundle,
  type ModelDescription,
  verifyArtifact,
} from '../shared/models/bundle.ts';
import { completeTrainOptions, type TrainOptions } from '../shared/training/options.ts';
import { UsageError } from './console.ts';

/** In the folder of the samples. */
export const DEMO_MODEL_FILE = 'model.br';

/** Aim of the demo's model. At the default, 0.95, it decides 83 of the 87 readable samples alone: too few are left to see the LLM work. */
export const DEMO_PRECISION = 0.98;

/** How the demo's model is trained, where that differs from the defaults. */
export const DEMO_TRAINING = { precision: DEMO_PRECISION } satisfies Partial<TrainOptions>;

/** At the best quality, 11, packing takes 3 s in place of 0.2 for 1 % less. */
const PACKING = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** What stands before the files, in one line. */
interface Head {
  key: string;
  description: ModelDescription;
  artifacts: Artifact[];
}

/** What the model depends on: the bytes of training.jsonl, the version of the labels, and every setting of the training, defaults included. */
function keyOf(training: Uint8Array, taxonomyVersion: string | null): string {
  const settings = JSON.stringify([taxonomyVersion, completeTrainOptions(DEMO_TRAINING)]);
  return createHash('sha256').update(settings).update('\0').update(training).digest('hex');
}

/** The file of a trained model. @param training  the bytes of training.jsonl */
export async function encodeDemoModel(bundle: ModelBundle, training: Uint8Array): Promise<Buffer> {
  const { description, artifacts } = bundle;
  const key = keyOf(training, description.taxonomyVersion);
  const head: Head = { key, description, artifacts: await describeArtifacts(artifacts) };
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...Object.values(artifacts)]);
  return brotliCompressSync(content, PACKING);
}

/**
 * The shipped model; undefined where there is none, or it was made of other texts, labels or settings.
 * @param training  the bytes of training.jsonl
 * @throws {UsageError} the file is damaged
 */
export function readDemoModel(
  file: string,
  training: Uint8Array,
  taxonomyVersion: string | null,
): ModelBundle | undefined {
  if (!existsSync(file)) return undefined;
  const packed = readFileSync(file);
  const key = keyOf(training, taxonomyVersion);
  try {
    const { head, artifacts } = decode(packed);
    return head.key === key ? { description: head.description, artifacts } : undefined;
  } catch (error) {
    const { message } = error as Error; // of zlib, of JSON or of the checksums
    throw new UsageError(`${file} is damaged (${message}). Restore it, or delete it: without it the demo is trained`);
  }
}

function decode(packed: Uint8Array): { head: Head; artifacts: Record<string, Uint8Array> } {
  const bytes = brotliDecompressSync(packed);
  const end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.toString('utf8', 0, end)) as Head; // written above; the files are checked against it
  const artifacts: Record<string, Uint8Array> = {};
  let from = end + 1;
  for (const artifact of head.artifacts) {
    const content = bytes.subarray(from, from + artifact.sizeBytes);
    verifyArtifact(artifact, content, DEMO_MODEL_FILE);
    artifacts[artifact.name] = content;
    from += artifact.sizeBytes;
  }
  return { head, artifacts };
}
