// What a reply means for its pack, and what it teaches about the deployment it came from.
// Invariants: R1 a lesson is never an answer: the request is sent again as the deployment wants it. R2 what a service says is kept without what it
// repeats of the documents.
import { elementsOf, readResults } from './answer.ts';
import { outputTokens } from './chat-body.ts';
import { choiceOf } from './completion.ts';
import {
  type CallErrorRule,
  EMPTY_ANSWERS,
  LESSONS,
  PROMPT_CUT,
  PROMPT_SUSPECT,
  ruleFor,
} from './deployments/call-errors.ts';
import { type ChatBody, type ChatReply, TransportFailure } from './deployments/client.ts';
import { errorText, serviceWords } from './deployments/error-words.ts';
import { type LessonBook, type Lessons, lessonOf, reasoningLesson } from './deployments/lessons.ts';
import type { GivenUpCode, Member, Turn } from './deployments/pool.ts';
import { readingOf, shareLesson } from './deployments/prompt-read.ts';
import { restAfterRefusal } from './deployments/refusal-rest.ts';
import type { Pack } from './judge.ts';
import { usageOf } from './outcome.ts';
import type { LlmDeps, LlmRuntime, Question } from './runtime.ts';

/** Who asks, as far as the meaning of a reply depends on it. */
interface Asker {
  deps: Pick<LlmDeps, 'clock' | 'random' | 'logger'>;
  runtime: LlmRuntime;
  question: Question;
}

/** What was sent: the documents as shown, alone and in the message. */
interface Shown {
  texts: readonly string[];
  user: string;
}

/** The rule of a reply in the light of what the deployment did before. */
export function ruleAfter(
  { runtime }: Asker,
  member: Member,
  pack: Pack,
  reply: ChatReply | TransportFailure,
): CallErrorRule | undefined {
  const rule = ruleFor(reply);
  if (rule?.id !== 'bad-request') return rule;
  // The same frame was accepted before, so it is these documents and not the configuration. Before that, its halves tell,
  // whichever call comes back first; unless another deployment can be asked, or the words leave no doubt.
  const words = reply instanceof TransportFailure ? '' : errorText(reply.body);
  const isOpen = runtime.pool.members.length === 1 && pack.documents.length > 1 && !WRONG_REQUEST.test(words);
  return member.hasSucceeded || isOpen ? { ...rule, class: 'document' } : rule;
}

const WRONG_REQUEST =
  /unsupported|unknown|unrecogni[sz]ed|not supported|not permitted|does not exist|not found|invalid (?:model|parameter|type)/i;

/** An answer to less than was asked, or to what may be less. @param sent  tokens of the messages as we count them */
export async function cutRule(
  sent: number,
  reply: ChatReply | TransportFailure,
  lessons: LessonBook,
): Promise<CallErrorRule | undefined> {
  if (ruleFor(reply) !== undefined || reply instanceof TransportFailure) return undefined;
  const usage = usageOf(reply.body);
  if (usage === null) return undefined;
  const prompt = { sent, read: usage.promptTokens };
  const reading = readingOf(prompt, lessons.current, lessons.reads);
  lessons.noteRead(prompt);
  if (reading === 'cut') return PROMPT_CUT;
  if (reading === 'suspect') return PROMPT_SUSPECT;
  const lesson = shareLesson(prompt, lessons.current);
  if (lesson !== undefined) await lessons.learn(lesson);
  return undefined;
}

export interface Ended {
  reply: ChatReply | TransportFailure;
  rule: CallErrorRule | undefined;
  pack: Pack;
  request: Shown;
}

/** What a reply teaches about the deployment. With a rule, it was no answer: the request is sent again as the deployment wants it. */
export function lessonFrom(
  { lessons: { current }, config }: Pick<Member, 'lessons' | 'config'>,
  reply: ChatReply | TransportFailure,
  body: ChatBody,
  pack: Pack,
  maxOutputTokens: number,
): { lesson: Lessons; rule?: CallErrorRule } | undefined {
  if (reply instanceof TransportFailure) return undefined;
  const failed = ruleFor(reply);
  if (failed !== undefined) {
    const isAboutForm = failed.class === 'configuration' || failed.class === 'packing' || failed.id === 'server-error';
    const lesson =
      isAboutForm && failed.id !== 'credentials' ? lessonOf(errorText(reply.body), body, current) : undefined;
    return lesson === undefined ? undefined : { lesson, rule: LESSONS.form };
  }
  const { content, finishReason } = choiceOf(reply.body);
  const usage = usageOf(reply.body);
  const thought = thoughtOf(reply.body);
  const isCut =
    finishReason === 'length' && elementsOf(content).elements.length === 0 && (thought > 0 || content.trim() === '');
  const lesson = reasoningLesson(
    isCut ? Math.max(thought, usage?.completionTokens ?? 0) : thought,
    isCut,
    current,
    config,
  );
  if (!isCut) return lesson === undefined ? undefined : { lesson };
  if (lesson !== undefined) return { lesson, rule: LESSONS.thought };
  // Another call has taught it meanwhile; or no more is allowed, and the pack is judged as it is.
  const wasAllowedLess = maxOutputTokens < outputTokens(pack, config, current);
  return wasAllowedLess ? { lesson: {}, rule: LESSONS.thought } : undefined;
}

