// Vectors of the simulator: hashed words and parts of words, so that similar texts are near. THEY HOLD NO MEANING: synonyms are strangers.
// Invariants: V1 a text has one vector, whatever it is sent with. V2 vectors have length 1. V3 fewer dimensions are the first ones of all, as
// services that can shorten vectors give them.
// Source of the shapes and limits: platform.openai.com/docs/api-reference/embeddings.
import { hash } from './openai-answers.ts';

/** Members are checked where they are used. */
export interface EmbeddingBody {
  model?: unknown;
  input?: unknown;
  dimensions?: unknown;
  encoding_format?: unknown;
}

export interface EmbeddingRequest {
  texts: readonly string[];
  dimensions: number;
  isBase64: boolean;
  tokens: number;
}

const MOST_INPUTS = 2048;
const MOST_TOKENS_PER_INPUT = 8192;
const MOST_TOKENS = 300_000;
/** Characters of a text that are looked at: as many as its tokens can have. */
const MOST_CHARS = 64 * 1024;

/** What is asked for, or why it is refused, in the service's words. @param most  dimensions the deployment gives */
export function readEmbeddingRequest(
  { input, dimensions = undefined, encoding_format: format = 'float' }: EmbeddingBody,
  most: number,
  countTokens: (text: string) => number,
): EmbeddingRequest | { problem: string } {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || !texts.every((text): text is string => typeof text === 'string' && text !== ''))
    return {
      problem: "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    };
  if (texts.length > MOST_INPUTS)
    return { problem: `Invalid 'input': maximum array length ${MOST_INPUTS}, got an array of length ${texts.length}.` };
  const counts = texts.map(countTokens);
  const longest = Math.max(...counts);
  if (longest > MOST_TOKENS_PER_INPUT)
    return {
      problem: `This model's maximum context length is ${MOST_TOKENS_PER_INPUT} tokens, however you requested ${longest} tokens. Please reduce your prompt.`,
    };
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  if (tokens > MOST_TOKENS)
    return { problem: `Invalid 'input': maximum request size is ${MOST_TOKENS} tokens per request.` };
  const wanted = dimensions ?? most;
  if (!Number.isInteger(wanted) || (wanted as number) < 1 || (wanted as number) > most)
    return {
      problem: `Invalid value for 'dimensions' = ${String(wanted).slice(0, 20)}. Must be less than or equal to ${most}.`,
    };
  if (format !== 'float' && format !== 'base64') return { problem: "Invalid 'encoding_format': need float or base64." };
  return { texts, dimensions: wanted as number, isBase64: format === 'base64', tokens };
}

/** V1 to V3. @param all  dimensions before it is shortened */
export function embeddingOf(text: string, dimensions: number, all = dimensions): Float32Array {
  const counts = new Map<string, number>();
  const note = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const [word] of text
    .slice(0, MOST_CHARS)
    .toLowerCase()
    .normalize('NFKC')
    .matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    note(word);
    const framed = `<${word.slice(0, 40)}>`;
    for (let size = 3; size <= 5; size++)
      for (let from = 0; from + size <= framed.length; from++) note(framed.slice(from, from + size));
  }
  const whole = new Float32Array(all);
  whole[0] = 1e-3; // a text of signs alone has a direction too
  for (const [term, count] of counts) {
    const h = hash(term, 0x51_ed_27);
    const weight = (1 + Math.log(count)) * (h & 1 ? 1 : -1);
    whole[(h >>> 1) % all]! += weight;
  }
  const vector = whole.slice(0, dimensions);
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** The answer's body. */
export function embeddingReply(
  { texts, dimensions, isBase64, tokens }: EmbeddingRequest,
  model: string,
  most: number,
): object {
  const data = texts.map((text, index) => {
    const vector = embeddingOf(text, dimensions, most);
    const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
