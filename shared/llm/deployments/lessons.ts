// What the answers of a deployment have taught about it: the form of request it takes, how long it thinks, how much it reads.
// Invariants: L1 each form is tried once: a lesson only goes forward. L2 lessons outlive the process and belong to the deployment as configured;
//             another address, model or setting begins anew. L3 lessons change how a question is sent, never what is asked.
import { canonicalJson, sha256Hex } from '../../ids.ts';
import type { Clock, StateTable } from '../../ports.ts';
import type { ChatBody } from './client.ts';
import { type DeploymentConfig, RESPONSE_FORMS, type ResponseForm } from './deployment.ts';
import type { PromptRead } from './prompt-read.ts';

export interface Lessons {
  /** The form of answer that is accepted. */
  responseFormat?: ResponseForm;
  /** The name under which the limit of an answer is accepted. */
  outputLimit?: 'max_completion_tokens' | 'max_tokens';
  /** Members of the request that are refused. */
  leftOut?: readonly string[];
  /** Instructions go into the user's message: there is no system role. */
  hasNoSystemRole?: true;
  /** Longest answer that may be asked for, tokens. */
  mostOutputTokens?: number;
  /** Tokens set aside for thought, on top of the answer. */
  reasoningTokens?: number;
  /** Tokens of thought that a call has taken on the average. */
  thoughtTokens?: number;
  /** Tokens of prompt and answer that fit, as far as is known. */
  contextTokens?: number;
  /** Tokens that it counts for one of ours, at least, where its tokenizer counts fewer. */
  tokenShare?: number;
}

interface Stored {
  of: string;
  at: number;
  lessons: Lessons;
}

const MOST_READS = 16;
/** A server may be mended: after so long it is asked the plain way again. */
const REMEMBER_MS = 30 * 24 * 3_600_000;
const TRIES = 5;
/** A mean of the last few answers; told to other processes when it has moved by a tenth. */
const THOUGHT_WEIGHT = 1 / 8;
const THOUGHT_MOVED = 0.1;

export class LessonBook {
  current: Lessons = {};
  readonly #key: string;
  readonly #of: string;
  readonly #state: StateTable;
  readonly #clock: Clock;
  #thoughtMean: number | undefined;
  readonly #reads: PromptRead[] = [];

  constructor(config: DeploymentConfig, state: StateTable, clock: Clock) {
    const { name, baseUrl, model, outputLimit, responseFormat, parameters, logprobs } = config;
    this.#key = `llm-lessons-${name.replace(/[^A-Za-z0-9._-]/g, '_')}`;
    const identity = { baseUrl, model, outputLimit, responseFormat, parameters, logprobs };
    this.#of = sha256Hex(canonicalJson(JSON.parse(JSON.stringify(identity)))).slice(0, 16);
    this.#state = state;
    this.#clock = clock;
  }

  /** Read what other processes have learnt. */
  async load(): Promise<void> {
    const stored = await this.#read();
    this.current = { ...stored?.lessons, ...this.current };
  }

  /** Keep a lesson, here and for all processes. */
  async learn(lesson: Lessons): Promise<void> {
    await this.#tell(lesson, true);
  }

