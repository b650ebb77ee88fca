// Documents → what the LLM stage answered about them, and what was redacted before. Stored where the documents were asked: with a batch of
// the run, or with a group of its questions.
import type { Config } from '../config.ts';
import { PII_KINDS, type PiiKind, redactPart } from '../documents/redact.ts';
import { sha256Hex } from '../ids.ts';
import type { Row } from '../lake/tables.ts';
import { type LlmAnswer, readLedger } from '../llm/classify.ts';
import { type Ends, endsOf } from '../llm/prompt.ts';
import { runPaths } from '../paths.ts';
import { batchLaneOf } from './lane.ts';
import { type Plan, readJson, writeJson } from './records.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';
import { loadTaxonomy } from './taxonomies.ts';

export interface StoredAnswers {
  answers: readonly LlmAnswer[];
  /** What was replaced before the text was shown: document id → kind → count. Documents without any are left out. */
  redacted: Readonly<Record<string, Partial<Record<PiiKind, number>>>>;
}

export interface AskedDocument {
  id: string;
  text: string;
  /** Labels and probabilities of the model, as JSON. */
  topLabels: string;
}

const answersPath = ({ runId, batchId }: StepInput): string => `${runPaths.llm(runId, batchId)}/answers.json`;

export const writeAnswers = ({ lake }: PipelineServices, place: StepInput, answers: StoredAnswers): Promise<void> =>
  writeJson(lake, answersPath(place), answers);

/** What was stored with a batch or group; undefined when nothing was asked there. */
export const readStored = ({ lake }: PipelineServices, place: StepInput): Promise<StoredAnswers | undefined> =>
  readJson<StoredAnswers>(lake, answersPath(place));

/** Answers by document id; empty when the step had nothing to ask. */
export async function readAnswers(services: PipelineServices, place: StepInput): Promise<Map<string, LlmAnswer>> {
  return new Map(((await readStored(services, place))?.answers ?? []).map((answer) => [answer.id, answer]));
}

/** Ask about documents. @returns their answers, or when to come back */
export async function askDocuments(
  services: PipelineServices,
  plan: Plan,
  place: StepInput,
  documents: readonly AskedDocument[],
): Promise<StoredAnswers | { retryAt: number }> {
  if (documents.length === 0 || services.llm === undefined) return { answers: [], redacted: {} };
  const redacted: Record<string, Partial<Record<PiiKind, number>>> = {};
  const outcome = await services.llm.classify({
    ...place,
    taxonomy: await loadTaxonomy(services.lake, plan.taxonomyVersion),
    documents: await Promise.all(
      documents.map(async ({ id, text: whole, topLabels }) => {
        const { ends, counts } = await shownText(services.config, whole);
        if (Object.keys(counts).length > 0) redacted[id] = counts;
        // The key of the answer is what the model is shown, so another redaction is another question.
        const { head: text, ...rest } = ends;
        const contentSha256 = sha256Hex(text + rest.tail);
        const isCut = rest.omittedChars > 0;
        return { id, contentSha256, text, ...(isCut ? { rest } : {}), topLabels: JSON.parse(topLabels) };
      }),
    ),
    maxCostUsd: plan.maxCostUsd ?? undefined,
    batchLane: await batchLaneOf(services, plan),
  });
  return outcome.status === 'waiting' ? { retryAt: outcome.retryAt } : { answers: outcome.answers, redacted };
}

/** Ledger rows of a batch or group; what was paid before the LLM was switched off stays paid. */
export async function ledgerOf({ llm, lake }: PipelineServices, { runId, batchId }: StepInput): Promise<Row[]> {
  if (llm !== undefined) return llm.ledger(runId, batchId);
  return (await readLedger(lake, runId, batchId)).map((row): Row => ({ ...row }));
}

/** Nano-dollars that the ledger of a batch or group holds, as text. */
export async function costOf(services: PipelineServices, place: StepInput): Promise<string> {
  const ledger = await ledgerOf(services, place);
  return String(ledger.reduce((sum, row) => sum + BigInt(row.cost_nano_usd ?? 0), 0n));
}

/** Documents that were asked: those for which there was money. */
export const askedCount = (answers: readonly LlmAnswer[]): number =>
  answers.filter(({ code }) => code !== 'llm.budget-spent').length;

/** A question that the money does not reach. */
export const unfundedAnswer = (id: string): LlmAnswer => ({
  id,
  outcome: 'review',
  label: null,
  confidence: null,
  quote: null,
  quoteVerified: null,
  code: 'llm.budget-spent',
  message: null,
  deployment: null,
  promptVersion: '',
  tokensIn: 0,
  tokensOut: 0,
  costUsd: 0,
  cached: false,
});

/**
 * What of a text can be shown, without personal and payment identifiers unless the settings say otherwise; what was replaced in it, by kind.
 * Only what can be shown is looked at: a table of 8 MB costs no more than its two ends.
 */
export async function shownText(
  config: Pick<Config, 'REDACT' | 'REDACT_KINDS' | 'REDACT_REGION' | 'LLM_DOCUMENT_TOKENS'>,
  text: string,
): Promise<{ ends: Ends; counts: Partial<Record<PiiKind, number>> }> {
  const kinds = config.REDACT ? PII_KINDS.filter((kind) => config.REDACT_KINDS.split(',').includes(kind)) : [];
  const { ends, parts } = await endsOf(text.length, config.LLM_DOCUMENT_TOKENS, (from, to) =>
    redactPart(text, from, to, { kinds, region: config.REDACT_REGION }),
  );
  const counts: Partial<Record<PiiKind, number>> = {};
  for (const part of parts)
    for (const kind of kinds) if (part.counts[kind] > 0) counts[kind] = (counts[kind] ?? 0) + part.counts[kind];
  return { ends, counts };
}
