// `sluice run`, `runs`, `rerun`, `cancel`: runs of a running host, local or in Azure.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Guide } from '../../shared/api/guide.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { ApiClient } from '../api-client.ts';
import {
  bar,
  clearBar,
  money,
  note,
  print,
  printJson,
  progressLine,
  screenWidth,
  tellBroken,
  UsageError,
  warn,
} from '../console.ts';
import { DataFolder } from '../data-folder.ts';
import { describeUnchecked } from '../describe-unchecked.ts';
import { formatTable, type TableColumn } from '../table.ts';

export interface RemoteOptions {
  data: string;
  json: boolean;
  url?: string;
  key?: string;
}

/** The API of --url, or of the host that runs in the data folder. */
export function openApi(options: Pick<RemoteOptions, 'data' | 'url' | 'key'>): ApiClient {
  const url = options.url ?? DataFolder.existing(options.data).state()?.hostUrl;
  if (url === undefined || url === null)
    throw new UsageError(
      'no Sluice host runs here. Start one with `npm start`, or name one with --url https://<app>.azurewebsites.net',
    );
  return new ApiClient(url, options.key);
}

export interface RunOptions extends RemoteOptions {
  container?: 'landing' | 'imports';
  dataset: boolean;
  textColumn: string;
  idColumn?: string;
  taxonomyVersion?: string;
  model?: string;
  accept?: number;
  maxCost?: number;
  mode?: 'live' | 'batch' | 'auto';
  deadline?: number;
  llm: boolean;
  again: boolean;
  wait: boolean;
}

/** A place as `sluice runs` shows it, `imports/letters`; with --container the path is that of the container. */
export function placeOf(
  given: string,
  container: 'landing' | 'imports' | undefined,
): { container: 'landing' | 'imports'; path: string } {
  const [, first, rest = ''] = /^(landing|imports)(?:\/(.*))?$/s.exec(given) ?? [];
  if (container !== undefined || first === undefined) return { container: container ?? 'landing', path: given };
  return { container: first === 'landing' ? 'landing' : 'imports', path: rest };
}

/** @throws {UsageError} a path that only this machine can mean */
export function refuseOwnPath(path: string, container: string): void {
  if (/^([/~]|\.{1,2}([/\\]|$)|[A-Za-z]:\\)/.test(path))
    throw new UsageError(
      `${path} is a path of this machine; a folder of the container ${container} is needed. \`npm start -- ${path}\` or \`sluice upload ${path}\` takes documents from here`,
    );
}

export async function runCommand(given: string, options: RunOptions): Promise<void> {
  const { container, path } = placeOf(given, options.container);
  const source = options.dataset
    ? {
        kind: 'dataset',
        container,
        path,
        textColumn: options.textColumn,
        ...(options.idColumn === undefined ? {} : { idColumn: options.idColumn }),
      }
    : { kind: 'prefix', container, prefix: path };
  refuseOwnPath(path, container);
  const api = openApi(options);
  const started = await api.startRun({
    source,
    ...(options.taxonomyVersion === undefined ? {} : { taxonomyVersion: options.taxonomyVersion }),
    ...(options.model === undefined ? {} : { modelVersion: options.model }),
    ...(options.accept === undefined ? {} : { acceptThreshold: options.accept }),
    ...(options.maxCost === undefined ? {} : { maxCostUsd: options.maxCost }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.deadline === undefined ? {} : { deadlineHours: options.deadline }),
    ...(options.llm ? {} : { llm: false }),
    ...(options.again ? { requestId: randomUUID() } : {}),
  });
  const run = await finish(api, started, options);
  if (options.wait && run.documents === 0 && !options.dataset) note(describeNothing(path, container));
}

/** Why a run had nothing to do, as far as it can be seen from here. */
function describeNothing(path: string, container: string): string {
  const other = container === 'landing' ? 'imports' : 'landing';
  const here = existsSync(path) ? ` ${path} is on this machine: \`npm start -- ${path}\` takes it from here.` : '';
  return `Nothing lies ${path === '' ? 'in' : `below ${path} in`} the container ${container}. Folders of ${other} are meant with --container ${other}; \`sluice upload\` puts files into landing.${here}`;
}

