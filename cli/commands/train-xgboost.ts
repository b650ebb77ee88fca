// `sluice train --algorithm xgboost`: gradient-boosted trees by infra/spark/train_xgboost.py, on a Synapse Spark pool or on this machine,
// over the features of a registered model; the booster comes back calibrated, judged on rows it has not seen, and registered.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { App } from '../../shared/compose.ts';
import { readEnvironment } from '../../shared/config.ts';
import { codeOf } from '../../shared/errors.ts';
import { sha256Hex } from '../../shared/ids.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';
import type { RegisteredModel } from '../../shared/models/registry.ts';
import { createJson, readJson } from '../../shared/pipeline/records.ts';
import type { LakeStore } from '../../shared/ports.ts';
import { withTemporaryFolder } from '../../shared/temporary-folder.ts';
import { judgeForeignModel } from '../../shared/training/judge-foreign.ts';
import { exportSparkPipeline } from '../../shared/training/spark/export-pipeline.ts';
import { type BoosterFiles, importBooster } from '../../shared/training/xgboost/import-booster.ts';
import { followSparkBatch, type SparkBatchDeps, submitSparkBatch } from '../../shared/training/xgboost/spark-batch.ts';
import { appFolder } from '../app-folder.ts';
import { bar, note, UsageError, warn } from '../console.ts';
import type { Example } from '../labelled-files.ts';
import { readBundle } from '../read-bundle.ts';

export interface XgboostOptions {
  /** Registered model whose features are used; default: the champion. */
  featuresOf?: string;
  python: string;
  /** Absent: by itself, if nothing speaks against it. */
  promote?: boolean;
}

/** Every fifth row, by its text: the rows that judge the model, and that it is not trained on. */
const isHeldOut = ({ text }: Example): boolean => Number.parseInt(sha256Hex(text).slice(0, 8), 16) % 5 === 0;

const SCRIPT = ['infra', 'spark', 'train_xgboost.py'];

export async function trainXgboost(
  app: App,
  examples: readonly Example[],
  options: XgboostOptions,
): Promise<RegisteredModel> {
  const version = options.featuresOf ?? (await app.registry.championVersion());
  if (version === undefined)
    throw new UsageError(
      'trees are grown over the features of a registered model: train one with `sluice train <file>` first, or name --features-of',
    );
  const source = await readBundle(app.registry, version);
  const files = new Map<string, Uint8Array>();
  for (const [path, bytes] of await exportSparkPipeline(source, { clock: app.clock }))
    files.set(`pipeline/${path}`, bytes);
  const training = examples.filter((example) => !isHeldOut(example));
  files.set(
    'data/rows.jsonl',
    Buffer.from(training.map(({ text, label }) => JSON.stringify({ text, label })).join('\n')),
  );
  files.set('train_xgboost.py', await readFile(join(appFolder(), ...SCRIPT)));
  const isRemote = app.config.SYNAPSE_DEV_ENDPOINT !== undefined && app.config.SYNAPSE_SPARK_POOL !== undefined;
  const booster = isRemote ? await trainOnSynapse(app, files) : await trainHere(files, options.python);
  const bundle = await judgeForeignModel(await importBooster(booster, source), examples.filter(isHeldOut));
  return register(app, bundle, options.promote);
}

async function register(app: App, bundle: ModelBundle, promote: boolean | undefined): Promise<RegisteredModel> {
  const version = await app.registry.register(bundle);
  const refusal =
    promote === false
      ? undefined
      : await app.registry.promoteTrained(version, 'xgboost, trained by sluice train', { isAsked: promote === true });
  if (refusal !== undefined) note(warn(`not promoted: ${refusal.message}\n${refusal.remedy}`));
  const registered = (await app.registry.list()).find((model) => model.version === version);
  if (registered === undefined) throw new Error(`model ${version} was registered and is not listed`);
  return registered;
}

