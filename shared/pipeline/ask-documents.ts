// Documents → what the LLM stage answered about them, and what was redacted before. Stored where the documents were asked: with a batch of
// the run, or with a group of its questions.
import { PII_KINDS, type PiiKind, redact } from '../documents/redact.ts';
import { sha256Hex } from '../ids.ts';
import type { Row } from '../lake/tables.ts';
import { type LlmAnswer, readLedger } from '../llm/classify.ts';
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
        const { text, counts } = await shownText(services, whole);
        if (Object.keys(counts).length > 0) redacted[id] = counts;
        // The key of the answer is what the model is shown, so another redaction is another question.
        return { id, contentSha256: sha256Hex(text), text, topLabels: JSON.parse(topLabels) };
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

/** The text without personal and payment identifiers, unless the settings say otherwise; what was replaced, by kind. */
async function shownText(
  { config }: PipelineServices,
  text: string,
): Promise<{ text: string; counts: Partial<Record<PiiKind, number>> }> {
  if (!config.REDACT) return { text, counts: {} };
  const kinds = PII_KINDS.filter((kind) => config.REDACT_KINDS.split(',').includes(kind));
  const shown = await redact(text, { kinds, region: config.REDACT_REGION });
  return {
    text: shown.text,
    counts: Object.fromEntries(Object.entries(shown.counts).filter(([, count]) => count > 0)),
  };
}