/** What the service says of a failure, without what it repeats of the documents. */
export const wordsOf = (reply: ChatReply | TransportFailure, { user }: Shown): string =>
  reply instanceof TransportFailure ? '' : serviceWords(reply.body, user);

const CHARS_PER_TOKEN = 3;

/** Tokens of thought in an answer: as the usage counts them, else by what is shown of it. */
export const thoughtOf = (body: unknown): number =>
  usageOf(body)?.reasoningTokens || Math.ceil(choiceOf(body).thoughtChars / CHARS_PER_TOKEN);

/** Tell quota, breaker and pool what happened. */
export async function learn(context: Asker, { member, grant }: Turn, ended: Ended): Promise<void> {
  const { deps, runtime } = context;
  const { reply, rule, request } = ended;
  const { clock, random, logger } = deps;
  const isReply = !(reply instanceof TransportFailure);
  if (isReply) member.quota.observe(grant, reply.headers);
  const words = isReply ? serviceWords(reply.body, request.user) : '';
  const empty = emptyKind(context, member, ended);
  if (empty !== undefined && runtime.pool.noteEmpty(member, empty.id, empty.code, words))
    logger.error('llm.deployment.given-up', { deployment: member.config.name, rule: empty.id });
  if (rule === undefined || rule.class === 'document' || rule.class === 'packing') {
    if (rule === undefined && empty === undefined) runtime.pool.noteAnswer(member);
    if (rule?.id !== 'bad-request') member.hasSucceeded = true;
    member.hasBeenDenied = false;
    member.refusals = 0;
    member.breaker.succeed();
    runtime.noteSuccess();
    return;
  }
  logger.warn('llm.call.failed', {
    deployment: member.config.name,
    rule: rule.id,
    status: isReply ? reply.status : null,
  });
  if (rule.class === 'lesson') {
    member.breaker.succeed();
    return;
  }
  if (rule.class === 'transient' || rule.class === 'ambiguous') {
    member.breaker.fail(rule.id === 'not-sent');
    return;
  }
  member.breaker.abstain();
  if (rule.class === 'configuration' || rule.class === 'exhausted') {
    if (rule.id === 'credentials' && !member.hasBeenDenied) {
      member.hasBeenDenied = true; // a token may just have expired: once more
      return;
    }
    runtime.pool.giveUp(member, rule.class === 'configuration' ? 'llm.configuration' : 'llm.quota-exhausted', words);
    logger.error('llm.deployment.given-up', { deployment: member.config.name, rule: rule.id });
    return;
  }
  await restAfterRefusal(member, reply, rule.class, { clock, random, logger });
}

const UNUSABLE = { id: 'no-usable-result', code: 'llm.configuration' } as const;

/** The kind of an answer that cannot be used at all, and the code of documents that are not asked because of it. */
function emptyKind(
  { question }: Asker,
  member: Member,
  { reply, rule, pack, request }: Ended,
): { id: string; code: GivenUpCode } | undefined {
  const known = EMPTY_ANSWERS.find(({ id }) => id === rule?.id);
  if (known !== undefined)
    return { id: known.id, code: known.code === 'llm.unavailable' ? known.code : 'llm.configuration' };
  if (rule?.id === 'bad-request' && !member.hasAnswered) return { id: rule.id, code: 'llm.configuration' };
  if (rule !== undefined || reply instanceof TransportFailure) return undefined;
  const { content, refusal, finishReason } = choiceOf(reply.body);
  if (refusal || finishReason === 'length' || finishReason === 'content_filter') return undefined;
  if (readResults(content, request.texts, question.spellings).found.size > 0) return undefined;
  // One document that brings nothing is asked several times: later rounds count only while no document has brought anything.
  return pack.round === 0 || !member.hasAnswered ? UNUSABLE : undefined;
}
