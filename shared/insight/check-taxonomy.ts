// What is weak in a set of labels before any document is decided by it: descriptions that say little, labels that read alike.
// Invariants: K1 remarks are advice: every taxonomy that can be stored can be used. K2 without an encoder, with one that fails, and with too few
// labels to have a middle that they can be measured from, words alone are compared, and the answer says so.
import { randomUUID } from 'node:crypto';
import { isStopWord } from '../features/stop-words.ts';
import type { Row } from '../lake/tables.ts';
import { keepEmbeddingLedger } from '../llm/embeddings/embedding-ledger.ts';
import { LabelReader } from '../models/encoder/label-reader.ts';
import { labelPhrases } from '../models/encoder/label-texts.ts';
import { isEncoderFailure } from '../pipeline/encoder-stage.ts';
import { keepingLabels } from '../pipeline/label-vectors.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { type Label, parseTaxonomy } from '../taxonomy.ts';

/** A description with fewer words beyond its name says too little for an LLM or an encoder. */
const MIN_WORDS = 3;
/**
 * How alike two labels are, seen from the middle of all. With all-MiniLM-L6-v2: two that mean the same (bills beside invoices) 0.50 to 0.75, the
 * demo's eight at most 0.33, baseball beside hockey 0.70, the nearest two names of banking77 0.86.
 */
const ALIKE_COSINE = 0.48;
const SAME_COSINE = 0.75;
const MIN_LABELS_WITH_MIDDLE = 4;
/** Share of their words that two labels have in common. */
const ALIKE_WORDS = 0.5;
const SAME_WORDS = 0.8;
/** The worst are shown; 200 labels have 19,900 pairs. */
const MAX_REMARKS = 50;

export type TaxonomyRemark =
  /** The description says little that the name does not. */
  | { kind: 'thin'; label: string; words: number }
  /** Two labels read alike; `same`: nothing tells them apart. */
  | { kind: 'alike' | 'same'; labels: [string, string]; similarity: number; by: 'words' | 'encoder' };

export interface TaxonomyCheck {
  version: string;
  labels: number;
  /** The worst first; labels that say little come after those that nothing tells apart. */
  remarks: TaxonomyRemark[];
  /** Version that compared the meanings; null: words were compared. */
  encoder: string | null;
  /** Code of what kept the encoder from it. */
  encoderFailure: string | null;
}

/** Who pays where the encoder in use is a deployment. */
export type CheckPayer = Pick<PipelineServices, 'config' | 'lake' | 'tables'>;

/**
 * Check a taxonomy document with the encoder in use, if there is one.
 * @param payer  its limit of money for one run holds, the calls are booked, and vectors of labels are kept; absent: a deployment is not asked
 * @throws {TerminalError} request.invalid naming every wrong field
 */
export async function checkTaxonomy(
  { encoders, logger }: Pick<PipelineServices, 'encoders' | 'logger'>,
  document: unknown,
  payer?: CheckPayer,
): Promise<TaxonomyCheck> {
  const { version, labels } = parseTaxonomy(document);
  const done = (encoder: string | null, encoderFailure: string | null, cosines?: Float64Array): TaxonomyCheck => ({
    version,
    labels: labels.length,
    remarks: remarksOn(labels, cosines),
    encoder,
    encoderFailure,
  });
  if (encoders === undefined || labels.length < MIN_LABELS_WITH_MIDDLE) return done(null, null); // K2
  let inUse: string | undefined;
  try {
    inUse = await encoders.current();
    if (inUse === undefined) return done(null, null);
    const isPaid = (await encoders.isDeployment?.(inUse)) === true;
    if (!isPaid || payer === undefined) {
      const { encoder } = await encoders.open(inUse);
      return done(inUse, null, (await LabelReader.open(encoder, labels)).resemblance());
    }
    const { LLM_ENABLED, LLM_MAX_COST_USD_PER_RUN } = payer.config;
    const place = { runId: `check-${randomUUID()}`, batchId: 'labels' };
    const opened = await encoders.open(inUse, { ...place, maxUsd: LLM_MAX_COST_USD_PER_RUN, mayAsk: LLM_ENABLED });
    try {
      const reader = await LabelReader.open(keepingLabels(opened, version), labels);
      return done(inUse, null, reader.resemblance());
    } finally {
      const rows = (await keepEmbeddingLedger(payer.lake, place)).map((row): Row => ({ ...row }));
      if (rows.length > 0) await payer.tables.append('llm_calls', { runId: place.runId, attempt: 0 }, rows);
    }
  } catch (error) {
    if (!isEncoderFailure(error)) throw error;
    logger.warn('encoder.failed', { code: error.code, encoder: inUse ?? null });
    return done(null, error.code); // K2
  }
}

/** @param cosines  [labels, labels], of an encoder; default: words are compared */
export function remarksOn(labels: readonly Label[], cosines?: Float64Array): TaxonomyRemark[] {
  const thin = labels.flatMap((label): TaxonomyRemark[] => {
    const named = new Set(wordsOf([label.name, ...(label.aliases ?? [])]));
    const words = wordsOf(labelPhrases(label)).filter((word) => !named.has(word)).length;
    return words < MIN_WORDS ? [{ kind: 'thin', label: label.name, words }] : [];
  });
  const pairs = cosines === undefined ? pairsByWords(labels) : pairsByMeaning(labels, cosines);
  const near = pairs.sort((a, b) => b.similarity - a.similarity);
  const ofKind = (wanted: 'same' | 'alike') => near.filter(({ kind }) => kind === wanted);
  return [...ofKind('same'), ...thin, ...ofKind('alike')].slice(0, MAX_REMARKS);
}

type Pair = Extract<TaxonomyRemark, { by: string }>;

function pairsByMeaning(labels: readonly Label[], cosines: Float64Array): Pair[] {
  return pairsOf(labels, (a, b) => cosines[a * labels.length + b]!, 'encoder', ALIKE_COSINE, SAME_COSINE);
}

function pairsByWords(labels: readonly Label[]): Pair[] {
  const words = labels.map((label) => new Set(wordsOf(labelPhrases(label))));
  const shared = (a: number, b: number): number => {
    const [one, other] = [words[a]!, words[b]!];
    const both = [...one].filter((word) => other.has(word)).length;
    return both === 0 ? 0 : both / (one.size + other.size - both);
  };
  return pairsOf(labels, shared, 'words', ALIKE_WORDS, SAME_WORDS);
}

function pairsOf(
  labels: readonly Label[],
  similarityOf: (a: number, b: number) => number,
  by: Pair['by'],
  alike: number,
  same: number,
): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < labels.length; a++)
    for (let b = a + 1; b < labels.length; b++) {
      const similarity = Math.round(similarityOf(a, b) * 1000) / 1000;
      if (similarity < alike) continue;
      const kind = similarity < same ? 'alike' : 'same';
      pairs.push({ kind, labels: [labels[a]!.name, labels[b]!.name], similarity, by });
    }
  return pairs;
}

/** Different words that say something, lower case; scripts without spaces are cut as their language does. */
function wordsOf(texts: readonly string[]): string[] {
  const segments = [...new Intl.Segmenter('en', { granularity: 'word' }).segment(texts.join('\n').normalize('NFKC'))];
  const words = segments.filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment.toLowerCase());
  return [...new Set(words)].filter((word) => !isStopWord(word));
}
