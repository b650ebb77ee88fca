// Entry of the thread in which an encoder works, so that the host goes on answering. The host made the start data; nothing else speaks here.
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '../../errors.ts';
import { openSession } from '../onnx/runtime.ts';
import type { EncodeAnswer, EncodeRequest, EncoderStart } from './encoder-protocol.ts';
import { OnnxEncoder } from './onnx-encoder.ts';
import { TextTokens } from './tokens.ts';

let encoder: OnnxEncoder | undefined;

function open(): OnnxEncoder {
  const { model, tokenizer, tokenizerConfig, shape, threads } = workerData as EncoderStart; // made by local-encoder.ts
  return new OnnxEncoder(openSession(model, threads), new TextTokens(tokenizer, tokenizerConfig), shape);
}

parentPort?.on('message', ({ id, texts, prefix }: EncodeRequest) => {
  let answer: EncodeAnswer;
  try {
    encoder ??= open();
    answer = { id, ...encoder.encode(texts, prefix) };
  } catch (error) {
    // Messages of foreign errors may hold content; those of ours do not.
    const code = codeOf(error);
    answer = { id, code, message: code === 'internal' ? (error as Error).name : (error as Error).message };
  }
  parentPort?.postMessage(answer, 'vectors' in answer ? [answer.vectors.buffer as ArrayBuffer] : []);
});
