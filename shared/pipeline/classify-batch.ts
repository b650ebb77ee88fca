// Step 4: the documents the model is unsure of → LLM. Waiting for quota is a normal outcome, not an error.

import { redact } from '../documents/redact.ts';
import { sha256Hex } from '../ids.ts';
import type { LlmAnswer } from '../llm/classify.ts';
import { runPaths } from '../paths.ts';
import { readExtracted } from './extracted.ts';
import { batchLaneOf } from './lane.ts';
import { readJson, writeJson } from './records.ts';
import { readScores } from './score-batch.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepInput, type StepResult } from './step.ts';
import { loadTaxonomy } from './taxonomies.ts';

interface StoredAnswers {
  answers: readonly LlmAnswer[];
}

const answersPath = ({ runId, batchId }: StepInput): string => `${runPaths.llm(runId, batchId)}/answers.json`;

export function classifyBatch(services: PipelineServices, input: StepInput): Promise<StepResult> {
  return runStep(services, 'classify', input, async (plan) => {
    const scores = new Map((await readScores(services, input)).map((score) => [score.document_id, score]));
    const rows = await readExtracted(services, input.runId, input.batchId, { withText: true });
    const asked = rows.filter(
      (row) => row.duplicate_of === null && scores.get(row.document_id)?.route === 'ask' && row.status === 'ok',
    );
    let answers: readonly LlmAnswer[] = [];
    if (asked.length > 0 && services.llm !== undefined) {
      const outcome = await services.llm.classify({
        runId: input.runId,
        batchId: input.batchId,
        taxonomy: await loadTaxonomy(services.lake, plan.taxonomyVersion),
        documents: await Promise.all(
          asked.map(async (row) => {
            const text = await shownText(services, row.text);
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
    await writeJson(services.lake, answersPath(input), { answers } satisfies StoredAnswers);
    const ledger = (await services.llm?.ledger(input.runId, input.batchId)) ?? [];
    const costNanoUsd = ledger.reduce((sum, row) => sum + BigInt(row.cost_nano_usd ?? 0), 0n);
    return { documents: rows.length, asked: asked.length, costNanoUsd: String(costNanoUsd) };
  });
}

/** The text without personal and payment identifiers, unless the settings say otherwise. */
async function shownText({ config }: PipelineServices, text: string): Promise<string> {
  if (!config.REDACT) return text;
  return (await redact(text, { region: config.REDACT_REGION })).text;
}

/** Answers by document id; empty when the step had nothing to ask. */
export async function readAnswers(services: PipelineServices, input: StepInput): Promise<Map<string, LlmAnswer>> {
  const stored = await readJson<StoredAnswers>(services.lake, answersPath(input));
  return new Map((stored?.answers ?? []).map((answer) => [answer.id, answer]));
}
