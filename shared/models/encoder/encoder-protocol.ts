// What the host and the encoder's thread say to each other.
import type { ErrorCode } from '../../errors.ts';
import type { OnnxDescription } from './manifest.ts';

/** All a thread needs to begin: the files as they lie in the lake, and what the import found. */
export interface EncoderStart {
  model: Uint8Array;
  tokenizer: Uint8Array;
  shape: Pick<OnnxDescription, 'inputs' | 'output' | 'pooling' | 'maxTokens' | 'windows'>;
  /** OnnxDescription.reading */
  reading: OnnxDescription['reading'];
  threads: number;
}

export interface EncodeRequest {
  id: number;
  texts: readonly string[];
  prefix: string;
}

export type EncodeAnswer =
  | { id: number; vectors: Float32Array; dimensions: number }
  /** isStart: it never came to work, whatever the texts are. */
  | { id: number; code: ErrorCode; message: string; isStart: boolean };
