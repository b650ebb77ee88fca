// A saved Spark ML pipeline as a set of files: metadata of each stage, and the one row of data that some have.
// Layout: metadata/part-*, stages/<i>_<uid>/metadata/part-*, stages/<i>_<uid>/data/part-*.parquet; a stage may be a pipeline itself, and a
// tuned model keeps its pipeline in bestModel/.
// Source: org.apache.spark.ml.util.ReadWrite, org.apache.spark.ml.Pipeline.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { TerminalError } from '../../errors.ts';
import { parseLooseJson } from '../../loose-json.ts';
import type { LakeStore } from '../../ports.ts';

/** Content by path below the pipeline's folder, with forward slashes. */
export type PipelineFiles = ReadonlyMap<string, Uint8Array>;

export interface Stage {
  /** Without the package: `HashingTF`, `LogisticRegressionModel` */
  readonly name: string;
  readonly className: string;
  readonly uid: string;
  readonly sparkVersion: string;
  /** Set and default parameters; those set win. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Path of the stage's folder, with a slash at the end. */
  readonly folder: string;
  /** All of its metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Files of a pipeline on the local disk. */
export async function readLocalPipeline(folder: string): Promise<PipelineFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, Uint8Array>();
  for (const path of paths) files.set(relative(folder, path).split(sep).join('/'), await readFile(path));
  return files;
}

/** Files of a pipeline in the lake. */
export async function readLakePipeline(store: LakeStore, folder: string): Promise<PipelineFiles> {
  const files = new Map<string, Uint8Array>();
  for await (const { path } of store.list(folder)) files.set(path.slice(folder.length + 1), await store.read(path));
  return files;
}

/**
 * Stages in order; those of pipelines inside pipelines and of the best model of a CrossValidator or TrainValidationSplit stand in their place.
 * @throws {TerminalError} model.corrupt, model.unsupported
 */
export function readStages(files: PipelineFiles): Stage[] {
  const root = readMetadata(files, '');
  if (!isPipeline(root) && !isTuned(root)) {
    const what = /(^|\.)Pipeline$/.test(root.className) ? 'is not fitted' : 'is no PipelineModel';
    throw new TerminalError(
      'model.unsupported',
      `${root.className} ${what}: save the fitted pipeline, from the text to the classifier, with PipelineModel.save`,
    );
  }
  return openStage(files, root, 0);
}

const MAX_DEPTH = 10;
const isPipeline = ({ className }: Stage): boolean => /(^|\.)PipelineModel$/.test(className);
const isTuned = ({ className }: Stage): boolean => /\.(CrossValidatorModel|TrainValidationSplitModel)$/.test(className);

function openStage(files: PipelineFiles, stage: Stage, depth: number): Stage[] {
  if (depth > MAX_DEPTH) throw corrupt(`pipelines are nested more than ${MAX_DEPTH} deep`);
  if (isTuned(stage)) return openStage(files, readMetadata(files, `${stage.folder}bestModel/`), depth + 1);
  if (!isPipeline(stage)) return [stage];
  const uids = stage.params.stageUids;
  if (!Array.isArray(uids)) throw corrupt(`the metadata of ${stage.uid} names no stages`);
  const parent = `${stage.folder}stages/`;
  const folders = new Set<string>();
  for (const path of files.keys()) {
    const end = path.indexOf('/', parent.length);
    if (path.startsWith(parent) && end > 0) folders.add(path.slice(parent.length, end));
  }
  return uids.flatMap((uid, i) => {
    const folder = [...folders].find((name) => Number.parseInt(name, 10) === i && name.endsWith(`_${uid}`));
    if (folder === undefined) throw corrupt(`stage ${i} (${String(uid)}) is missing`);
    return openStage(files, readMetadata(files, `${parent}${folder}/`), depth + 1);
  });
}

/** What a folder of the pipeline says of itself. @throws {TerminalError} model.corrupt */
export function readMetadata(files: PipelineFiles, folder: string): Stage {
  const path = [...files.keys()].sort().find((name) => name.startsWith(`${folder}metadata/part-`));
  if (path === undefined) throw corrupt(`${folder}metadata is missing`);
  const [line = ''] = Buffer.from(files.get(path)!).toString('utf8').split('\n');
  let value: Record<string, unknown>;
  try {
    value = parseLooseJson(line) as Record<string, unknown>; // xgboost writes `"missing": NaN`
  } catch (cause) {
    throw corrupt(`${path} holds no JSON`, cause);
  }
  const { class: className, uid, sparkVersion } = value;
  if (typeof className !== 'string' || typeof uid !== 'string') throw corrupt(`${path} lacks class or uid`);
  const params = { ...(value.defaultParamMap as object | undefined), ...(value.paramMap as object | undefined) };
  const name = className.slice(className.lastIndexOf('.') + 1);
  return { name, className, uid, sparkVersion: String(sparkVersion ?? '3.0.0'), params, folder, metadata: value };
}

/** The one row of data of a stage. @throws {TerminalError} model.corrupt */
export async function readStageData(files: PipelineFiles, stage: Stage): Promise<Record<string, unknown>> {
  const paths = [...files.keys()].filter(
    (name) => name.startsWith(`${stage.folder}data/`) && name.endsWith('.parquet'),
  );
  const { parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  for (const path of paths.sort()) {
    const bytes = files.get(path)!;
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    try {
      const [row] = await parquetReadObjects({ file, compressors });
      if (row !== undefined) return row; // a repartitioned save has empty files beside the one with the row
    } catch (cause) {
      throw corrupt(`${path} is no readable Parquet file`, cause);
    }
  }
  throw corrupt(`stage ${stage.uid} has no data`);
}

export const corrupt = (why: string, cause?: unknown): TerminalError =>
  new TerminalError('model.corrupt', `Spark pipeline cannot be read: ${why}`, { cause });

export const unsupported = (why: string): TerminalError =>
  new TerminalError('model.unsupported', `Spark pipeline cannot be imported: ${why}`);
