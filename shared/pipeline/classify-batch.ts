// Step 4: the documents the model is unsure of → LLM. Waiting for quota is a normal outcome, not an error.
// Where money is scarce the questions of the whole run were asked in groups before; then this step only collects their answers.
import type { LlmAnswer } from '../llm/classify.ts';
import {
  askDocuments,
  askedCount,
  costOf,
  readStored,
  type StoredAnswers,
  unfundedAnswer,
  writeAnswers,
} from './ask-documents.ts';
import { readExtracted } from './extracted.ts';
import { groupId } from './group-questions.ts';
import { settleNearDuplicates } from './near-duplicates.ts';
import { groupOf, type Ranking, readQuestions, readRanking } from './rank-questions.ts';
import type { Plan } from './records.ts';
import { readScores } from './score-rows.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepInput, type StepResult } from './step.ts';
import { addCounts } from './tally.ts';

export function classifyBatch(services: PipelineServices, input: StepInput): Promise<StepResult> {
  return runStep(services, 'classify', input, async (plan) => {
    const ranking = await readRanking(services, input.runId);
    const asked =
      ranking === undefined || ranking.groups.length === 0
        ? await askBatch(services, plan, input)
        : await collect(services, input, ranking);
    if ('retryAt' in asked) return asked;
    const { answers, redacted, documents, costNanoUsd } = asked;
    await writeAnswers(services, input, { answers, redacted });
    const total: Record<string, number> = {};
    for (const counts of Object.values(redacted)) addCounts(total, counts);
    return {
      documents,
      asked: askedCount(answers),
      costNanoUsd,
      ...(services.config.REDACT ? { redacted: total } : {}),
    };
  });
}

type BatchAnswers = StoredAnswers & { documents: number; costNanoUsd: string };

async function askBatch(
  services: PipelineServices,
  plan: Plan,
  input: StepInput,
): Promise<BatchAnswers | { retryAt: number }> {
  const scores = new Map((await readScores(services, input)).map((score) => [score.document_id, score]));
  const rows = await readExtracted(services, input.runId, input.batchId, { withText: true });
  const uncertain = rows.filter(
    (row) => row.duplicate_of === null && scores.get(row.document_id)?.route === 'ask' && row.status === 'ok',
  );
  const inherited = await settleNearDuplicates(services, plan, input, uncertain);
  const questions = uncertain
    .filter((row) => !Object.hasOwn(inherited, row.document_id))
    .map(({ document_id: id, text }) => ({ id, text, topLabels: scores.get(id)?.top_labels_json ?? '[]' }));
  const answers = await askDocuments(services, plan, input, questions);
  if ('retryAt' in answers) return answers;
  return { ...answers, documents: rows.length, costNanoUsd: await costOf(services, input) };
}

/** The answers that the groups have brought; questions that the money did not reach wait for people. */
async function collect(services: PipelineServices, input: StepInput, ranking: Ranking): Promise<BatchAnswers> {
  const { documents, questions } = await readQuestions(services, input);
  const groups = new Map<number, Map<string, LlmAnswer>>();
  const redacted: Record<string, StoredAnswers['redacted'][string]> = {};
  const answers: LlmAnswer[] = [];
  for (const question of questions) {
    const index = groupOf(ranking, question);
    const known = groups.get(index);
    const stored = known ?? new Map<string, LlmAnswer>();
    if (known === undefined) {
      const found = await readStored(services, { runId: input.runId, batchId: groupId(index) });
      for (const answer of found?.answers ?? []) stored.set(answer.id, answer);
      for (const [id, counts] of Object.entries(found?.redacted ?? {}))
        if (questions.some((q) => q.id === id)) redacted[id] = counts;
      groups.set(index, stored);
    }
    answers.push(stored.get(question.id) ?? unfundedAnswer(question.id));
  }
  const costNanoUsd = answers.reduce((sum, { costUsd }) => sum + Math.round(costUsd * 1e9), 0);
  return { answers, redacted, documents, costNanoUsd: String(costNanoUsd) };
}
