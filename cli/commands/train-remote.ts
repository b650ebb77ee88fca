// `sluice train --url`: the training runs on the app. Labelled texts of this machine are put into its container `imports`, under a name made of
// their content, so that the same command joins the same training.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FeatureProfile } from '../../shared/features/spec.ts';
import { sha256Hex } from '../../shared/ids.ts';
import type { Loss } from '../../shared/models/loss.ts';
import type { ModelList, RegisteredModel } from '../../shared/models/registry.ts';
import type { TrainingStatus } from '../../shared/pipeline/train-model.ts';
import { withTemporaryFolder } from '../../shared/temporary-folder.ts';
import { DECISIONS } from '../../shared/training/sources.ts';
import { ApiClient } from '../api-client.ts';
import { bar, clearBar, note, UsageError, warn } from '../console.ts';
import type { Example } from '../labelled-files.ts';

const LOOK_EVERY_MS = 1000;

/** What of the command's options counts on an app. */
export interface RemoteTraining {
  key?: string;
  textColumn: string;
  labelColumn: string;
  /** Absent: by itself, if nothing speaks against it. */
  promote?: boolean;
  algorithm: string;
  useSimulated: boolean;
  profile?: FeatureProfile;
  loss?: Loss;
  maxIter?: number;
  regParam?: number;
  numFeatures?: number;
  guarantee?: boolean;
  precision?: number;
}

/**
 * Train on the app of --url and wait for the model.
 * @param examples     labelled texts of this machine; may be none
 * @param lakeSources  `decisions`, `delta:<folder>`: of the app's lake
 * @throws {UsageError} an option that only this machine knows
 */
export async function trainRemote(
  url: string,
  examples: readonly Example[],
  lakeSources: readonly string[],
  taxonomyVersion: string | undefined,
  options: RemoteTraining,
): Promise<RegisteredModel> {
  if (options.algorithm !== 'logistic-regression')
    throw new UsageError('--url trains no trees; leave out --algorithm, or leave out --url to train here');
  if (options.useSimulated) throw new UsageError('--use-simulated is for the lake of this machine; leave out --url');
  const api = new ApiClient(url, options.key);
  const { textColumn, labelColumn, profile, loss, maxIter, regParam, numFeatures, precision, guarantee, promote } =
    options;
  const sources = lakeSources.filter((source) => source !== DECISIONS);
  if (examples.length > 0) sources.push(await putExamples(api, examples, options));
  const request = {
    ...{ container: 'imports', sources, textColumn, labelColumn, promote: promote !== false },
    ...(lakeSources.includes(DECISIONS) ? { decisions: true } : {}),
    ...{ taxonomyVersion, profile, loss, maxIter, regParam, numFeatures, precision, guarantee }, // JSON leaves out what is undefined
  };
  const started = await api.ask<TrainingStatus>('POST', '/api/models/train', request);
  const { result } = await follow(api, started);
  clearBar();
  if (result?.notPromoted !== undefined && promote === true)
    await api.ask('POST', `/api/models/${result.version}/promote`, {
      reason: 'training, promoted as asked (--promote)',
    });
  else if (result?.notPromoted !== undefined) note(warn(`not promoted: ${result.notPromoted}`));
  note('An app trains the words alone, no second stage. Train without --url, in the lake of an encoder, for one.');
  const { models } = await api.ask<ModelList>('GET', '/api/models');
  const model = models.find(({ version }) => version === result?.version);
  if (model === undefined) throw new Error(`model ${result?.version} was trained and is not listed`);
  return model;
}

/** @returns path in imports */
async function putExamples(
  api: ApiClient,
  examples: readonly Example[],
  { textColumn, labelColumn }: Pick<RemoteTraining, 'textColumn' | 'labelColumn'>,
): Promise<string> {
  const lines = examples.map(({ text, label }) => JSON.stringify({ [textColumn]: text, [labelColumn]: label }));
  const content = lines.join('\n');
  return await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'examples.jsonl');
    await writeFile(file, content, { mode: 0o600 });
    bar(`uploading ${examples.length} labelled texts …`);
    return (await api.upload('imports', `trainings/${sha256Hex(content).slice(0, 20)}.jsonl`, file)).path;
  });
}

/** @throws Error when the training failed */
async function follow(api: ApiClient, started: TrainingStatus): Promise<TrainingStatus> {
  let status = started;
  while (status.state === 'running') {
    const { fit, iteration, objective, labels } = status;
    const at = objective === null ? '' : `, objective ${objective.toFixed(5)}`;
    const where = labels === undefined ? `iteration ${iteration}${at}` : `${iteration} of ${labels} labels`;
    bar(fit === null ? 'training: reading texts' : `training (${fit}): ${where}`);
    await sleep(LOOK_EVERY_MS);
    status = await api.ask<TrainingStatus>('GET', `/api/models/train/${encodeURIComponent(started.trainingId)}`);
  }
  if (status.state === 'failed')
    throw new Error(`training ${status.trainingId} failed: ${status.error?.message ?? 'see the log of the app'}`);
  return status;
}
