// Curves of confidence as they lie in the lake, one per prompt version: another model or prompt boasts differently.

import { llmCalibrationPath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import { type CalibrationCurve, type CheckedAnswer, fitConfidence } from './confidence.ts';

export interface StoredCurve {
  promptVersion: string;
  curve: CalibrationCurve;
  /** Answers it was fitted on. */
  checked: number;
  /** Share of them that was right, 0..1. */
  right: number;
  /** ISO 8601 UTC */
  fittedAt: string;
}

/** The curve of a prompt version; undefined while too few answers were checked. */
export async function readCurve(store: LakeStore, promptVersion: string): Promise<StoredCurve | undefined> {
  const path = llmCalibrationPath(promptVersion);
  const stored = await store.readIfExists(path);
  return stored === undefined ? undefined : parseRecord<StoredCurve>(stored.bytes, path);
}

/**
 * Fit and store the curve of a prompt version.
 * @returns undefined, and nothing is stored, for fewer than 30 answers
 */
export async function storeCurve(
  store: LakeStore,
  promptVersion: string,
  answers: readonly CheckedAnswer[],
  nowMs: number,
): Promise<StoredCurve | undefined> {
  const curve = fitConfidence(answers);
  if (curve.length === 0) return undefined;
  const stored: StoredCurve = {
    promptVersion,
    curve,
    checked: answers.length,
    right: answers.filter(({ isRight }) => isRight).length / answers.length,
    fittedAt: new Date(nowMs).toISOString(),
  };
  await store.write(llmCalibrationPath(promptVersion), JSON.stringify(stored));
  return stored;
}
