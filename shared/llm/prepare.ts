// Documents → what is shown of them, in the order of expected gain, and the plan of packs that every replay follows.
// Invariants: R1 equal texts are asked once. R2 the plan of a batch is written once; replays read it, they never plan again.

import { SluiceError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import { parseRecord } from '../record-json.ts';
import type { Taxonomy } from '../taxonomy.ts';
import { type CachedDecision, documentKey } from './cache.ts';
import { makePack, type Pack, type PackSizing } from './judge.ts';
import { planPacks } from './pack.ts';
import { cutToTokens, DELIMITER_TOKENS, presentable } from './prompt.ts';
import type { LlmDeps, LlmRuntime, Question } from './runtime.ts';

export interface LlmDocument {
  /** document_id */
  id: string;
  contentSha256: string;
  /** All of it, or its beginning when there is a `rest`. */
  text: string;
  /** The end of a text that is too long to be shown, as `endsOf` gives it. */
  rest?: { tail: string; omittedChars: number };
  /** What the cheap model thinks, most probable first. */
  topLabels: readonly { label: string; probability: number }[];
}

/** A distinct text and the documents that have it. */
export interface Shown {
  key: string;
  text: string;
  tokens: number;
  ids: string[];
}

/** Written once per batch and prompt version. */
export interface BatchPlan {
  createdAt: number;
  sizing: PackSizing;
  packs: Pack[];
  /** Answers that were known before. */
  hits: Record<string, CachedDecision>;
}

/**
 * Order documents by expected gain: where the cheap model is least certain, an answer is worth most.
 * Certainty is the margin between its first and second label; the id breaks ties, so the order is the same everywhere.
 */
export function byExpectedGain<T extends Pick<LlmDocument, 'id' | 'topLabels'>>(documents: readonly T[]): T[] {
  const margin = ({ topLabels: [first, second] }: T) => (first?.probability ?? 0) - (second?.probability ?? 0);
  return documents
    .map((document) => ({ document, margin: margin(document) }))
    .sort((a, b) => a.margin - b.margin || (a.document.id < b.document.id ? -1 : 1))
    .map(({ document }) => document);
}

/** Characters shown before others have a turn of the event loop. */
const TURN_CHARACTERS = 50_000;

/** Redact, clean, cut and key the documents; equal texts become one. The event loop turns as they are shown: cutting counts tokens. */
export async function showDocuments(
  documents: readonly LlmDocument[],
  question: Question,
  runtime: LlmRuntime,
  deps: LlmDeps,
): Promise<Map<string, Shown>> {
  const shown = new Map<string, Shown>();
  const redact = deps.redact ?? ((text: string) => text);
  let sinceTurn = 0;
  for (const document of byExpectedGain(documents)) {
    const show = (part: string) => presentable(redact(part));
    const { rest } = document;
    const whole =
      rest === undefined ? show(document.text) : { ...rest, head: show(document.text), tail: show(rest.tail) };
    const { text, tokens } = cutToTokens(whole, documentTokens(question, deps), runtime.count);
    const key = documentKey(text, question.version);
    const same = shown.get(key);
    if (same === undefined) shown.set(key, { key, text, tokens, ids: [document.id] });
    else same.ids.push(document.id);
    sinceTurn += document.text.length;
    if (sinceTurn < TURN_CHARACTERS) continue;
    sinceTurn = 0;
    await deps.clock.sleep(0);
  }
  return shown;
}

/** A text with half of the tokens for each step; what a model with a smaller context than expected gets. */
export function shrunkText({ text, tokens }: Shown, steps: number, runtime: LlmRuntime): string {
  return steps === 0 ? text : cutToTokens(text, Math.max(16, Math.floor(tokens / 2 ** steps)), runtime.count).text;
}

/** The stored plan of a batch, or a new one. `isNew` says that nothing was asked before. */
export async function loadOrMakePlan(
  request: { runId: string; batchId: string; taxonomy: Taxonomy },
  shown: ReadonlyMap<string, Shown>,
  question: Question,
  runtime: LlmRuntime,
  deps: LlmDeps,
): Promise<{ plan: BatchPlan; isNew: boolean }> {
  const path = `${runPaths.llm(request.runId, request.batchId)}/plan-${question.version}.json`;
  const read = async () => {
    const stored = await deps.store.readIfExists(path);
    return stored === undefined ? undefined : parseRecord<BatchPlan>(stored.bytes, path);
  };
  const known = await read();
  if (known !== undefined) return { plan: known, isNew: false };
  const plan = await makePlan(shown, question, runtime, deps);
  try {
    await deps.store.write(path, JSON.stringify(plan), { ifAbsent: true });
    return { plan, isNew: true };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'lake.conflict') throw error;
    const first = await read();
    if (first === undefined) throw error;
    return { plan: first, isNew: false };
  }
}

async function makePlan(
  shown: ReadonlyMap<string, Shown>,
  question: Question,
  runtime: LlmRuntime,
  deps: LlmDeps,
): Promise<BatchPlan> {
  const { settings, clock } = deps;
  const hits = await runtime.cache(question.version).lookup([...shown.keys()]);
  const asked = [...shown.values()].filter(({ key }) => !hits.has(key));
  const sizing: PackSizing = {
    promptVersion: question.version,
    outputTokensPerDocument: runtime.outputTokensPerDocument(),
    reasoningTokens: settings.reasoningTokens,
    maxOutputTokens: settings.maxOutputTokens,
  };
  const mostOutput = makePack(Array.from({ length: settings.packDocuments }, String), sizing).maxOutputTokens;
  const packs = planPacks(
    asked.map(({ tokens }) => tokens + DELIMITER_TOKENS),
    { maxDocuments: settings.packDocuments, maxTokens: packBudget(question, deps, mostOutput) },
  );
  return {
    createdAt: clock.now(),
    sizing,
    packs: packs.map((indices) =>
      makePack(
        indices.map((i) => asked[i]?.key ?? ''),
        sizing,
      ),
    ),
    hits: Object.fromEntries(hits),
  };
}

/** Share of a minute's quota that one request may take: larger ones make the flow lumpy. */
const LARGEST_SHARE = 0.05;
const HARD_SHARE = 0.8;

/** Tokens of documents in one pack: the setting, unless a small quota asks for smaller requests. */
function packBudget(question: Question, { settings, deployments }: LlmDeps, outputTokens: number): number {
  const quota = Math.min(...deployments.map((d) => d.tpm));
  const smooth = quota * LARGEST_SHARE - outputTokens;
  const least = question.overheadTokens + settings.documentTokens + DELIMITER_TOKENS;
  const prompt = Math.min(settings.packTokens, Math.max(smooth, least), quota * HARD_SHARE - outputTokens);
  return Math.max(1, prompt - question.overheadTokens);
}

/** Tokens shown of one document: the setting, unless the whole quota would not admit it. */
function documentTokens(question: Question, { settings, deployments }: LlmDeps): number {
  const quota = Math.min(...deployments.map((d) => d.tpm));
  const room = quota * HARD_SHARE - question.overheadTokens - settings.outputTokensPerDocument * settings.packDocuments;
  return Math.max(50, Math.min(settings.documentTokens, Math.floor(room)));
}
