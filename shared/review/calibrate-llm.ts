// How often LLM answers are right, from what people said: feedback beside the answers it was about → a curve per prompt version.
// Invariants: C1 an answer counts once, with the person's last word. C2 what was stated counts, not what an earlier curve made of it.
//             C3 the simulator's answers are not counted: they say nothing about a model.

import type { QueryLake } from '../lake/query.ts';
import type { CheckedAnswer } from '../llm/confidence.ts';
import { type StoredCurve, storeCurve } from '../llm/curves.ts';
import { readAnswers } from '../pipeline/ask-documents.ts';
import type { PipelineServices } from '../pipeline/services.ts';

const MOST_ROWS = 100_000;

// A person's row in results keeps prompt_version of the answer it replaces, so those are left out by decided_by.
const CHECKED = `
  SELECT DISTINCT r.run_id, r.batch_id, r.document_id, f.label
  FROM results r
  JOIN (SELECT document_id, arg_max(label, created_at) AS label FROM feedback GROUP BY document_id) f USING (document_id)
  WHERE r.prompt_version IS NOT NULL AND r.decided_by IS DISTINCT FROM 'human'
    AND r.llm_deployment IS DISTINCT FROM 'simulator'
  ORDER BY r.run_id, r.batch_id, r.document_id`;

export interface LlmCalibration {
  /** Answers that people have checked and whose files are still kept. */
  checked: number;
  /** Of prompt versions with enough of them. */
  curves: StoredCurve[];
}

/** Fit the curves anew. Later runs use them; decisions that were made stay as they are. */
export async function calibrateLlm({
  services,
  query,
}: {
  services: PipelineServices;
  query: QueryLake;
}): Promise<LlmCalibration> {
  const { rows } = await query(CHECKED, MOST_ROWS);
  const checked = new Map<string, Map<string, CheckedAnswer>>();
  let answers: Awaited<ReturnType<typeof readAnswers>> = new Map();
  let opened = '';
  for (const row of rows) {
    const [runId, batchId, documentId] = [String(row.run_id), String(row.batch_id), String(row.document_id)];
    if (opened !== `${runId}/${batchId}`) {
      answers = await readAnswers(services, { runId, batchId });
      opened = `${runId}/${batchId}`;
    }
    const answer = answers.get(documentId);
    if (answer === undefined || answer.label === null || typeof answer.stated !== 'number') continue;
    const ofVersion = checked.get(answer.promptVersion) ?? new Map<string, CheckedAnswer>();
    checked.set(answer.promptVersion, ofVersion);
    ofVersion.set(documentId, { confidence: answer.stated, isRight: answer.label === row.label }); // C1, C2
  }
  const curves: StoredCurve[] = [];
  for (const [version, ofVersion] of checked) {
    const stored = await storeCurve(services.lake, version, [...ofVersion.values()], services.clock.now());
    if (stored !== undefined) curves.push(stored);
  }
  return { checked: [...checked.values()].reduce((sum, ofVersion) => sum + ofVersion.size, 0), curves };
}
