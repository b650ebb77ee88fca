// Every way a call can go wrong, and what is done about it, as data. The first matching rule counts.
// Invariant: an unmatched error is an unmapped one and stops nothing silently: it falls to `unmapped`, is retried like a server error, and is logged.
import type { ErrorCode } from '../../errors.ts';
import { errorInside, isCompletion } from '../completion.ts';
import { type ChatReply, TransportFailure } from './client.ts';
import { errorText, namedWaitMs } from './error-words.ts';

export type CallErrorClass =
  | 'throttle' // our quota: the deployment waits, the request goes back to the queue, no attempt is counted
  | 'capacity' // the service is busy: another deployment now, this one rests
  | 'exhausted' // nothing left to wait for: the deployment is given up
  | 'transient' // not done, not billed: again with backoff, counted in the breaker
  | 'ambiguous' // possibly done and billed: ledger `unknown`, again, counted in the breaker
  | 'document' // one document of the pack is refused: bisect
  | 'packing' // the prompt is too long: smaller packs, then shorter texts
  | 'lesson' // the deployment wants another form of the request: asked again in that form
  | 'configuration'; // the same request fails for ever

export interface CallErrorRule {
  id: string;
  class: CallErrorClass;
  /** Code of documents that cannot be answered because of it. */
  code: ErrorCode;
  status?: readonly number[];
  /** Tested against error code, type and message. */
  text?: RegExp;
  /** The service names a time to wait. */
  isHinted?: boolean;
  transport?: TransportFailure['kind'];
}

/** "Too long" in the words of OpenAI, vLLM, SGLang, llama.cpp, TGI, Ollama, LM Studio, Gemini, Mistral, Anthropic, Cohere, Bedrock. */
const TOO_LONG = new RegExp(
  [
    'context_length_exceeded|exceed_context_size|string_above_max_length|ContextWindowExceeded|max_model_len',
    '(?:maximum|max|available|model.s|exceeds?(?: the)?) context|context (?:length|window|size|limit|overflow)',
    '(?:prompt|input|inputs|request|text|tokens?)\\b.{0,80}(?:too (?:long|large)|longer than|exceeds? the|must (?:be|have) (?:<|<=|less|at most|fewer))',
    'too many (?:input |prompt )?tokens|input token count',
  ].join('|'),
  'i',
);

export const CALL_ERRORS: readonly CallErrorRule[] = [
  { id: 'not-sent', transport: 'not-sent', class: 'transient', code: 'llm.unavailable' },
  { id: 'lost', transport: 'lost', class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'timeout', transport: 'timeout', class: 'ambiguous', code: 'llm.unavailable' },
  {
    id: 'content-filter',
    status: [400],
    text: /content_filter|ResponsibleAIPolicyViolation|content management policy/i,
    class: 'document',
    code: 'llm.rejected',
  },
  {
    id: 'context-length',
    status: [400, 413, 422, 500],
    text: TOO_LONG,
    class: 'packing',
    code: 'llm.input-too-long',
  },
  {
    id: 'request-above-quota', // larger than a whole minute: waiting does not help
    status: [429],
    text: /request too large|reduce (?:your|the) (?:message|prompt|input)/i,
    isHinted: false,
    class: 'packing',
    code: 'llm.input-too-long',
  },
  { id: 'request-size', status: [413], class: 'packing', code: 'llm.input-too-long' },
  {
    id: 'abuse-block',
    status: [403],
    text: /temporarily blocked|abuse/i,
    class: 'exhausted',
    code: 'llm.configuration',
  },
  {
    id: 'quota-used-up',
    status: [402, 403],
    text: /insufficient|quota|billing|credits?|balance|payment/i,
    class: 'exhausted',
    code: 'llm.quota-exhausted',
  },
  {
    id: 'quota-used-up-429',
    status: [429],
    text: /insufficient_quota|billing|exceeded your current quota|out of credits|insufficient (?:balance|credit)/i,
    isHinted: false, // with seconds to wait it is a throttle, whatever its words
    class: 'exhausted',
    code: 'llm.quota-exhausted',
  },
  {
    id: 'capacity',
    status: [429],
    text: /high demand|temporarily unable|capacity|overloaded|server is busy/i,
    class: 'capacity',
    code: 'llm.unavailable',
  },
  { id: 'rate-limit', status: [429], class: 'throttle', code: 'llm.quota-exhausted' },
  { id: 'unavailable', status: [503, 529], class: 'capacity', code: 'llm.unavailable' },
  { id: 'request-timeout', status: [408], class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'gateway-timeout', status: [504], class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'conflict', status: [409], class: 'transient', code: 'llm.unavailable' },
  { id: 'server-error', status: [500, 502], class: 'transient', code: 'llm.unavailable' },
  { id: 'bad-request', status: [400, 405, 415, 422, 431], class: 'configuration', code: 'llm.configuration' },
  { id: 'credentials', status: [401, 403], class: 'configuration', code: 'llm.configuration' },
  { id: 'no-deployment', status: [404], class: 'configuration', code: 'llm.configuration' },
];

