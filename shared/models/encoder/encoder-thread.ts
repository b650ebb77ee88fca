// Entry of the thread in which an encoder works, so that the host goes on answering. The host made the start data; nothing else speaks here.
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf, TerminalError } from '../../errors.ts';
import { openSession } from '../onnx/runtime.ts';
import type { EncodeAnswer, EncodeRequest, EncoderStart } from './encoder-protocol.ts';
import { OnnxEncoder } from './onnx-encoder.ts';
import { TextTokens } from './tokens.ts';

let encoder: OnnxEncoder | undefined;

function open(): OnnxEncoder {
  const start = workerData as EncoderStart; // made by local-encoder.ts
  // The model first, and its bytes are given free before the tokenizer grows, as the tokenizer's are: together they would need twice the memory.
  const session = openModel(start);
  start.model = NOTHING;
  const tokens = new TextTokens(takeTokenizer(start));
  if (!tokens.isReadAsEver && start.reading === undefined)
    throw new TerminalError('encoder.outdated', 'the build that imported it gave other tokens for its texts');
  return new OnnxEncoder(session, tokens, start.shape);
}

/** The tokenizer's content; its bytes and their text are garbage from here on. */
function takeTokenizer(start: EncoderStart): object {
  const content = parse(start.tokenizer);
  start.tokenizer = NOTHING;
  return content;
}

const openModel = ({ model, threads }: EncoderStart) => openSession(model, threads);

const NOTHING = new Uint8Array();

const parse = ({ buffer, byteOffset, byteLength }: Uint8Array): object =>
  JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8')) as object; // parsed at the import

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
