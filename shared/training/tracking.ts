// What is remembered of each training: one JSON file in the lake, and the same run in MLflow when a server is configured.
// Invariants: K1 the lake's record is written whatever MLflow does. K2 a server that fails is named in the record and never fails a training.
// Protocol: MLflow REST API 2.0 (open source, Databricks, Azure ML).
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';
import type { LakeStore, Logger } from '../ports.ts';

export interface TrackedRun {
  /** Names the record; the same id replaces it. */
  trainingId: string;
  modelVersion: string | null;
  parameters: Readonly<Record<string, string | number | boolean | null>>;
  metrics: Readonly<Record<string, number>>;
  /** Objective at the start and after each iteration. */
  objectiveHistory: readonly number[];
  /** SHA-256 of the training data. */
  dataFingerprint: string;
  codeVersion: string;
  /** ISO 8601 */
  startedAt: string;
  endedAt: string;
  /** Small text files kept beside the run: report.html, evaluation.json. */
  artifacts: Readonly<Record<string, string>>;
}

export interface MlflowServer {
  /** MLFLOW_TRACKING_URI */
  uri: string;
  experiment: string;
  /** Sent as a bearer token when given. */
  token?: string;
  fetch?: typeof fetch;
}

export type MlflowOutcome =
  | { status: 'off' }
  | { status: 'sent'; runId: string }
  | { status: 'failed'; problem: string };

export const trackingPath = (trainingId: string): string => `training-runs/${trainingId}/run.json`;

/** Keep a run (K1, K2). */
export async function recordRun(
  store: LakeStore,
  run: TrackedRun,
  options: { logger: Logger; mlflow?: MlflowServer },
): Promise<MlflowOutcome> {
  const folder = `training-runs/${run.trainingId}`;
  for (const [name, content] of Object.entries(run.artifacts)) await store.write(`${folder}/${name}`, content);
  const record = { ...run, artifacts: Object.keys(run.artifacts) };
  await store.write(trackingPath(run.trainingId), JSON.stringify({ ...record, mlflow: { status: 'off' } }, null, 1));
  if (options.mlflow === undefined) return { status: 'off' };
  const outcome = await sendSafely(options.mlflow, run, options.logger);
  await store.write(trackingPath(run.trainingId), JSON.stringify({ ...record, mlflow: outcome }, null, 1));
  return outcome;
}

async function sendSafely(server: MlflowServer, run: TrackedRun, logger: Logger): Promise<MlflowOutcome> {
  try {
    return { status: 'sent', runId: await sendRun(server, run) };
  } catch (error) {
    const problem =
      error instanceof SluiceError
        ? error.message
        : `MLflow at ${hostOf(server.uri)} cannot be reached. Check MLFLOW_TRACKING_URI and the network`;
    logger.warn('tracking.mlflow-failed', { trainingId: run.trainingId, problem }); // K2
    return { status: 'failed', problem };
  }
}

/** Of an address that may hold a password. */
function hostOf(uri: string): string {
  try {
    return new URL(uri).host;
  } catch {
    return 'the address of the settings';
  }
}

const MAX_METRICS = 1000; // per log-batch request
const MAX_PARAMETERS = 100;
const MAX_VALUE_CHARS = 500;
const TIMEOUT_MS = 30_000;

async function sendRun(server: MlflowServer, run: TrackedRun): Promise<string> {
  const call = createCaller(server);
  const experiment = await findExperiment(call, server.experiment);
  const startedAt = Date.parse(run.startedAt);
  const endedAt = Date.parse(run.endedAt);
  const created = await call<{ run: { info: { run_id: string; artifact_uri?: string } } }>('POST', 'runs/create', {
    experiment_id: experiment,
    run_name: run.modelVersion ?? run.trainingId,
    start_time: startedAt,
    tags: tagsOf(run),
  });
  const { run_id: runId, artifact_uri: artifactUri } = created.run.info;
  const params = Object.entries(run.parameters).map(([key, value]) => ({
    key,
    value: String(value).slice(0, MAX_VALUE_CHARS),
  }));
  for (let at = 0; at < params.length; at += MAX_PARAMETERS)
    await call('POST', 'runs/log-batch', { run_id: runId, params: params.slice(at, at + MAX_PARAMETERS) });
  const metrics = metricsOf(run, endedAt);
  for (let at = 0; at < metrics.length; at += MAX_METRICS)
    await call('POST', 'runs/log-batch', { run_id: runId, metrics: metrics.slice(at, at + MAX_METRICS) });
  await sendArtifacts(call, artifactUri, run.artifacts);
  await call('POST', 'runs/update', { run_id: runId, status: 'FINISHED', end_time: endedAt });
  return runId;
}

const tagsOf = (run: TrackedRun) =>
  Object.entries({
    'sluice.training_id': run.trainingId,
    'sluice.model_version': run.modelVersion ?? '',
    'sluice.data_fingerprint': run.dataFingerprint,
    'sluice.code_version': run.codeVersion,
  }).map(([key, value]) => ({ key, value }));

