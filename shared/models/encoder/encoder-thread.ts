// Entry of the thread in which an encoder works, so that the host goes on answering. The host made the start data; nothing else speaks here.
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '../../errors.ts';
import { openSession } from '../onnx/runtime.ts';
import type { EncodeAnswer, EncodeRequest, EncoderStart } from './encoder-protocol.ts';
import { OnnxEncoder } from './onnx-encoder.ts';
import { TextTokens } from './tokens.ts';

let encoder: OnnxEncoder | undefined;

function open(): OnnxEncoder {
  const start = workerData as Partial<EncoderStart>; // made by local-encoder.ts
  // The model first, and its bytes are given free before the tokenizer grows: together they would need twice the memory.
  const session = openModel(start as EncoderStart);
  delete start.model;
  const { tokenizer, tokenizerConfig, shape } = start as EncoderStart;
  delete start.tokenizer;
  return new OnnxEncoder(session, new TextTokens(parse(tokenizer), parse(tokenizerConfig)), shape);
}

const openModel = ({ model, threads }: EncoderStart) => openSession(model, threads);

const parse = (bytes: Uint8Array): object => JSON.parse(Buffer.from(bytes).toString('utf8')) as object; // parsed at the import

parentPort?.on('message', ({ id, texts, prefix }: EncodeRequest) => {
  let answer: EncodeAnswer;
  try {
    encoder ??= open();
    answer = { id, ...encoder.encode(texts, prefix) };
  } catch (error) {
    const isStart = encoder === undefined;
    // Messages of foreign errors may hold content; those of ours do not.
    const code = codeOf(error);
    answer =
      code === 'internal'
        ? { id, code: 'encoder.bad-output', message: `it failed with ${(error as Error).name}`, isStart }
        : { id, code, message: (error as Error).message, isStart };
  }
  parentPort?.postMessage(answer, 'vectors' in answer ? [answer.vectors.buffer as ArrayBuffer] : []);
});
