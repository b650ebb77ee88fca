// A registered model against labelled texts.
import { TerminalError } from '../errors.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { type Evaluation, measure } from '../models/metrics.ts';

export type { Evaluation } from '../models/metrics.ts';

/** Texts featurized at a time: bounds memory on large test sets. */
const CHUNK_ROWS = 2000;

/**
 * Accuracy, per-label numbers, confusion, calibration and the coverage–precision curve. Labels unknown to the model count as wrong.
 * @throws {TerminalError} train.no-rows
 */
export function evaluate(model: LoadedModel, examples: Iterable<{ text: string; label: string }>): Evaluation {
  const place = new Map(model.labels.map((label, k) => [label, k]));
  const truth: number[] = [];
  const strangers: string[] = [];
  const parts: Float64Array[] = [];
  let texts: string[] = [];
  const flush = () => {
    parts.push(model.score(model.featurize(texts)));
    texts = [];
  };
  for (const { text, label } of examples) {
    const k = place.get(label) ?? -1;
    truth.push(k);
    if (k < 0) strangers.push(label);
    if (texts.push(text) === CHUNK_ROWS) flush();
  }
  if (texts.length > 0) flush();
  if (truth.length === 0) throw new TerminalError('train.no-rows', 'Evaluation needs at least one labelled row');
  const probabilities = new Float64Array(truth.length * model.labels.length);
  let at = 0;
  for (const part of parts) {
    probabilities.set(part, at);
    at += part.length;
  }
  return measure(probabilities, model.labels, truth, strangers);
}