/** JSON has no NaN and no infinity: such values are left out. */
const metricsOf = (run: TrackedRun, timestamp: number) =>
  [
    ...Object.entries(run.metrics).map(([key, value]) => ({ key, value, timestamp, step: 0 })),
    ...run.objectiveHistory.map((value, step) => ({ key: 'objective', value, timestamp, step })),
  ].filter(({ value }) => Number.isFinite(value));

type Call = <T = unknown>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) => Promise<T>;

async function findExperiment(call: Call, name: string): Promise<string> {
  try {
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const { experiment } = await call<{ experiment: { experiment_id: string; lifecycle_stage?: string } }>(
      'GET',
      query,
    );
    if (experiment.lifecycle_stage === 'deleted') throw deletedExperiment(name, experiment.experiment_id);
    return experiment.experiment_id;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.ids.status !== 404) throw error;
  }
  const created = await call<{ experiment_id: string }>('POST', 'experiments/create', { name });
  return created.experiment_id;
}

const deletedExperiment = (name: string, id: string): SluiceError =>
  new SluiceError(
    'internal',
    `The experiment ${name} was deleted in MLflow. Restore it (mlflow experiments restore --experiment-id ${id}), or set MLFLOW_EXPERIMENT to another name`,
  );

const MAX_WORDS = 200;

/** What the server says, in one line: the message of its JSON, else its text; nothing of a page for browsers. */
function wordsOf(body: string): string {
  let said = body;
  try {
    const { error_code: code, message } = JSON.parse(body) as { error_code?: unknown; message?: unknown };
    said = [code, message].filter((part) => typeof part === 'string').join(': ');
  } catch {
    if (/^\s*</.test(body)) said = '';
  }
  const line = said.replace(/\s+/g, ' ').trim().slice(0, MAX_WORDS);
  return line === '' ? '' : `: ${line}`;
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Check MLFLOW_TOKEN, and that it may write to MLFLOW_EXPERIMENT';
  if (status === 404) return 'Check MLFLOW_TRACKING_URI: it is the address without /api';
  if (status === 429 || status >= 500) return 'The training is kept in the lake; look at the server';
  return 'Check MLFLOW_EXPERIMENT and the version of the server (2.0 or later)';
}

/** Files go through the tracking server when it serves artifacts itself; other stores keep the lake's copies. */
async function sendArtifacts(call: Call, uri: string | undefined, artifacts: TrackedRun['artifacts']): Promise<void> {
  const prefix = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(uri ?? '')?.[1];
  if (prefix === undefined) return;
  for (const [name, content] of Object.entries(artifacts))
    await call('PUT', `../mlflow-artifacts/artifacts/${prefix}/${name}`, content);
}

/** Name and password in the address, as MLflow's own clients take them; fetch refuses such addresses. */
function addressOf(uri: string): { base: string; authorization: string | undefined } {
  const url = new URL(`${uri.replace(/\/+$/, '')}/api/2.0/mlflow/`);
  const user = [url.username, url.password].map(decodeURIComponent).join(':');
  url.username = '';
  url.password = '';
  const authorization = user === ':' ? undefined : `Basic ${Buffer.from(user, 'utf8').toString('base64')}`;
  return { base: url.href, authorization };
}

function createCaller({ uri, token, fetch: send = fetch }: MlflowServer): Call {
  const { base, authorization: basic } = addressOf(uri);
  const authorization = token === undefined ? basic : `Bearer ${token}`;
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const isText = typeof body === 'string';
    const reply = await send(new URL(path, base), {
      method,
      headers: {
        'content-type': isText ? 'application/octet-stream' : 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!reply.ok)
      throw new SluiceError(
        'internal',
        `MLflow answered ${reply.status} to ${method} ${path.split('?')[0]}${wordsOf(await reply.text())}. ${remedyOf(reply.status)}`,
        { ids: { status: reply.status } },
      );
    return answerOf<T>(await reply.text(), path);
  };
}

/** A page to sign in comes with status 200 as well. */
function answerOf<T>(text: string, path: string): T {
  try {
    return (text === '' ? {} : JSON.parse(text)) as T; // the API's documented answers
  } catch (cause) {
    throw new SluiceError(
      'internal',
      `What answers ${path.split('?')[0]} is no MLflow server, or a page to sign in stands before it. Check MLFLOW_TRACKING_URI and MLFLOW_TOKEN`,
      { cause },
    );
  }
}

/** The MLflow server of the settings; undefined when none is named. */
export function mlflowOf(config: Config): MlflowServer | undefined {
  const { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT: experiment, MLFLOW_TOKEN: token } = config;
  return uri === undefined ? undefined : { uri, experiment, ...(token === undefined ? {} : { token }) };
}
