// What a run will cost before anything is paid: a random sample is read, featurized and scored as the run would do it; the LLM is not asked.
import { isDoubtful } from '../documents/doubt.ts';
import { TerminalError } from '../errors.ts';
import { type Csr, selectRows } from '../features/sparse.ts';
import type { Quote } from '../llm/money/quote.ts';
import type { LoadedModel } from '../models/registry.ts';
import { argmax } from '../models/scorer.ts';
import { type LaneRequest, laneOf, requireLane } from '../pipeline/lane.ts';
import { chooseModel } from '../pipeline/plan.ts';
import { acceptFor, route } from '../pipeline/route.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import type { Random } from '../ports.ts';
import { MAX_ASKED_LABELS, type Taxonomy } from '../taxonomy.ts';

/** A file that may be sampled. */
export interface QuotableFile {
  name: string;
  /** Undefined for a file that cannot be read: it counts as one document that nobody is asked about. */
  read(): Promise<Uint8Array | undefined>;
}

export interface RunQuote extends Quote {
  files: number;
  sampledFiles: number;
  /** Names of the deployments that would be asked; null without an LLM: then nothing is asked and nothing paid. */
  llm: string | null;
  /** Vectors of a deployment that is the encoder, where it is one: what the words leave open, all paid anew; null: none is asked. A quote sends nothing,
   *  so what those vectors would decide counts as asked in the figures above. */
  vectors: { encoder: string; documents: number; tokens: number; usd: number } | null;
}

/**
 * Quote a run over files.
 * @param sampleSize  files read at most; the range of the quote narrows with its square root
 * @param lane        mode and deadline that the run will be started with
 * @throws {TerminalError} request.invalid for mode batch where no deployment takes jobs
 */
export async function quoteRun(
  services: PipelineServices,
  random: Random,
  files: readonly QuotableFile[],
  taxonomy: Taxonomy,
  sampleSize: number,
  lane: LaneRequest = {},
): Promise<RunQuote> {
  requireLane(services, lane);
  const chosen = sample(files, sampleSize, random);
  const texts: string[] = [];
  const doubted: boolean[] = [];
  let documents = 0;
  for (const file of chosen) {
    const bytes = await file.read();
    const read = bytes === undefined ? [] : await services.reader.extract({ name: file.name, bytes });
    documents += bytes === undefined ? 1 : read.length;
    for (const { status, text, warnings } of read)
      if (status === 'ok') {
        texts.push(text);
        doubted.push(isDoubtful(warnings));
      }
  }
  const total = chosen.length === 0 ? 0 : Math.round((documents * files.length) / chosen.length);
  const counts = { files: files.length, sampledFiles: chosen.length };
  const llm = taxonomy.labels.length > MAX_ASKED_LABELS ? undefined : services.llm;
  if (llm === undefined && services.encoders?.quote === undefined)
    return { ...NOTHING_ASKED, documents: total, ...counts, llm: null, vectors: null };
  const { asked, encoded, encoder } = await wouldAsk(services, taxonomy, texts, doubted);
  const vectors = await quoteVectors(services, encoder, encoded, documents === 0 ? 0 : total / documents);
  if (llm === undefined) return { ...NOTHING_ASKED, documents: total, ...counts, llm: null, vectors };
  // Archives and mails hold several documents; unreadable ones are never asked about.
  const unreadable = Array.from({ length: documents - texts.length }, () => ({ text: '', isAsked: false }));
  const quote = await llm.quote({
    taxonomy,
    documents: total,
    isBatch: laneOf(services, lane, { sources: files.length, nowMs: services.clock.now() }) === 'batch',
    sample: [...texts.map((text, i) => ({ text, isAsked: asked[i] ?? true })), ...unreadable],
  });
  return { ...quote, ...counts, vectors, llm: (llm.deployments ?? []).map(({ name }) => name).join(', ') };
}

const NOTHING_ASKED = {
  asked: 0,
  calls: 0,
  tokensIn: 0,
  tokensOut: 0,
  usd: 0,
  usdLow: 0,
  usdHigh: 0,
  minutes: 0,
  lane: 'live',
} as const;