/** On this machine, with the pyspark and xgboost of a Python that is there. */
async function trainHere(files: ReadonlyMap<string, Uint8Array>, python: string): Promise<BoosterFiles> {
  const run = promisify(execFile);
  await run(python, ['-c', 'import pyspark, xgboost']).catch((error: Error & { stderr?: string }) => {
    const why = (error.stderr ?? error.message).trim().split('\n').at(-1);
    throw new UsageError(
      `${python} cannot import pyspark and xgboost (${why}). Install them, name another --python, or set SYNAPSE_DEV_ENDPOINT and SYNAPSE_SPARK_POOL.`,
    );
  });
  return await withTemporaryFolder(async (folder) => {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    bar('growing trees on local Spark …');
    const output = join(folder, 'output');
    const args = [
      '--pipeline',
      join(folder, 'pipeline'),
      '--data',
      join(folder, 'data', 'rows.jsonl'),
      '--output',
      output,
    ];
    // The executors must run the same Python as the driver.
    const env = { ...readEnvironment(), PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python };
    const { stdout } = await run(python, [join(folder, 'train_xgboost.py'), ...args, '--master', 'local[2]'], {
      env,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: Error & { stderr?: string }) => {
      const lines = (error.stderr ?? '').split('\n').filter((line) => /^\S*(Error|Exception)\b/.test(line));
      throw new Error(`training on local Spark failed: ${lines.at(-1) ?? error.message.slice(0, 500)}`, {
        cause: error,
      });
    });
    note(stdout.trim().split('\n').at(-1) ?? '');
    return {
      booster: await readFile(join(output, 'booster.ubj')),
      description: await readFile(join(output, 'xgboost.json')),
    };
  });
}

/** On the Spark pool. The job's folder is named by its content, so that the same command after an interruption follows the same job. */
async function trainOnSynapse(app: App, files: ReadonlyMap<string, Uint8Array>): Promise<BoosterFiles> {
  const { SYNAPSE_DEV_ENDPOINT: endpoint = '', SYNAPSE_SPARK_POOL: pool = '', LAKE_DFS_ENDPOINT: dfs } = app.config;
  if (dfs === undefined)
    throw new UsageError('Synapse reads the lake in Azure: set LAKE_DFS_ENDPOINT and LAKE__blobServiceUri');
  const digest = sha256Hex([...files].map(([path, bytes]) => `${path} ${sha256Hex(bytes)}`).join('\n')).slice(0, 20);
  const folder = `spark-trainings/${digest}`;
  const address = (path: string) => `abfss://${app.lake.container}@${new URL(dfs).host}/${folder}/${path}`;
  const deps: SparkBatchDeps = {
    fetch,
    clock: app.clock,
    token: app.tokenProvider('https://dev.azuresynapse.net/.default'),
    onState: (state) => bar(`Spark job: ${state}`),
  };
  let job = await readJson<{ id: number }>(app.lake, `${folder}/job.json`);
  if (job === undefined) {
    for (const [path, bytes] of files) await app.lake.write(`${folder}/${path}`, bytes);
    const args = [
      '--pipeline',
      address('pipeline'),
      '--data',
      address('data/rows.jsonl'),
      '--output',
      address('output'),
    ];
    job = {
      id: await submitSparkBatch(
        { endpoint, pool },
        { name: `sluice-xgboost-${digest}`, file: address('train_xgboost.py'), args },
        deps,
      ),
    };
    await createJson(app.lake, `${folder}/job.json`, job);
  }
  note(`Spark job ${job.id} in pool ${pool}`);
  const { id } = job;
  await followJob(app.lake, `${folder}/job.json`, () => followSparkBatch({ endpoint, pool }, id, deps));
  return {
    booster: await app.lake.read(`${folder}/output/booster.ubj`),
    description: await app.lake.read(`${folder}/output/xgboost.json`),
  };
}

/** @param record  names the job, so that the same command follows it; a job that has ended in vain is forgotten, and the next command begins another */
export async function followJob(lake: LakeStore, record: string, follow: () => Promise<void>): Promise<void> {
  try {
    await follow();
  } catch (error) {
    if (codeOf(error) === 'request.invalid') await lake.delete(record); // another code is no word about the job
    throw error;
  }
}