  /** @param isNews  lessons that the server taught count as new from now on; a measurement does not keep them alive */
  async #tell(lesson: Lessons, isNews: boolean): Promise<void> {
    this.current = { ...this.current, ...lesson };
    for (let i = 0; i < TRIES; i++) {
      const stored = await this.#state.get(this.#key);
      const known = this.#mine(stored?.value);
      const at = isNews ? this.#clock.now() : (known?.at ?? this.#clock.now());
      const value: Stored = { of: this.#of, at, lessons: { ...known?.lessons, ...(isNews ? this.current : lesson) } };
      if ((await this.#state.compareAndSwap(this.#key, stored?.etag ?? null, value)) !== undefined) return;
    }
    // Others keep writing: this process knows, the next one learns it again.
  }

  /** Tokens of thought of one answer: quotes count on the mean. */
  async noteThought(tokens: number): Promise<void> {
    const told = this.current.thoughtTokens;
    const mean = this.#thoughtMean ?? told;
    if (tokens === 0 && mean === undefined) return;
    this.#thoughtMean = mean === undefined ? tokens : mean + (tokens - mean) * THOUGHT_WEIGHT;
    const rounded = Math.round(this.#thoughtMean);
    const hasMoved = told === undefined || Math.abs(rounded - told) > Math.max(1, THOUGHT_MOVED * told);
    if (hasMoved) await this.#tell({ thoughtTokens: rounded }, false);
  }

  /** Prompts of the last answers, as sent and as read. */
  get reads(): readonly PromptRead[] {
    return this.#reads;
  }

  noteRead(read: PromptRead): void {
    this.#reads.push(read);
    if (this.#reads.length > MOST_READS) this.#reads.shift();
  }

  async #read(): Promise<Stored | undefined> {
    return this.#mine((await this.#state.get(this.#key))?.value);
  }

  #mine(value: unknown): Stored | undefined {
    const stored = value as Stored | undefined; // written by this class
    return stored?.of === this.#of && this.#clock.now() - stored.at < REMEMBER_MS ? stored : undefined;
  }
}

const NEXT_FORM: Record<ResponseForm, ResponseForm | undefined> = {
  json_schema: 'json_object',
  json_object: 'none',
  none: undefined,
};

/** The form of a request that was sent. */
const formOf = (body: ChatBody): ResponseForm =>
  RESPONSE_FORMS.find((form) => form === body.response_format?.type) ?? 'none';

/** Members that belong to the question: without them it would be another one. */
const KEPT = new Set(['model', 'messages', 'response_format', 'max_tokens', 'max_completion_tokens']);
const PROMPT_TOO = /\b(?:prompt|input|requested|your request has|context length is)\b/i;

/**
 * What a refusal teaches about the form of the request.
 * @param text  the service's words
 * @param body  the request that it refused
 * @returns     the lesson; empty when it was learnt since the request was sent; undefined when the refusal is about something else
 */
export function lessonOf(text: string, body: ChatBody, current: Lessons): Lessons | undefined {
  const names = (member: string) => new RegExp(`(?<![A-Za-z0-9_])${member}(?![A-Za-z0-9_])`, 'i').test(text);
  const limit = 'max_tokens' in body ? 'max_tokens' : 'max_completion_tokens';
  const sent = body[limit];
  const most = /\bmax(?:_completion|_new|_output)?[_ ]tokens\b/i.test(text) ? mostNamed(text) : undefined;
  if (most !== undefined && typeof sent === 'number' && !PROMPT_TOO.test(text)) {
    if (sent > (current.mostOutputTokens ?? Number.POSITIVE_INFINITY)) return {};
    if (most < sent) return { mostOutputTokens: most };
  }
  if (PROMPT_TOO.test(text) && /too (?:long|large)|exceed|maximum/i.test(text)) return undefined;
  if (names('max_tokens') || names('max_completion_tokens')) {
    const other = limit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    if (current.outputLimit === undefined) return { outputLimit: other };
    if (current.outputLimit !== limit) return {};
  }
  for (const member of Object.keys(body)) {
    if (KEPT.has(member) || !names(member)) continue;
    const leftOut = current.leftOut ?? [];
    return leftOut.includes(member) ? {} : { leftOut: [...leftOut, member] };
  }
  if (/response_?format|json_?schema|json_?object|structured.?output|guided|grammar/i.test(text)) {
    const form = formOf(body);
    if (RESPONSE_FORMS.indexOf(current.responseFormat ?? 'json_schema') > RESPONSE_FORMS.indexOf(form)) return {};
    const next = NEXT_FORM[form];
    if (next !== undefined) return { responseFormat: next };
  }
  if (
    /system (?:role|message|prompt|instruction).{0,40}not (?:supported|enabled|allowed)|instruction is not enabled/i.test(
      text,
    )
  ) {
    if (body.messages[0]?.role !== 'system') return undefined;
    return current.hasNoSystemRole ? {} : { hasNoSystemRole: true };
  }
  return undefined;
}

/** The largest number of answer tokens that a refusal names. */
function mostNamed(text: string): number | undefined {
  const found =
    /at most (\d+)|\[\s*\d+\s*,\s*(\d+)\s*\]|(?:less than or equal to|<=|no more than|cannot exceed|maximum (?:value|allowed)?[^\d]{0,30}|between \d+ and)\s*[`'"]?(\d+)/i.exec(
      text,
    );
  const most = Number(found?.[1] ?? found?.[2] ?? found?.[3]);
  return Number.isInteger(most) && most >= 16 ? most : undefined;
}

/** Thought is never given more, tokens; and never more than half of a minute's quota. */
const MOST_REASONING_TOKENS = 32_000;
const LEAST_REASONING_TOKENS = 1024;

/**
 * The allowance for thought after a call.
 * @param thought  tokens the call spent on thought
 * @param isCut    the thought left no room for an answer
 * @returns        undefined when nothing changes, or nothing more is allowed
 */
export function reasoningLesson(
  thought: number,
  isCut: boolean,
  current: Lessons,
  config: Pick<DeploymentConfig, 'tpm'>,
): Lessons | undefined {
  const most = Math.min(
    MOST_REASONING_TOKENS,
    Math.floor(config.tpm / 2),
    current.mostOutputTokens ?? Number.POSITIVE_INFINITY,
  );
  const wanted = isCut ? Math.max(LEAST_REASONING_TOKENS, 3 * thought) : Math.ceil(1.5 * thought);
  const allowed = Math.min(most, wanted);
  return allowed > (current.reasoningTokens ?? 0) ? { reasoningTokens: allowed } : undefined;
}

/** Lessons in words, for people. */
export function inWords(lessons: Lessons): string[] {
  const { responseFormat, outputLimit, leftOut, hasNoSystemRole, mostOutputTokens } = lessons;
  const { reasoningTokens, thoughtTokens, contextTokens, tokenShare } = lessons;
  return [
    responseFormat === undefined ? '' : `responseFormat: ${responseFormat}`,
    outputLimit === undefined ? '' : `outputLimit: ${outputLimit}`,
    leftOut === undefined || leftOut.length === 0 ? '' : `does not take ${leftOut.join(', ')}`,
    hasNoSystemRole === undefined ? '' : 'has no system role',
    mostOutputTokens === undefined ? '' : `answers have at most ${mostOutputTokens} tokens`,
    reasoningTokens === undefined ? '' : `reasoningTokens: ${reasoningTokens}`,
    thoughtTokens === undefined ? '' : `thinks about ${thoughtTokens} tokens a call`,
    contextTokens === undefined ? '' : `reads ${contextTokens} tokens`,
    tokenShare === undefined ? '' : `counts ${Math.round(tokenShare * 100)} tokens for 100`,
  ].filter((words) => words !== '');
}
