// OpenAI-compatible servers of other makes as data: what each refuses, how it words it, how long it thinks, what shape its answers have.
// Played from what the makers document and their users report; the words are ours. None of it is a recording.
// Invariant: P1 a profile changes the form of an exchange, never which label the simulator gives.
import type { CompletionBody } from './openai-prompt.ts';

/** A part of a request that a server may not know. */
type Trait =
  | 'json_schema'
  | 'json_object'
  /** json_object where no message says JSON */
  | 'json_object_unsaid'
  | 'max_tokens'
  | 'max_completion_tokens'
  | 'temperature'
  | 'logprobs'
  | 'system';

interface Refusal {
  status: number;
  body: unknown;
}

export interface ServerProfile {
  /** For --help. */
  about: string;
  refuses?: Readonly<Partial<Record<Trait, Refusal>>>;
  /** Most answer tokens that may be asked for. */
  mostOutput?: Refusal & { tokens: number };
  /** Prompts beyond so many tokens are cut without a word, or refused. */
  context?: { tokens: number; overflow: 'cut' | Refusal };
  /** Tokens it counts for one of ours. */
  tokenShare?: number;
  /** Tokens of thought before an answer, and where they show: counted in the usage, in the total only, or as text. */
  thought?: { tokens: number; shown: 'usage' | 'total' | 'text' | 'reasoning_content' | 'parts' };
  /** How the answer is wrapped; default plain text. */
  answer?: 'fenced' | 'parts' | 'tool-call';
  /** Its word for an answer that was cut; default length. */
  cutReason?: string;
  /** Prompts with this text are refused; '' is in every prompt. */
  refusesText?: Refusal & { text: string };
  /** Each n-th request gets this instead of an answer, `most` of them at most; status 200 unless said. `{prompt}` in it is the end of the prompt. */
  fails?: { each: number; body: unknown; status?: number; most?: number };
}

const refusal = (status: number, message: string, more: object = {}): Refusal => ({
  status,
  body: { error: { message, type: 'invalid_request_error', ...more } },
});
const unsupported = (name: string): Refusal =>
  refusal(400, `Unsupported parameter: '${name}' cannot be used with this model.`, { param: name });
const extraField = (name: string): Refusal => ({
  status: 422,
  body: { detail: [{ type: 'extra_forbidden', loc: ['body', name], msg: 'Extra inputs are not permitted' }] },
});

/** By the name that `--profile` takes. */
export const SERVER_PROFILES = {
  'azure-chat': { about: 'Azure OpenAI, chat models: takes everything, 429 with retry-after-ms' },
  'azure-reasoning': {
    about:
      'Azure OpenAI, OpenAI: a model that thinks 1,500 tokens first and takes no temperature, logprobs or max_tokens',
    refuses: {
      temperature: unsupported('temperature'),
      logprobs: unsupported('logprobs'),
      max_tokens: unsupported('max_tokens'),
    },
    thought: { tokens: 1500, shown: 'usage' },
  },
  ollama: {
    about: 'Ollama: a context of 4,096 tokens, beyond it prompts are cut without a word; thought stands in the text',
    context: { tokens: 4096, overflow: 'cut' },
    thought: { tokens: 200, shown: 'text' },
  },
  vllm: {
    about: 'vLLM: 8,192 tokens of context, "too long" in its words, thought beside the answer, no system role',
    refuses: { system: refusal(400, 'System role not supported by the chat template') },
    context: {
      tokens: 8192,
      overflow: {
        status: 400,
        body: { object: 'error', message: "This model's maximum context length is 8192 tokens; the prompt is longer." },
      },
    },
    thought: { tokens: 300, shown: 'reasoning_content' },
  },
  'llama.cpp': {
    about: 'llama.cpp: 4,096 tokens of context, refuses longer prompts in its words; JSON between fences',
    context: {
      tokens: 4096,
      overflow: refusal(400, 'the request exceeds the available context size, try increasing it', {
        code: 400,
        type: 'exceed_context_size_error',
      }),
    },
    answer: 'fenced',
  },
  litellm: {
    about:
      'LiteLLM in front of a model without structured answers: refusals of the service behind it as text in the message',
    refuses: {
      json_schema: refusal(422, 'BadRequestError: {"error":{"message":"response_format is not supported"}}'),
      json_object: refusal(422, 'BadRequestError: {"error":{"message":"response_format is not supported"}}'),
      temperature: refusal(422, "UnsupportedParamsError: the model does not support parameters: ['temperature']"),
    },
  },
  openrouter: {
    about: 'OpenRouter: each fifth answer is a 200 with the error of the provider inside; answers in tool calls',
    fails: {
      each: 5,
      body: {
        error: { code: 502, message: 'The provider returned an error', metadata: { raw: '{"error":"overloaded"}' } },
      },
    },
    answer: 'tool-call',
  },
  mistral: {
    about: 'Mistral: knows max_tokens only, thought and text as parts, model_length for a cut answer',
    refuses: { max_completion_tokens: extraField('max_completion_tokens') },
    thought: { tokens: 200, shown: 'parts' },
    answer: 'parts',
    cutReason: 'model_length',
  },
  deepseek: {
    about: 'DeepSeek: json_object at best, max_tokens up to 8,192, thought beside the answer',
    refuses: {
      json_schema: refusal(400, 'This response_format type is unavailable now'),
      max_completion_tokens: refusal(400, 'unknown field max_completion_tokens, use max_tokens'),
    },
    mostOutput: {
      tokens: 8192,
      ...refusal(400, 'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'),
    },
    thought: { tokens: 800, shown: 'reasoning_content' },
  },
  gemini: {
    about: "Gemini's compatible endpoint: errors as lists, thought counted in the total only",
    refuses: {
      logprobs: {
        status: 400,
        body: [
          { error: { code: 400, message: 'Unknown name "logprobs": cannot find field', status: 'INVALID_ARGUMENT' } },
        ],
      },
    },
    context: {
      tokens: 100_000,
      overflow: {
        status: 400,
        body: [
          {
            error: {
              code: 400,
              message: 'The input token count exceeds the maximum number of tokens allowed.',
              status: 'INVALID_ARGUMENT',
            },
          },
        ],
      },
    },
    thought: { tokens: 400, shown: 'total' },
  },
} satisfies Readonly<Record<string, ServerProfile>>;

