// Step 4: the documents the model is unsure of → LLM. Waiting for quota is a normal outcome, not an error.

import { PII_KINDS, type PiiKind, redact } from '../documents/redact.ts';
import { sha256Hex } from '../ids.ts';
import type { LlmAnswer } from '../llm/classify.ts';
import { runPaths } from '../paths.ts';
import { type ExtractedRow, readExtracted } from './extracted.ts';
import { batchLaneOf } from './lane.ts';
import { settleNearDuplicates } from './near-duplicates.ts';
import { readRanking } from './rank-questions.ts';
import { readJson, writeJson } from './records.ts';
import { readScores } from './score-batch.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepInput, type StepResult } from './step.ts';
import { addCounts } from './tally.ts';
import { loadTaxonomy } from './taxonomies.ts';

interface StoredAnswers {
  answers: readonly LlmAnswer[];
  /** What was replaced before the text was shown: document id → kind → count. Documents without any are left out. */
  redacted: Readonly<Record<string, Partial<Record<PiiKind, number>>>>;
}

const answersPath = ({ runId, batchId }: StepInput): string => `${runPaths.llm(runId, batchId)}/answers.json`;

export function classifyBatch(services: PipelineServices, input: StepInput): Promise<StepResult> {
  return runStep(services, 'classify', input, async (plan) => {
    const scores = new Map((await readScores(services, input)).map((score) => [score.document_id, score]));
    const rows = await readExtracted(services, input.runId, input.batchId, { withText: true });
    const uncertain = rows.filter(
      (row) => row.duplicate_of === null && scores.get(row.document_id)?.route === 'ask' && row.status === 'ok',
    );
    const inherited = await settleNearDuplicates(services, plan, input, uncertain);
    const ranking = await readRanking(services, input.runId);
    const isFunded = (row: ExtractedRow): boolean =>
      ranking === undefined ||
      ranking.cutoff === null ||
      (scores.get(row.document_id)?.confidence ?? 0) <= ranking.cutoff;
    const questions = uncertain.filter((row) => !Object.hasOwn(inherited, row.document_id));
    const asked = questions.filter(isFunded);
    const unfunded = questions.filter((row) => !isFunded(row)).map(({ document_id }) => unfundedAnswer(document_id));
    let answers: readonly LlmAnswer[] = [];
    const redacted: Record<string, Partial<Record<PiiKind, number>>> = {};
    if (asked.length > 0 && services.llm !== undefined) {
      const outcome = await services.llm.classify({
        runId: input.runId,
        batchId: input.batchId,
        taxonomy: await loadTaxonomy(services.lake, plan.taxonomyVersion),
        documents: await Promise.all(
          asked.map(async (row) => {
            const { text, counts } = await shownText(services, row.text);
            if (Object.keys(counts).length > 0) redacted[row.document_id] = counts;
            // The key of the answer is what the model is shown, so another redaction is another question.
            const topLabels = JSON.parse(scores.get(row.document_id)?.top_labels_json ?? '[]');
            return { id: row.document_id, contentSha256: sha256Hex(text), text, topLabels };
          }),
        ),
        maxCostUsd: plan.maxCostUsd ?? undefined,
        batchLane: await batchLaneOf(services, plan),
      });
      if (outcome.status === 'waiting') return { retryAt: outcome.retryAt };
      answers = outcome.answers;
    }
    answers = [...answers, ...unfunded];
    await writeJson(services.lake, answersPath(input), { answers, redacted } satisfies StoredAnswers);
    const ledger = (await services.llm?.ledger(input.runId, input.batchId)) ?? [];
    const costNanoUsd = ledger.reduce((sum, row) => sum + BigInt(row.cost_nano_usd ?? 0), 0n);
    const total: Record<string, number> = {};
    for (const counts of Object.values(redacted)) addCounts(total, counts);
    return {
      documents: rows.length,
      asked: asked.length,
      costNanoUsd: String(costNanoUsd),
      ...(services.config.REDACT ? { redacted: total } : {}),
    };
  });
}

/** A question that the run's budget does not reach: more certain documents wait for people when less certain ones were asked. */
const unfundedAnswer = (id: string): LlmAnswer => ({
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

/** Answers by document id; empty when the step had nothing to ask. */
export async function readAnswers(services: PipelineServices, input: StepInput): Promise<Map<string, LlmAnswer>> {
  const stored = await readJson<StoredAnswers>(services.lake, answersPath(input));
  return new Map((stored?.answers ?? []).map((answer) => [answer.id, answer]));
}