/** Answers with status 200 that are none. Three in a row of one kind, and the deployment rests. */
export const EMPTY_ANSWERS: readonly CallErrorRule[] = [
  { id: 'error-in-answer', class: 'ambiguous', code: 'llm.unavailable' },
  { id: 'not-a-completion', class: 'ambiguous', code: 'llm.configuration' },
];

/** The server has read less than was sent: its answer says nothing about what it did not see. */
export const PROMPT_CUT: CallErrorRule = { id: 'prompt-cut', class: 'packing', code: 'llm.prompt-cut' };

/** It may have: nothing tells it from another tokenizer yet, and the documents can be asked in less. */
export const PROMPT_SUSPECT: CallErrorRule = { id: 'prompt-suspect', class: 'packing', code: 'llm.prompt-cut' };

/** What a reply taught about the deployment; the request is sent again as it wants it. */
export const LESSONS = {
  form: { id: 'other-form', class: 'lesson', code: 'llm.configuration' },
  thought: { id: 'thought-cut', class: 'lesson', code: 'llm.output-too-long' },
} as const satisfies Record<string, CallErrorRule>;

/** For statuses nobody has seen yet. */
export const UNMAPPED: CallErrorRule = { id: 'unmapped', class: 'transient', code: 'llm.unavailable' };

/** Hints above this speak of a spent trial or a daily quota, not of a busy minute. */
export const LONGEST_HINT_MS = 300_000;

/** The rule of a failed call; undefined when the reply is a success: an answer, not a status, makes one. */
export function ruleFor(outcome: ChatReply | TransportFailure): CallErrorRule | undefined {
  if (outcome instanceof TransportFailure) return CALL_ERRORS.find((r) => r.transport === outcome.kind) ?? UNMAPPED;
  if (outcome.status >= 200 && outcome.status < 300) return ruleInside(outcome);
  return matching(outcome, errorText(outcome.body)) ?? UNMAPPED;
}

/** The rule by the id that an outcome keeps. */
export const ruleById = (id: string): CallErrorRule | undefined =>
  [...CALL_ERRORS, ...EMPTY_ANSWERS, ...Object.values(LESSONS), PROMPT_CUT, PROMPT_SUSPECT, UNMAPPED].find(
    (rule) => rule.id === id,
  );

/** An error that came with status 200: by the status it names, else by its words. */
function ruleInside(reply: ChatReply): CallErrorRule | undefined {
  const error = errorInside(reply.body);
  const [inAnswer, notOne] = EMPTY_ANSWERS;
  if (error === undefined && isCompletion(reply.body)) return undefined;
  const text = errorText(error ?? (typeof reply.body === 'object' ? reply.body : ''));
  if (text === '') return notOne;
  const told = error ?? reply.body;
  return matching({ ...reply, body: told, status: namedStatus(told) ?? guessedStatus(text) }, text) ?? inAnswer;
}

/** The HTTP status that an error names as its code. */
function namedStatus(error: unknown): number | undefined {
  const { code, status } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>; // checked below
  return [code, status].map(Number).find((number) => Number.isInteger(number) && number >= 400 && number < 600);
}

/** The status that words without one stand for; 0 when they tell nothing. */
function guessedStatus(text: string): number {
  if (/rate.?limit|too many requests|RESOURCE_EXHAUSTED|quota/i.test(text)) return 429;
  if (/overload|busy|capacity|unavailable|insufficient_system_resource/i.test(text)) return 503;
  if (/content_filter|content management|ResponsibleAI/i.test(text) || TOO_LONG.test(text)) return 400;
  if (/api.?key|unauthori[sz]ed|authentication/i.test(text)) return 401;
  return 0;
}

function matching(reply: ChatReply, text: string): CallErrorRule | undefined {
  const named = namedWaitMs(reply);
  const isHinted = named !== undefined && named <= LONGEST_HINT_MS;
  return CALL_ERRORS.find(
    (r) =>
      r.status?.includes(reply.status) &&
      (r.text === undefined || r.text.test(text)) &&
      (r.isHinted === undefined || r.isHinted === isHinted),
  );
}
