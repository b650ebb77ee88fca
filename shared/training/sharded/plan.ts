// First step of a sharded training: data sets → shards of rows, labels and a fingerprint.
// Invariants: P1 plan.json is written last; when it exists all shards do. P2 the same files give the same shards.
import { createHash } from 'node:crypto';
import { TerminalError } from '../../errors.ts';
import { fitLabels } from '../../features/string-indexer.ts';
import { checkGoal } from '../../models/threshold.ts';
import type { Clock, LakeStore } from '../../ports.ts';
import type { DatasetColumns } from '../dataset.ts';
import { completeTrainOptions, type TrainOptions } from '../options.ts';
import { DECISIONS, type LabelSource, readSource, type SourceStores } from '../sources.ts';
import { readJson, type TrainingPlan, trainingPaths } from './files.ts';

export interface PlanTrainingRequest {
  /** Letters, digits and dashes; the same id continues the same training. */
  trainingId: string;
  /** Data set files, `delta:<folder>`, or `decisions`: see sources.ts. */
  sources: string[];
  columns: DatasetColumns & { label: string };
  taxonomyVersion?: string | null;
  /** Labels that may occur; default: any. */
  labels?: string[];
  options?: Partial<TrainOptions>;
  /** Default 20,000 */
  shardRows?: number;
  /** Characters × labels up to which one step trains the rows of one shard. Default 2e9: minutes, where a step may take half an hour */
  wholeWork?: number;
}

/** Row of a shard file. */
export interface ShardRow {
  text: string;
  label: string;
  /** Absent: 1. */
  weight?: number;
}

const SHARD_ROWS = 20_000;
const SHARD_CHARS = 32 * 1024 * 1024;
const WHOLE_WORK = 2e9;
const MAX_PROBLEMS = 20;

/**
 * @throws {TerminalError} request.invalid, train.no-rows, train.one-class, train.unknown-label
 */
export async function planShards(
  stores: SourceStores,
  clock: Clock,
  request: PlanTrainingRequest,
): Promise<TrainingPlan> {
  const store = stores.lake;
  const { trainingId } = request;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(trainingId))
    throw new TerminalError('request.invalid', 'trainingId: need 1 to 64 letters, digits and dashes');
  const existing = await readJson<TrainingPlan>(store, trainingPaths.plan(trainingId));
  if (existing !== undefined) return existing;
  const startedAt = clock.now();
  const wanted = completeTrainOptions(request.options);
  checkGoal(wanted);
  const writer = new ShardWriter(store, trainingId, request.shardRows ?? SHARD_ROWS);
  const allowed = request.labels === undefined ? undefined : new Set(request.labels);
  const problems: TrainingPlan['problems'] = [];
  let skipped = 0;
  const skip = (path: string, line: number, problem: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path, line, problem });
    skipped++;
  };
  for (const path of request.sources) {
    const decisions = request.taxonomyVersion == null ? {} : { taxonomyVersion: request.taxonomyVersion };
    for await (const row of readSource(stores, path, request.columns, decisions)) {
      if ('problem' in row) skip(path, row.line, row.problem);
      else if (row.label === null) skip(path, row.line, 'has no label');
      else if (path === DECISIONS && allowed?.has(row.label) === false)
        skip(path, row.line, 'its label is not in the taxonomy'); // decided under another taxonomy, which is no mistake
      else if (allowed?.has(row.label) === false)
        throw new TerminalError('train.unknown-label', `${path} line ${row.line}: its label is not in the taxonomy`, {
          ids: { path, line: row.line },
        });
      else await writer.add({ text: row.text, label: row.label, weight: row.weight }, row.source);
    }
  }
  await writer.flush();
  const labels = writer.labels();
  if (writer.rows === 0)
    throw new TerminalError(
      'train.no-rows',
      `Training: need rows with text and label, have none (${skipped} left out)`,
    );
  if (labels.length < 2)
    throw new TerminalError('train.one-class', `Training: need at least two labels, have ${labels.length}`);
  const isSmall = writer.shards.length === 1 && writer.chars * labels.length <= (request.wholeWork ?? WHOLE_WORK);
  const isWhole = isSmall && wanted.loss === 'squared-hinge';
  if (!isSmall && request.options?.loss === 'squared-hinge')
    throw new TerminalError(
      'request.invalid',
      `loss: ${writer.rows} rows of ${labels.length} labels are trained in parts, which needs logistic`,
    );
  const options = isWhole ? wanted : completeTrainOptions({ loss: 'logistic', ...request.options });
  const plan: TrainingPlan = {
    trainingId,
    startedAt,
    taxonomyVersion: request.taxonomyVersion ?? null,
    options,
    labels,
    shards: writer.shards,
    rows: writer.rows,
    rowsBySource: writer.rowsBySource,
    skipped,
    problems,
    dataFingerprint: writer.fingerprint(),
    isWhole,
  };
  await store.write(trainingPaths.plan(trainingId), JSON.stringify(plan));
  return plan;
}

class ShardWriter {
  readonly shards: number[] = [];
  rows = 0;
  /** Of all shards, as JSON. */
  chars = 0;
  readonly rowsBySource: Record<LabelSource, number> = { 'data-set': 0, human: 0, llm: 0 };
  readonly #store: LakeStore;
  readonly #trainingId: string;
  readonly #shardRows: number;
  readonly #hash = createHash('sha256');
  readonly #counts = new Map<string, number>();
  #lines: string[] = [];
  #chars = 0;

  constructor(store: LakeStore, trainingId: string, shardRows: number) {
    this.#store = store;
    this.#trainingId = trainingId;
    this.#shardRows = shardRows;
  }

  async add({ text, label, weight }: Required<ShardRow>, source: LabelSource): Promise<void> {
    const row: ShardRow = weight === 1 ? { text, label } : { text, label, weight };
    const line = JSON.stringify(row);
    this.rowsBySource[source]++;
    this.#lines.push(line);
    this.#chars += line.length;
    this.chars += line.length;
    this.rows++;
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
    this.#hash
      .update(text)
      .update('\0')
      .update(label)
      .update(weight === 1 ? '\n' : `\0${weight}\n`);
    if (this.#lines.length >= this.#shardRows || this.#chars >= SHARD_CHARS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    await this.#store.write(trainingPaths.rows(this.#trainingId, this.shards.length), this.#lines.join('\n'));
    this.shards.push(this.#lines.length);
    this.#lines = [];
    this.#chars = 0;
  }

  /** Labels in the order of their counts. */
  labels(): string[] {
    function* repeat(counts: Iterable<[string, number]>) {
      for (const [label, count] of counts) for (let i = 0; i < count; i++) yield label;
    }
    return fitLabels(repeat(this.#counts));
  }

  fingerprint(): string {
    return this.#hash.digest('hex');
  }
}