export async function rerunCommand(
  runIds: readonly string[],
  options: RemoteOptions & {
    only: 'failed' | 'review' | 'all';
    from: 'extract' | 'featurize' | 'score' | 'classify';
    label?: string;
    code?: string;
    mediaType?: string;
    decidedAfter?: string;
    decidedBefore?: string;
    model?: string;
    accept?: number;
    llm?: boolean;
    maxCost?: number;
    mode?: 'live' | 'batch' | 'auto';
    deadline?: number;
    wait: boolean;
  },
): Promise<void> {
  const api = openApi(options);
  const { only, from, label, code, mediaType, decidedAfter, decidedBefore, model, accept } = options;
  const filter = { only, from, label, code, mediaType, decidedAfter, decidedBefore };
  const runs: RunStatus[] = [];
  for (const runId of runIds) {
    const started = await api.rerun(runId, {
      ...filter, // JSON leaves out what is undefined
      modelVersion: model,
      acceptThreshold: accept,
      llm: options.llm,
      maxCostUsd: options.maxCost,
      mode: options.mode,
      deadlineHours: options.deadline,
      requestId: randomUUID(),
    });
    runs.push(await ended(api, started, options));
  }
  if (options.json) printJson(runs.length === 1 ? runs[0] : { runs });
  const last = runs.at(-1);
  if (!options.json && last !== undefined) await tellUnchecked(api, last, options);
}

export async function cancelCommand(runId: string, options: RemoteOptions): Promise<void> {
  show(await openApi(options).cancel(runId), options.json);
}

export async function runsCommand(
  runId: string | undefined,
  options: RemoteOptions & { limit: number },
): Promise<void> {
  const api = openApi(options);
  if (runId !== undefined) return show(await api.run(runId), options.json);
  const list = await api.runs(options.limit);
  tellBroken(list.broken);
  if (options.json) {
    printJson(list);
    return;
  }
  print(describeRuns(list.runs, screenWidth()));
}

/** A run is called by what it is over and when; ids are whole, for other commands take them. Where the line is short, sums that `sluice runs <run-id>` shows make way. */
export function describeRuns(runs: readonly RunStatus[], width: number): string {
  const isWide = width >= WIDE;
  const sums: Shown[] = [
    [{ title: 'labelled', align: 'right' }, (run) => String(run.labelled)],
    [{ title: 'review', align: 'right' }, (run) => String(run.review)],
    [{ title: 'failed', align: 'right' }, (run) => String(run.failed)],
    [{ title: 'cost', align: 'right' }, (run) => money(run.costUsd)],
  ];
  const columns: Shown[] = [
    [{ title: 'over', flexible: true, cut: 'middle' }, (run) => run.source ?? ''],
    [{ title: 'started' }, (run) => startedAt(run).slice(isWide ? 0 : 5)],
    [{ title: 'state' }, (run) => (run.stalledSince === undefined ? run.state : 'stalled')],
    [{ title: isWide ? 'documents' : 'docs', align: 'right' }, (run) => String(run.documents)],
    ...(isWide ? sums : []),
    [{ title: 'run' }, (run) => run.runId],
  ];
  return formatTable(
    columns.map(([column]) => column),
    runs.map((run) => columns.map(([, show]) => show(run))),
    width,
  );
}

/** To the minute, UTC. */
const startedAt = ({ createdAt }: RunStatus): string => createdAt.slice(0, 16).replace('T', ' ');

/** Columns of a terminal from which every column fits. */
const WIDE = 120;
type Shown = [TableColumn, (run: RunStatus) => string];

async function finish(
  api: ApiClient,
  started: RunStatus,
  options: RemoteOptions & { wait: boolean },
): Promise<RunStatus> {
  const run = await ended(api, started, options);
  if (options.json) printJson(run);
  else await tellUnchecked(api, run, options);
  return run;
}

/** The run when it has ended, or as it is where nobody waits; told unless it is to be JSON. @throws Error a run that did not complete */
async function ended(
  api: ApiClient,
  started: RunStatus,
  { json, wait }: Pick<RemoteOptions, 'json'> & { wait: boolean },
): Promise<RunStatus> {
  const run = wait ? await api.follow(started.runId, (status) => bar(progressLine(status))) : started;
  clearBar();
  if (!json) show(run, false);
  if (!wait || run.state === 'completed') return run;
  if (json) printJson(run);
  throw new Error(`run ${run.runId} ${run.state}: ${run.error?.message ?? ''}`);
}

/** A run without a model whose descriptions decided something: whether anybody knows how often that is right. */
async function tellUnchecked(api: ApiClient, run: RunStatus, options: RemoteOptions): Promise<void> {
  if (run.modelVersion !== null || (run.encoder?.decided ?? 0) === 0) return;
  const { unchecked } = await api.ask<Guide>('GET', '/api/guide');
  for (const line of describeUnchecked(unchecked, options, screenWidth())) note(warn(line));
}

function show(run: RunStatus, json: boolean): void {
  if (json) printJson(run);
  else {
    print(
      `run${run.source === undefined ? '' : ` over ${run.source}`} of ${startedAt(run)} (${run.runId}): ${run.state}, ${run.documents} documents = ${run.labelled} labelled + ${run.review} to review + ${run.failed} failed · ${run.asked} asked · ${money(run.costUsd)}`,
    );
    const failures = Object.entries(run.failures);
    if (failures.length > 0) note(failures.map(([code, count]) => `  ${count} × ${code}`).join('\n'));
  }
}
