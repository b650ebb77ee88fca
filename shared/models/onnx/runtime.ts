// The native session of onnxruntime-node, loaded when the first ONNX model is. Its public run() only wraps this synchronous call in a
// promise, and scoring is synchronous for every kind of model, so the binding is used directly.
// Source: onnxruntime-node dist/binding.js, dist/backend.js (1.30).
import { createRequire } from 'node:module';
import { TerminalError } from '../../errors.ts';

export interface OnnxValue {
  /** Numbers, or strings for a string tensor; absent for sequences and maps. */
  readonly data?: ArrayLike<number | bigint | string>;
  readonly dims?: readonly number[];
}

/** ONNX tensor element types used here. */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const DOUBLE = 11;

export interface OnnxSlot {
  readonly name: string;
  readonly isTensor: boolean;
  /** Element type number of the ONNX standard. */
  readonly type: number;
  /** -1 where the size is free. */
  readonly shape: readonly number[];
}

export interface OnnxSession {
  readonly inputs: readonly OnnxSlot[];
  readonly outputs: readonly OnnxSlot[];
  run(
    input: string,
    data: Float32Array | readonly string[],
    dims: readonly number[],
    outputs: readonly string[],
  ): Record<string, OnnxValue>;
  /** Several inputs of 64-bit integers, all of one shape. */
  runIntegers(
    feeds: Readonly<Record<string, BigInt64Array>>,
    dims: readonly number[],
    outputs: readonly string[],
  ): Record<string, OnnxValue>;
}

interface NativeSession {
  inputMetadata: OnnxSlot[];
  outputMetadata: OnnxSlot[];
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: object, fetches: object, options: object): Record<string, OnnxValue>;
}

interface Runtime {
  binding: { InferenceSession: new () => NativeSession };
  initOrt(): void;
  Tensor: new (
    type: string,
    data: Float32Array | BigInt64Array | readonly string[],
    dims: readonly number[],
  ) => OnnxValue;
}

let loaded: Runtime | undefined;

/**
 * @param threads  threads of one scoring call
 * @throws {TerminalError} model.corrupt, model.unsupported when the package is not installed
 */
export function openSession(bytes: Uint8Array, threads = 1): OnnxSession {
  const runtime = loadRuntime();
  const session = new runtime.binding.InferenceSession();
  try {
    session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4, // errors come back as exceptions; they need not stand on the screen as well
    });
  } catch (cause) {
    throw loadError(cause);
  }
  return {
    inputs: session.inputMetadata,
    outputs: session.outputMetadata,
    run(input, data, dims, outputs) {
      const type = data instanceof Float32Array ? 'float32' : 'string';
      const feeds = { [input]: new runtime.Tensor(type, data, dims) };
      return session.run(feeds, fetchesOf(outputs), {});
    },
    runIntegers(given, dims, outputs) {
      const feeds = Object.entries(given).map(([name, data]) => [name, new runtime.Tensor('int64', data, dims)]);
      return session.run(Object.fromEntries(feeds), fetchesOf(outputs), {});
    },
  };
}

const fetchesOf = (outputs: readonly string[]): object => Object.fromEntries(outputs.map((name) => [name, null]));

/** The runtime's own words, and the remedy where the machine lacks something, not the model. */
function loadError(cause: unknown): TerminalError {
  const said = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause);
  const locale = /locale with name:\s*([\w.@-]+?)(?::|\s|$)/i.exec(said)?.[1];
  if (locale !== undefined)
    return new TerminalError(
      'model.locale-missing',
      `The ONNX model lower-cases and compares texts by the locale ${locale}, which this machine does not have`,
      { cause, ids: { locale } },
    );
  return new TerminalError(
    'model.corrupt',
    `The ONNX model cannot be read, or uses operators this runtime lacks: ${said.slice(0, 300)}`,
    { cause },
  );
}

function loadRuntime(): Runtime {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  try {
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as Runtime;
    const { Tensor } = require('onnxruntime-common') as Runtime;
    initOrt();
    loaded = { binding, initOrt, Tensor };
    return loaded;
  } catch (cause) {
    throw new TerminalError(
      'model.unsupported',
      'ONNX models need the package onnxruntime-node 1.30: npm install onnxruntime-node@1.30.0 --ignore-scripts',
      { cause },
    );
  }
}
