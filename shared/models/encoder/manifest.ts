// What an encoder is: the file beside its model in the lake.
import { TerminalError } from '../../errors.ts';
import type { Artifact } from '../bundle.ts';
import type { UnderstoodLanguages } from './known-sentences.ts';

/** How vectors of tokens become that of a text; `none`: the model gives one per text. */
export type Pooling = 'mean' | 'cls' | 'last' | 'none';

/** What was found and chosen at the import; with the files' checksums it makes the version. */
export interface OnnxDescription {
  format: 1;
  kind: 'onnx';
  name: string;
  dimensions: number;
  /** Tokens of one window, frame included. */
  maxTokens: number;
  /** Windows of a long text. */
  windows: number;
  pooling: Pooling;
  inputs: readonly string[];
  output: string;
  /** Put before texts; some encoders are trained with them. */
  prefixes: { document: string; label: string };
  /** Its tokenizer has parts that earlier builds gave other ids for (tokenizer/earlier.ts); their imports do not say so, and are not used. */
  reading?: 2;
}

/** An encoder of somebody else: a deployment of the settings, by its name. What leaves the house for it: docs/security.md. */
export interface DeploymentDescription {
  format: 1;
  kind: 'deployment';
  name: string;
  model: string;
  dimensions: number;
}

interface Registered {
  /** `<name>-<8 hex of settings and checksums>` */
  version: string;
  createdAt: string;
  artifacts: Artifact[];
}

/** `understands` was measured at the import and is no part of the version; absent in manifests of earlier builds. */
export type OnnxManifest = OnnxDescription & Registered & { understands?: UnderstoodLanguages };
/** `artifacts` is empty. */
export type DeploymentManifest = DeploymentDescription & Registered;
export type EncoderManifest = OnnxManifest | DeploymentManifest;

export const MODEL_FILE = 'model.onnx';
export const TOKENIZER_FILE = 'tokenizer.json';
export const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';

/** Manifest from its file. @throws {TerminalError} encoder.corrupt */
export function parseEncoderManifest(bytes: Uint8Array, version: string): EncoderManifest {
  const corrupt = (why: string, cause?: unknown) =>
    new TerminalError('encoder.corrupt', `Encoder ${version}: its manifest ${why}`, { cause, ids: { version } });
  let value: Partial<OnnxManifest> | Partial<DeploymentManifest>;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    value = typeof parsed === 'object' && parsed !== null ? parsed : {}; // checked below
  } catch (cause) {
    throw corrupt('is no JSON', cause);
  }
  const isOfKind =
    value.kind === 'deployment'
      ? typeof value.name === 'string' && typeof value.model === 'string'
      : value.kind === 'onnx' && Number.isInteger(value.maxTokens) && typeof value.prefixes?.document === 'string';
  const isWhole =
    isOfKind &&
    value.format === 1 &&
    value.version === version &&
    Number.isInteger(value.dimensions) &&
    Array.isArray(value.artifacts);
  if (!isWhole) throw corrupt('lacks fields or is of another format');
  return value as EncoderManifest; // checked above; written by the registry only
}
