// A run without a model: with an encoder the label descriptions decide, else every document is asked about.
// Invariants: C1 where an LLM may be asked, it is, and descriptions only name the likely labels, until people's decisions prove how often they are
// right (cold-threshold.ts). C2 without one, the descriptions decide what they are clear about; decided_by says so, and the rest waits for people.
import type { EncoderCounts } from '../api/runs.ts';
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { LabelReader } from '../models/encoder/label-reader.ts';
import { uncheckedAccept } from './cold-threshold.ts';
import { openEncoder, orFailure, type Staged, vectorsOf } from './encoder-stage.ts';
import type { ExtractedRow } from './extracted.ts';
import { keepingLabels } from './label-vectors.ts';
import type { Plan } from './records.ts';
import { route } from './route.ts';
import { type ScoreRow, topLabels } from './scores.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';
import { loadTaxonomy } from './taxonomies.ts';

const NAMED_PHRASES = 3;

/** Readers by taxonomy and encoder: a handful, and each a few hundred kilobytes. */
const MAX_READERS = 8;
const readers = new Map<string, Promise<LabelReader>>();

/** Scores of readable rows, one per row. */
export async function decideByDescriptions(
  services: PipelineServices,
  plan: Plan,
  input: StepInput,
  rows: readonly ExtractedRow[],
): Promise<Staged> {
  const { encoder: version = null } = plan;
  const unscored = rows.map((row) => unscoredRow(row, plan.llm));
  if (version === null) return { scores: unscored };
  const wanted = rows.filter((row) => row.duplicate_of === null);
  const texts = wanted.map((row) => row.text);
  const found = await vectorsOf(services, plan, texts, input);
  const none = { encoded: 0, cached: 0, decided: 0, foreign: 0 };
  if ('failure' in found) return { scores: unscored, encoder: { ...none, ...found } };
  const { has, code } = found;
  const chosen = wanted.filter((_, at) => has(at));
  const { runId, batchId } = input;
  const opened = await orFailure(services.logger, { runId, batchId, encoder: version }, async () => ({
    reader: await readerOf(services, plan, input, version),
  }));
  if ('failure' in opened) return { scores: unscored, encoder: { ...none, ...opened } };
  const { reader } = opened;
  const { probabilities, reasons } = reader.read(found.vectors);
  const width = reader.labels.length;
  const accept = plan.accept ?? plan.cold?.accept ?? uncheckedAccept(width);
  const isProven = plan.cold?.basis === 'guarantee';
  const counts: EncoderCounts = {
    ...{ ...none, encoded: found.encoded, cached: chosen.length - found.encoded },
    ...(code === undefined ? {} : { failure: code }),
  };
  const byId = new Map(
    chosen.map((row, i): [string, ScoreRow] => {
      const { best, confidence, json } = topLabels(probabilities.subarray(i * width, (i + 1) * width), reader.labels);
      const isDoubted = isDoubtful(parseWarnings(row.warnings_json));
      const way = plan.llm && !isProven ? 'ask' : route(confidence, { ...plan, accept }, isDoubted); // C1
      if (way === 'accept') counts.decided++;
      const evidence = reasons[i]!.slice(0, NAMED_PHRASES).map(({ phrase, similarity }) => ({
        term: phrase,
        weight: Math.round(similarity * 1e4) / 1e4,
        runner_up_weight: 0,
      }));
      const score: ScoreRow = {
        document_id: row.document_id,
        label: reader.labels[best] ?? null,
        confidence,
        route: way,
        top_labels_json: json,
        evidence_json: JSON.stringify(evidence),
        stage: 'encoder',
        is_foreign: null,
      };
      return [row.document_id, score];
    }),
  );
  return { scores: rows.map((row, i) => byId.get(row.document_id) ?? unscored[i]!), encoder: counts };
}

async function readerOf(
  services: PipelineServices,
  plan: Plan,
  input: StepInput,
  encoder: string,
): Promise<LabelReader> {
  const { taxonomyVersion } = plan;
  const key = `${encoder} ${taxonomyVersion}`;
  const known = readers.get(key);
  if (known !== undefined) return await known;
  const opening = (async () => {
    const { labels } = await loadTaxonomy(services.lake, taxonomyVersion);
    const opened = await openEncoder(services, plan, input);
    const isPaid = (await services.encoders?.isDeployment?.(encoder)) === true;
    return await LabelReader.open(isPaid ? keepingLabels(opened, taxonomyVersion) : opened.encoder, labels);
  })();
  readers.set(key, opening);
  opening.catch(() => readers.delete(key)); // the caller sees the error; the next one tries again
  const [oldest] = readers.keys();
  if (readers.size > MAX_READERS && oldest !== undefined) readers.delete(oldest);
  return await opening;
}

export const unscoredRow = (row: ExtractedRow, llm: boolean): ScoreRow => ({
  document_id: row.document_id,
  label: null,
  confidence: null,
  route: llm ? 'ask' : 'review',
  top_labels_json: '[]',
  evidence_json: '[]',
});
