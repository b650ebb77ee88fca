// A model as files: a manifest that says what it is, and artifacts with their checksums.
// Invariant: B1 what is loaded is what was registered, or loading fails with a code that says why.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TerminalError } from '../errors.ts';
import type { FeatureSpec } from '../features/spec.ts';
import { sha256Hex } from '../ids.ts';
import type { AcceptRule } from './accept-rule.ts';
import type { Calibration } from './calibration.ts';
import type { StageDescription } from './encoder/stage-description.ts';
import type { ModelKind } from './scorer.ts';
import type { WordNovelty } from './word-novelty.ts';

export interface LabelMetrics {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  /** Rows with this true label. */
  support: number;
}

/** Artifacts for people: how the model was judged (Evaluation), and the final fit's objective at the start and after each iteration (number[]). */
export const EVALUATION_FILE = 'evaluation.json';
export const OBJECTIVE_FILE = 'objective.json';

/** Summary of an evaluation, kept in the manifest; the whole evaluation is the artifact EVALUATION_FILE. */
export interface ModelMetrics {
  /** What the model was judged on: predictions for rows it was not trained on. */
  source: 'out-of-fold' | 'held-out' | 'test-set';
  samples: number;
  accuracy: number;
  macroF1: number;
  logLoss: number;
  /** Expected calibration error of the top probability, 15 bins. */
  ece: number;
  perLabel: LabelMetrics[];
}

export interface Artifact {
  name: string;
  /** Where it lies in the model's folder, when that is not its name: vectors of erased documents were taken out of it. */
  file?: string;
  sizeBytes: number;
  sha256: string;
}

/** Everything known of a model except its version. JSON-safe. */
export interface ModelDescription {
  format: 1;
  kind: ModelKind;
  labels: readonly string[];
  taxonomyVersion: string | null;
  /** Features K of the vector the model takes. */
  width: number;
  /** How texts become vectors; null for a model that is only scored on vectors made elsewhere. */
  features: FeatureSpec | null;
  calibration: Calibration;
  accept: AcceptRule;
  metrics: ModelMetrics | null;
  /** Parameters, data fingerprint and origin, for people and for tracking. */
  training: Readonly<Record<string, string | number | boolean | null>>;
  /** Accept threshold per label, where a promise could be made for it; null: none was asked for. */
  acceptByLabel: readonly (number | null)[] | null;
  /** The second local stage, where the model was trained with an encoder. */
  stage?: StageDescription | null;
  /** When the words of a document are unlike everything labelled; absent: never measured. */
  novelty?: WordNovelty | null;
  /** Settings only one kind of scorer understands. */
  scorer: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ModelManifest extends ModelDescription {
  version: string;
  createdAt: string;
  artifacts: Artifact[];
}

/** A model ready to be registered. */
export interface ModelBundle {
  readonly description: ModelDescription;
  /** File name → content. `model.bin` is the scorer's; `idf.bin` the features'. */
  readonly artifacts: Readonly<Record<string, Uint8Array>>;
}

/** Hashed at a time: a few ms, after which others have a turn, uploads of the same bytes among them. */
const HASH_BYTES = 4 * 1024 * 1024;

/** Name, size and checksum of each file. */
export async function describeArtifacts(artifacts: ModelBundle['artifacts']): Promise<Artifact[]> {
  const described: Artifact[] = [];
  for (const [name, bytes] of Object.entries(artifacts)) {
    const hash = createHash('sha256');
    for (let from = 0; from < bytes.length; from += HASH_BYTES) {
      if (from > 0) await nextTurn();
      hash.update(bytes.subarray(from, from + HASH_BYTES));
    }
    described.push({ name, sizeBytes: bytes.length, sha256: hash.digest('hex') });
  }
  return described;
}

/** @throws {TerminalError} model.checksum-mismatch */
export function verifyArtifact(artifact: Artifact, bytes: Uint8Array, version: string): void {
  const sha256 = sha256Hex(bytes);
  if (sha256 !== artifact.sha256)
    throw new TerminalError(
      'model.checksum-mismatch',
      `Model ${version}: ${artifact.name} should have SHA-256 ${artifact.sha256.slice(0, 12)}… and ${artifact.sizeBytes} bytes; it has ${sha256.slice(0, 12)}… and ${bytes.length}`,
      { ids: { version, artifact: artifact.name } },
    );
}

/** Manifest from its file. @throws {TerminalError} model.corrupt, model.unsupported */
export function parseManifest(bytes: Uint8Array, version: string): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new TerminalError('model.corrupt', `Model ${version}: its manifest is no JSON`, { cause, ids: { version } });
  }
  const manifest: Partial<ModelManifest> = typeof value === 'object' && value !== null ? value : {}; // checked below
  if (manifest.format !== 1)
    throw new TerminalError('model.unsupported', `Model ${version}: manifest format ${manifest.format}; need 1`, {
      ids: { version },
    });
  const isWhole =
    manifest.version === version &&
    Array.isArray(manifest.labels) &&
    manifest.labels.every((label) => typeof label === 'string') &&
    Array.isArray(manifest.artifacts) &&
    typeof manifest.kind === 'string' &&
    Number.isInteger(manifest.width) &&
    typeof manifest.accept?.threshold === 'number' &&
    typeof manifest.calibration?.method === 'string' &&
    typeof manifest.createdAt === 'string' &&
    isThresholds(manifest.acceptByLabel, manifest.labels.length) &&
    isNovelty(manifest.novelty) &&
    (manifest.metrics === null || typeof manifest.metrics?.accuracy === 'number');
  if (!isWhole)
    throw new TerminalError('model.corrupt', `Model ${version}: its manifest lacks fields`, { ids: { version } });
  return manifest as ModelManifest; // checked above; written by register() only
}

/** What is not as it was written would decide alone, or call known documents foreign, without a word. */
const isThresholds = (value: unknown, labels: number): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === labels && value.every((each) => each === null || typeof each === 'number'));

const isNovelty = (value: ModelManifest['novelty']): boolean =>
  value === undefined || value === null || (typeof value.above === 'number' && value.above >= 0 && value.above <= 1);
