// A pack and its stored answer → what is decided and what must be asked again. Pure: replaying it over stored answers gives the same packs.
// Invariants: J1 each document of a pack is afterwards in exactly one of: decided, one following pack. J2 the tree of packs is finite.
import type { ErrorCode } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import { type FoundResult, type LabelIndex, labelProbabilities, readResults } from './answer.ts';
import type { Answer } from './calls.ts';
import { choiceOf } from './completion.ts';
import { type CallErrorRule, ruleById, ruleFor } from './deployments/call-errors.ts';
import { serviceWords } from './deployments/error-words.ts';
import { shuffled } from './pack.ts';

/** Documents asked in one call. */
export interface Pack {
  /** Identity of the call: equal packs have equal keys. */
  key: string;
  /** Document keys in the order they are shown. */
  documents: readonly string[];
  maxOutputTokens: number;
  /** How often these documents went unanswered before. */
  round: number;
  /** Each step halves the tokens shown of a document. */
  shrink: number;
}

export type Decision = { kind: 'result'; result: FoundResult } | { kind: 'failed'; code: ErrorCode; words?: string };

export interface Judgement {
  decided: Map<string, Decision>;
  next: Pack[];
  /** Documents that the answer itself decided. */
  answered: number;
}

export interface PackSizing {
  promptVersion: string;
  outputTokensPerDocument: number;
  reasoningTokens: number;
  maxOutputTokens: number;
}

const MAX_ROUNDS = 2;
const MAX_SHRINK = 3;

/** A pack of documents in a fixed order that spreads the effect of positions. */
export function makePack(
  documents: readonly string[],
  sizing: PackSizing,
  changes: { round?: number; shrink?: number; longer?: boolean } = {},
): Pack {
  const { round = 0, shrink = 0, longer = false } = changes;
  const planned = sizing.reasoningTokens + Math.ceil(1.25 * sizing.outputTokensPerDocument * documents.length) + 16;
  const maxOutputTokens = longer ? 2 * planned : Math.min(sizing.maxOutputTokens, planned);
  const seed = sha256Hex([sizing.promptVersion, ...[...documents].sort(), round, shrink, maxOutputTokens].join('\n'));
  return { key: seed.slice(0, 32), documents: shuffled(documents, seed), maxOutputTokens, round, shrink };
}

/**
 * Judge the answer of a pack.
 * @param texts  the documents as shown, in the pack's order
 */
export function judge(
  pack: Pack,
  answer: Answer,
  texts: readonly string[],
  labels: LabelIndex,
  sizing: PackSizing,
): Judgement {
  const judgement: Judgement = { decided: new Map(), next: [], answered: 0 };
  const open = (documents: readonly string[]) => documents.filter((d) => !judgement.decided.has(d));
  const failAll = (code: ErrorCode, words = '') => {
    for (const d of open(pack.documents))
      judgement.decided.set(d, { kind: 'failed', code, ...(words === '' ? {} : { words }) });
  };
  const said = () => serviceWords(answer.body, texts.join('\n'));
  const halve = (documents: readonly string[], changes: { round?: number; shrink?: number }) => {
    const middle = Math.ceil(documents.length / 2);
    for (const half of [documents.slice(0, middle), documents.slice(middle)])
      if (half.length > 0)
        judgement.next.push(makePack(half, sizing, { round: pack.round, shrink: pack.shrink, ...changes }));
  };
  const isSingle = pack.documents.length === 1;

  const rule = ruleOf(answer);
  if (rule?.class === 'packing') {
    if (!isSingle) halve(pack.documents, {});
    else if (pack.shrink < MAX_SHRINK) halve(pack.documents, { shrink: pack.shrink + 1 });
    else failAll(rule.code, said());
    return judgement;
  }
  if (rule !== undefined) {
    // Whatever its words: other requests of this kind succeed, so it is a document that the service will not take.
    if (isSingle) failAll('llm.rejected', said());
    else halve(pack.documents, {});
    return judgement;
  }

  const { content, refusal, finishReason, tokens } = choiceOf(answer.body);
  if (finishReason === 'content_filter' || refusal) {
    if (isSingle) failAll(refusal ? 'llm.refused' : 'llm.rejected');
    else halve(pack.documents, {});
    return judgement;
  }
  const read = readResults(content, texts, labels, labelProbabilities(content, tokens));
  pack.documents.forEach((document, index) => {
    const result = read.found.get(index + 1);
    if (result !== undefined) judgement.decided.set(document, { kind: 'result', result });
  });
  judgement.answered = judgement.decided.size;
  const missing = open(pack.documents);
  if (missing.length === 0) return judgement;
  if (finishReason === 'length') {
    if (!isSingle) halve(missing, {});
    // The one document had the whole answer to itself: allow twice as much once.
    else if (pack.maxOutputTokens <= makePack(pack.documents, sizing).maxOutputTokens)
      judgement.next.push(makePack(missing, sizing, { round: pack.round, shrink: pack.shrink, longer: true }));
    else failAll('llm.output-too-long');
  } else if (pack.round >= MAX_ROUNDS) failAll('llm.no-answer');
  else if (judgement.answered === 0 && missing.length > 1) halve(missing, { round: pack.round + 1 });
  else if (pack.round === 0) judgement.next.push(makePack(missing, sizing, { round: 1, shrink: pack.shrink }));
  else
    for (const document of missing)
      judgement.next.push(makePack([document], sizing, { round: pack.round + 1, shrink: pack.shrink }));
  return judgement;
}

/** Why the answer is none: as it was judged when it came (a deployment's past counted then), else by what it says. */
function ruleOf({ rule, httpStatus, body }: Answer): CallErrorRule | undefined {
  const known = rule === null ? undefined : ruleById(rule);
  if (known !== undefined) return known;
  return httpStatus === null ? undefined : ruleFor({ status: httpStatus, headers: {}, body });
}
