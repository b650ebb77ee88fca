// The second local stage in a run: what the words are unsure of is encoded, and decided again with what the vectors say.
// Invariants: E1 only documents that the words do not decide are encoded, copies once. E2 a stage that fails is told with its code, and the run goes on
// as if there were none: with the words' own threshold. E3 a document unlike everything labelled is never decided here, however sure the
// model is; one whose words alone are new is encoded, and its vector tells. E4 what was encoded is kept: a step that runs again encodes nothing twice.

import type { EncoderCounts } from '../api/runs.ts';
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { type ErrorCode, TerminalError } from '../errors.ts';
import { type Csr, selectRows } from '../features/sparse.ts';
import { encodeCached } from '../models/encoder/encode-cached.ts';
import type { LoadedModel } from '../models/registry.ts';
import { isCorruptRecord } from '../record-json.ts';
import type { ExtractedRow } from './extracted.ts';
import type { Plan } from './records.ts';
import { route } from './route.ts';
import { type ScoreRow, topLabels } from './scores.ts';
import type { Encoders, PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';

/** Labelled documents named as reasons. */
const NAMED_NEIGHBOURS = 2;

export interface Staged {
  scores: ScoreRow[];
  encoder?: EncoderCounts;
}

/**
 * Decide again what the words have not decided.
 * @param x       features of the rows
 * @param scores  as the words alone route, one per row
 */
export async function askEncoder(
  services: PipelineServices,
  plan: Plan,
  input: StepInput,
  { rows, x, scores, model }: { rows: readonly ExtractedRow[]; x: Csr; scores: ScoreRow[]; model: LoadedModel },
): Promise<Staged> {
  const { stage, scoreRaw } = model;
  if (plan.encoder === null || plan.encoder === undefined || stage === null || stage === undefined) return { scores };
  if (scoreRaw === undefined) return { scores };
  const skip = plan.accept ?? stage.description.skip;
  const isEncoded = (row: ExtractedRow, score: ScoreRow) =>
    row.duplicate_of === null &&
    (!((score.confidence ?? 0) >= skip) || score.is_foreign === true) &&
    !isDoubtful(parseWarnings(row.warnings_json));
  const wanted = rows.flatMap((row, i) => (isEncoded(row, scores[i]!) ? [i] : []));
  if (wanted.length === 0) return { scores, encoder: { encoded: 0, cached: 0, decided: 0, foreign: 0 } };
  const found = await vectorsOf(
    services,
    plan,
    wanted.map((i) => rows[i]!.text),
    input,
  );
  if ('failure' in found) return { scores, encoder: { encoded: 0, cached: 0, decided: 0, foreign: 0, ...found } };
  // Those without a vector go the way of an absent encoder: by the words' own threshold.
  const { has } = found;
  const without = new Set(wanted.filter((_, at) => !has(at)));
  const chosen = wanted.filter((i) => !without.has(i));
  const part = selectRows(x, chosen);
  const { probabilities, neighbours } = stage.score(model.scoreRaw!(part), found.vectors); // checked above
  const accept = plan.accept ?? stage.description.accept.threshold;
  const width = model.labels.length;
  // The words alone now decide only what they skip: the promise is one over both stages.
  const staged = scores.map((score, i): ScoreRow => {
    if (without.has(i)) return score;
    const isDoubted = score.is_foreign === true || isDoubtful(parseWarnings(rows[i]!.warnings_json));
    return { ...score, route: route(score.confidence ?? 0, { ...plan, accept: skip }, isDoubted) };
  });
  const counts: EncoderCounts = {
    ...{ encoded: found.encoded, cached: chosen.length - found.encoded, decided: 0, foreign: 0 },
    ...(found.code === undefined ? {} : { failure: found.code }),
  };
  chosen.forEach((i, at) => {
    const row = rows[i]!;
    const p = probabilities.subarray(at * width, (at + 1) * width);
    const { best, second, confidence, json } = topLabels(p, model.labels);
    const isForeign = stage.isForeign(neighbours[at]!); // one list per row
    const way = route(confidence, { ...plan, accept }, isForeign);
    if (way === 'accept') counts.decided++;
    if (isForeign) counts.foreign++;
    const terms = model.explain(row.text, part, at, best, second, services.config.EVIDENCE_TERMS);
    const like = neighbours[at]!.slice(0, NAMED_NEIGHBOURS).map(({ label, similarity }) => ({
      term: `like ${model.labels[label] ?? ''}`,
      weight: Math.round(similarity * 1e4) / 1e4,
      runner_up_weight: 0,
      like: true as const,
    }));
    staged[i] = {
      document_id: row.document_id,
      label: model.labels[best] ?? null,
      confidence,
      route: way,
      top_labels_json: json,
      evidence_json: JSON.stringify([...terms, ...like]),
      stage: 'encoder',
      is_foreign: isForeign,
    };
  });
  return { scores: staged, encoder: counts };
}

interface Found {
  /** [texts that have one, dimensions], in the order of the texts */
  vectors: Float32Array;
  /** The text at this place has a vector. */
  has(at: number): boolean;
  encoded: number;
  dimensions: number;
  /** Why some have none. */
  code?: ErrorCode;
}

/** E2, E4. @throws {RetryableError} where trying again may help */
export async function vectorsOf(
  services: Pick<PipelineServices, 'encoders' | 'logger'>,
  plan: Plan,
  texts: readonly string[],
  input: StepInput,
): Promise<Found | { failure: string }> {
  const { logger } = services;
  const { runId, batchId } = input;
  const ids = { runId, batchId, encoder: plan.encoder ?? '' };
  return await orFailure(logger, ids, async () => {
    const { encoder, vectors } = await openEncoder(services, plan, input);
    const { dimensions } = encoder;
    const found = await encodeCached(encoder, vectors, texts, { owner: runId, part: batchId });
    const { missing } = found;
    if (missing === undefined) return { ...found, has: () => true, dimensions };
    logger.warn('encoder.failed', { ...ids, code: missing.code });
    const kept = new Float32Array((texts.length - missing.at.size) * dimensions);
    let row = 0;
    for (let at = 0; at < texts.length; at++)
      if (!missing.at.has(at))
        kept.set(found.vectors.subarray(at * dimensions, (at + 1) * dimensions), row++ * dimensions);
    return { ...found, vectors: kept, has: (at) => !missing.at.has(at), dimensions, code: missing.code };
  });
}

/** The encoder of a run, at work for one of its batches. @throws as Encoders.open */
export async function openEncoder(
  { encoders }: Pick<PipelineServices, 'encoders'>,
  { encoder, maxCostUsd, llmUse }: Pick<Plan, 'encoder' | 'maxCostUsd' | 'llmUse'>,
  { runId, batchId }: StepInput,
): ReturnType<Encoders['open']> {
  if (encoders === undefined || typeof encoder !== 'string')
    throw new TerminalError('encoder.not-found', 'This host has no encoders');
  return await encoders.open(encoder, { runId, batchId, maxUsd: maxCostUsd ?? undefined, mayAsk: llmUse !== 'off' });
}

/** E2: what an encoder does, or the code it fails with for good, told. @param ids  for the log */
export async function orFailure<T extends object>(
  logger: PipelineServices['logger'],
  ids: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T | { failure: string }> {
  try {
    return await work();
  } catch (error) {
    if (!isEncoderFailure(error)) throw error;
    logger.warn('encoder.failed', { ...ids, code: error.code });
    return { failure: error.code };
  }
}

/** Only the encoder suffers from it: what runs without one goes on. */
export const isEncoderFailure = (error: unknown): error is TerminalError =>
  error instanceof TerminalError && (/^(encoder|model)\./.test(error.code) || isCorruptRecord(error));