export type ProfileName = keyof typeof SERVER_PROFILES;

export const PROFILE_NAMES = Object.keys(SERVER_PROFILES) as ProfileName[];

/** What the server says instead of working on a request; undefined when it takes it. */
export function refusalOf(
  profile: Partial<ServerProfile>,
  body: CompletionBody,
  promptTokens: number,
): Refusal | undefined {
  const form = body.response_format?.type;
  const has: Record<Trait, boolean> = {
    json_schema: form === 'json_schema',
    json_object_unsaid: form === 'json_object' && !JSON.stringify(body.messages).includes('JSON'),
    json_object: form === 'json_object',
    max_tokens: body.max_tokens !== undefined,
    max_completion_tokens: body.max_completion_tokens !== undefined,
    temperature: body.temperature !== undefined,
    logprobs: body.logprobs !== undefined,
    system: body.messages?.some(({ role }) => role === 'system') === true,
  };
  for (const [trait, answer] of Object.entries(profile.refuses ?? {})) if (has[trait as Trait]) return answer;
  const { mostOutput, context, refusesText } = profile;
  if (refusesText !== undefined && JSON.stringify(body.messages).includes(refusesText.text)) return refusesText;
  if (mostOutput !== undefined && (body.max_completion_tokens ?? body.max_tokens ?? 0) > mostOutput.tokens)
    return mostOutput;
  const isOver = context !== undefined && promptTokens > context.tokens;
  return isOver && context.overflow !== 'cut' ? context.overflow : undefined;
}

const PROMPT_END_CHARS = 400;

/** What the n-th request gets instead of an answer; undefined when it is answered. @param failed  requests that failed before */
export function failureOf(
  { fails }: Partial<ServerProfile>,
  body: CompletionBody,
  n: number,
  failed: number,
): Refusal | undefined {
  if (fails === undefined || n % fails.each !== 0 || failed >= (fails.most ?? Number.POSITIVE_INFINITY))
    return undefined;
  const end = JSON.stringify(body.messages).slice(-PROMPT_END_CHARS);
  const told = JSON.stringify(fails.body).replaceAll('{prompt}', () => JSON.stringify(end).slice(1, -1));
  return { status: fails.status ?? 200, body: JSON.parse(told) };
}

/** Prompt tokens that the server has read, as it counts them. */
export function tokensRead({ context, tokenShare = 1 }: Partial<ServerProfile>, promptTokens: number): number {
  const counted = Math.round(tokenShare * promptTokens);
  return context?.overflow === 'cut' ? Math.min(counted, context.tokens) : counted;
}

export interface PlainAnswer {
  content: string | null;
  refusal: string | null;
  finishReason: string;
}

/** An answer in the server's shape: message, finish reason and the usage of its thought. */
export function shaped(
  profile: Partial<ServerProfile>,
  answer: PlainAnswer,
): { message: Record<string, unknown>; finishReason: string } {
  const finishReason = answer.finishReason === 'length' ? (profile.cutReason ?? 'length') : answer.finishReason;
  const message: Record<string, unknown> = { role: 'assistant', content: answer.content, refusal: answer.refusal };
  if (answer.content === null) return { message, finishReason };
  const { thought } = profile;
  // a draft that must never count
  const draft = 'Perhaps {"results":[{"id":1,"quote":null,"label":"UNSURE","confidence":1}]}, but let me look again.';
  if (profile.answer === 'fenced') message.content = `\`\`\`json\n${answer.content}\n\`\`\``;
  if (profile.answer === 'tool-call') {
    message.content = null;
    message.tool_calls = [{ id: 't1', type: 'function', function: { name: 'answer', arguments: answer.content } }];
  }
  if (profile.answer === 'parts') message.content = [{ type: 'text', text: answer.content }];
  if (thought?.shown === 'parts')
    message.content = [
      { type: 'thinking', thinking: [{ type: 'text', text: draft }] },
      { type: 'text', text: answer.content },
    ];
  if (thought?.shown === 'text') message.content = `<think>\n${draft}\n</think>\n\n${answer.content}`;
  if (thought?.shown === 'reasoning_content') message.reasoning_content = draft;
  return { message, finishReason };
}
