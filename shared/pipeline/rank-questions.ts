// Which questions a limited budget pays for: over the whole run, the least certain documents first.
// Written once, between scoring and asking; a run without a budget has no such file and asks everything. The budget itself stays the hard limit:
// this only decides the order.
import { batchId } from '../ids.ts';
import { runPaths } from '../paths.ts';
import { readable, readExtracted } from './extracted.ts';
import { createJson, type Plan, readJson, readPlan } from './records.ts';
import { readScores } from './score-batch.ts';
import type { PipelineServices } from './services.ts';
import { loadTaxonomy } from './taxonomies.ts';

export interface RankedQuestions {
  /** Documents above this confidence are not asked; null: the budget pays for all. */
  cutoff: number | null;
  questions: number;
  funded: number;
}

/** Does the run ask only what its budget pays for? */
export const isBudgeted = (plan: Plan): boolean => plan.llm && plan.maxCostUsd !== null;

// Texts looked at to learn what a question costs.
const PRICED_TEXTS = 200;

/** Rank the run's questions, once. */
export async function rankQuestions(services: PipelineServices, runId: string): Promise<RankedQuestions> {
  const known = await readRanking(services, runId);
  if (known !== undefined) return known;
  const plan = await readPlan(services.lake, runId);
  const confidences: number[] = [];
  const texts: string[] = [];
  for (let index = 0; index < plan.batches; index++) {
    const input = { runId, batchId: batchId(index) };
    const asked = new Map(
      (await readScores(services, input)).flatMap((s) =>
        s.route === 'ask' ? [[s.document_id, s.confidence ?? 0]] : [],
      ),
    );
    const withText = texts.length < PRICED_TEXTS;
    for (const row of readable(await readExtracted(services, runId, input.batchId, { withText }))) {
      const confidence = row.duplicate_of === null ? asked.get(row.document_id) : undefined;
      if (confidence === undefined) continue;
      confidences.push(confidence);
      if (withText && texts.length < PRICED_TEXTS) texts.push(row.text);
    }
  }
  const ranking = rank(confidences, plan.maxCostUsd ?? Number.POSITIVE_INFINITY, await priceOf(services, plan, texts));
  await createJson(services.lake, runPaths.questions(runId), ranking);
  services.logger.info('questions.ranked', { runId, questions: ranking.questions, funded: ranking.funded });
  return (await readRanking(services, runId)) ?? ranking; // another attempt may have been first
}

/** The ranking of a run; undefined when it asks everything. */
export const readRanking = (services: PipelineServices, runId: string): Promise<RankedQuestions | undefined> =>
  readJson<RankedQuestions>(services.lake, runPaths.questions(runId));

/** The least certain questions that the money pays for. @param usdPerQuestion  0: nothing is known to cost anything */
export function rank(confidences: readonly number[], maxCostUsd: number, usdPerQuestion: number): RankedQuestions {
  const questions = confidences.length;
  const funded = usdPerQuestion > 0 ? Math.min(questions, Math.floor(maxCostUsd / usdPerQuestion)) : questions;
  if (funded === questions) return { cutoff: null, questions, funded };
  const sorted = [...confidences].sort((a, b) => a - b);
  return { cutoff: funded === 0 ? -1 : (sorted[funded - 1] ?? -1), questions, funded };
}

/** Mean cost of a question of this run, USD, by the same estimate as a quote. */
async function priceOf(services: PipelineServices, plan: Plan, texts: readonly string[]): Promise<number> {
  if (services.llm === undefined || texts.length === 0) return 0;
  const quote = await services.llm.quote({
    taxonomy: await loadTaxonomy(services.lake, plan.taxonomyVersion),
    documents: texts.length,
    sample: texts.map((text) => ({ text, isAsked: true })),
  });
  return quote.usd / texts.length;
}