/** @param scale  documents of the run for each one of the sample */
async function quoteVectors(
  { encoders, logger }: PipelineServices,
  given: string | null,
  texts: readonly string[],
  scale: number,
): Promise<RunQuote['vectors']> {
  try {
    const encoder = given ?? (await encoders?.current());
    const quoted = encoder === undefined ? undefined : await encoders?.quote?.(encoder, texts);
    if (encoder === undefined || quoted === undefined) return null;
    const documents = Math.round(texts.length * scale);
    return { encoder, documents, tokens: Math.round(quoted.tokens * scale), usd: quoted.usd * scale };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    logger.warn('encoder.failed', { code: error.code, encoder: given }); // as in a run: it goes on without
    return null;
  }
}

interface WouldAsk {
  asked: boolean[];
  /** The encoder that would be asked, null for the one in use, and about what. */
  encoder: string | null;
  encoded: readonly string[];
}

/** Would the run ask the LLM about these texts? All of them, where no model speaks the taxonomy's labels. */
async function wouldAsk(
  services: PipelineServices,
  taxonomy: Taxonomy,
  texts: readonly string[],
  doubted: readonly boolean[],
): Promise<WouldAsk> {
  const version = await chooseModel(services, taxonomy, services.config.MODEL_VERSION);
  if (version === null) return { asked: texts.map(() => true), encoder: null, encoded: texts };
  const model = await services.models.load(version);
  const x = model.featurize(texts);
  const probabilities = model.score(x);
  const width = model.labels.length;
  const { ACCEPT_THRESHOLD, REVIEW_THRESHOLD: review } = services.config;
  const wouldAskAbout = (p: Float64Array, accept: (label: number) => number, isDoubted: boolean): boolean => {
    const best = argmax(p);
    const limits = { accept: ACCEPT_THRESHOLD ?? accept(best), review, llm: true };
    return route(p[best] ?? 0, limits, isDoubted) === 'ask';
  };
  const row = (all: Float64Array, i: number) => all.subarray(i * width, (i + 1) * width);
  const foreign = texts.map((text, i) => model.isForeign?.(text, x, i) === true);
  const words = texts.map((_, i) =>
    wouldAskAbout(
      row(probabilities, i),
      (label) => acceptFor(model, label),
      doubted[i] === true || foreign[i] === true,
    ),
  );
  const encoder = await openStage(services, model);
  if (encoder === undefined) return { asked: words, encoder: null, encoded: [] };
  const { stage } = encoder;
  const unsure = texts.flatMap((_, i) => {
    const skips = !wouldAskAbout(row(probabilities, i), () => stage.description.skip, foreign[i] === true);
    return skips || doubted[i] === true ? [] : [i];
  });
  const encoded = unsure.map((i) => texts[i] ?? '');
  const work = { encoder: stage.description.encoder, encoded };
  const vectors = await encoder.encode(encoded);
  if (vectors === undefined) return { asked: words, ...work };
  const { probabilities: mixed, neighbours } = stage.score(encoder.scoreRaw(selectRows(x, unsure)), vectors);
  const asked = texts.map((_, i) => doubted[i] === true && (words[i] ?? true));
  unsure.forEach((i, at) => {
    const isForeign = stage.isForeign(neighbours[at] ?? []);
    asked[i] = wouldAskAbout(row(mixed, at), () => stage.description.accept.threshold, isForeign);
  });
  return { asked, ...work };
}

/** The model's second stage and its encoder; undefined where there is none. A stage that fails asks as the words alone would. */
async function openStage({ encoders, logger }: PipelineServices, model: LoadedModel) {
  const { stage } = model;
  if (encoders === undefined || stage === undefined || stage === null || model.scoreRaw === undefined) return undefined;
  return {
    stage,
    scoreRaw: (x: Csr) => model.scoreRaw?.(x) ?? model.score(x),
    async encode(texts: readonly string[]): Promise<Float32Array | undefined> {
      try {
        if ((await encoders.isDeployment?.(stage.description.encoder)) === true) return undefined; // a quote sends nothing
        return await (await encoders.open(stage.description.encoder)).encoder.encode(texts, 'document');
      } catch (error) {
        if (!(error instanceof TerminalError)) throw error;
        logger.warn('encoder.failed', { code: error.code, encoder: stage.description.encoder });
        return undefined;
      }
    },
  };
}

/** A random subset without repetition (partial Fisher–Yates). */
function sample<T>(items: readonly T[], size: number, random: Random): T[] {
  const pool = [...items];
  const count = Math.min(size, pool.length);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random.next() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j] as T, pool[i] as T]; // both indexes are below the length
  }
  return pool.slice(0, count);
}
