// Lineage of a run as an OpenLineage event: what it read, what it wrote, by which model, labels and code.
// Invariants: N1 the event follows from the run's record, plan and summary alone: repeated, it is the same event. N2 it is stored before it is
// sent; a receiver that is away never fails a run. N3 no document content, and no names of single uploads.
// Specification: https://openlineage.io/spec/2-0-2/OpenLineage.json
import { sha256Hex } from '../ids.ts';
import { runPaths, tablePath } from '../paths.ts';
import { type Plan, type RunRecord, type RunSummary, readJson, requireJson, writeJson } from './records.ts';
import type { PipelineServices } from './services.ts';

const PRODUCER = 'urn:sluice';
const OWN_FACET = 'urn:sluice:run-facet:1';
const SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const FACETS = 'https://openlineage.io/spec/facets';
const SEND_TIMEOUT_MS = 10_000;

interface Dataset {
  namespace: string;
  name: string;
  facets?: Record<string, unknown>;
  outputFacets?: Record<string, unknown>;
}

export interface LineageEvent {
  eventType: 'COMPLETE' | 'FAIL' | 'ABORT';
  eventTime: string;
  producer: string;
  schemaURL: string;
  run: { runId: string; facets: Record<string, unknown> };
  job: { namespace: string; name: string; facets: Record<string, unknown> };
  inputs: Dataset[];
  outputs: Dataset[];
}

/** Store the event of a run that has ended, and send it where OPENLINEAGE_URL points. */
export async function recordLineage(services: PipelineServices, runId: string): Promise<void> {
  const { lake } = services;
  const [run, summary, plan] = await Promise.all([
    requireJson<RunRecord>(lake, runPaths.request(runId)),
    requireJson<RunSummary>(lake, runPaths.summary(runId)),
    readJson<Plan>(lake, runPaths.plan(runId)),
  ]);
  const event = lineageEvent(services, run, summary, plan);
  await writeJson(lake, runPaths.lineage(runId), event);
  if (services.config.OPENLINEAGE_URL !== '') await send(services, runId, event);
}

/** N1. */
export function lineageEvent(
  services: Pick<PipelineServices, 'config' | 'sources' | 'lake' | 'pipelineVersion'>,
  run: RunRecord,
  summary: RunSummary,
  plan: Plan | undefined,
): LineageEvent {
  const { config, pipelineVersion } = services;
  const account = accountOf(config.LAKE_DFS_ENDPOINT);
  const dataset = (container: string, name: string): Dataset => ({
    namespace: `abfss://${container}@${account}`,
    name: name === '' ? '/' : name,
  });
  const isDone = summary.state === 'completed';
  return {
    eventType: isDone ? 'COMPLETE' : summary.state === 'cancelled' ? 'ABORT' : 'FAIL',
    eventTime: summary.endedAt ?? summary.createdAt,
    producer: PRODUCER,
    schemaURL: SCHEMA,
    run: {
      runId: uuidOf(run.runId),
      facets: {
        nominalTime: facet('1-0-1/NominalTimeRunFacet', {
          nominalStartTime: summary.createdAt,
          nominalEndTime: summary.endedAt,
        }),
        sluice: {
          _producer: PRODUCER,
          _schemaURL: OWN_FACET,
          runId: run.runId,
          kind: run.kind,
          rerunOf: run.rerun?.runId ?? null,
          modelVersion: summary.modelVersion,
          taxonomyVersion: summary.taxonomyVersion,
          pipelineVersion,
          accept: plan?.accept ?? null,
          documents: summary.documents,
          labelled: summary.labelled,
          review: summary.review,
          failed: summary.failed,
          asked: summary.asked,
          costUsd: summary.costUsd,
        },
        ...(summary.error === null
          ? {}
          : {
              errorMessage: facet('1-0-1/ErrorMessageRunFacet', {
                message: `${summary.error.code}: ${summary.error.message}`,
                programmingLanguage: 'TypeScript',
              }),
            }),
      },
    },
    job: {
      namespace: config.OPENLINEAGE_NAMESPACE,
      name: `classify.${run.kind}`,
      facets: {
        jobType: facet('2-0-3/JobTypeJobFacet', { processingType: 'BATCH', integration: 'SLUICE', jobType: 'JOB' }),
      },
    },
    inputs: [
      ...sourcesOf(run).map(({ container, path }) => dataset(services.sources[container].container, path)),
      ...(run.rerun === null ? [] : [dataset(services.lake.container, runPaths.folder(run.rerun.runId))]),
      ...(summary.modelVersion === null ? [] : [dataset(services.lake.container, `models/${summary.modelVersion}`)]),
    ],
    outputs: isDone
      ? [
          {
            ...dataset(services.lake.container, tablePath('results')),
            outputFacets: {
              outputStatistics: facet('1-0-2/OutputStatisticsOutputDatasetFacet', { rowCount: summary.documents }),
            },
          },
        ]
      : [],
  };
}

/** What the run was asked to read; N3: an upload run reads the landing container. */
function sourcesOf(run: RunRecord): { container: 'landing' | 'imports'; path: string }[] {
  if (run.windowId !== null) return [{ container: 'landing', path: '' }];
  const source = run.request?.source;
  switch (source?.kind) {
    case 'prefix':
      return [{ container: source.container, path: source.prefix }];
    case 'dataset':
      return [{ container: source.container, path: source.path }];
    case 'paths':
      return [...new Set(source.paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)))].map((path) => ({
        container: source.container,
        path,
      }));
    default:
      return [];
  }
}

/** N2. */
async function send({ config, logger }: PipelineServices, runId: string, event: LineageEvent): Promise<void> {
  const key = config.OPENLINEAGE_API_KEY;
  try {
    const response = await fetch(`${config.OPENLINEAGE_URL.replace(/\/+$/, '')}/api/v1/lineage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (!response.ok) logger.warn('lineage.not-sent', { runId, status: response.status });
  } catch {
    logger.warn('lineage.not-sent', { runId, status: 0 }); // the receiver is away: the event is in the lake
  }
}

const facet = (schema: string, values: Record<string, unknown>): Record<string, unknown> => ({
  _producer: PRODUCER,
  _schemaURL: `${FACETS}/${schema}.json`,
  ...values,
});

/** Host of the account as Spark names it; the emulators have none. */
const accountOf = (endpoint: string | undefined): string => (endpoint === undefined ? 'local' : new URL(endpoint).host);

/** A UUID (version 8: made of a hash) that is the same for the same run. */
export function uuidOf(runId: string): string {
  const hex = sha256Hex(runId);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
