// After a deployment: does the app that was deployed do its work? npm run smoke -- --url https://<app>
// Asks health, every address that the page reads, has one small document decided, reads its row through Synapse, and looks whether the alerts are armed.
// Invariants: M1 each check says what it saw; what could not be asked is said to be skipped, with the reason, and never counted as passed.
// M2 nothing is changed but one document of a few bytes in `landing/smoke/`, which costs at most one question to the model and is named in the answer.
import { parseArgs } from 'node:util';
import { DefaultAzureCredential } from '@azure/identity';
import sizes from '../sizes.json' with { type: 'json' };
import { askAz, type HookDeps, runAsProgram } from './cli.ts';
import { whatIsWrong } from './postdeploy.ts';
import { openSession } from './sql-session.ts';

export interface Answer {
  status: number;
  contentType: string;
  body: string;
}

/** A request to the app; undefined when nobody answered. */
export type Ask = (method: 'GET' | 'PUT', path: string, body?: string) => Promise<Answer | undefined>;

export interface SmokeWorld extends Pick<HookDeps, 'run' | 'now' | 'sleep'> {
  ask: Ask;
  /** Rows that Synapse shows of a document. */
  countRows?: (documentId: string) => Promise<number>;
  /** Of the deployment; absent: alerts cannot be asked for. */
  resourceGroup?: string;
  /** False where the size of the environment has its alerts switched off (infra/sizes.json). */
  areAlertsWanted?: boolean;
}

export interface Check {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  detail: string;
}

/** What an address answers when its own function does: a member of its JSON, or a content type. A neighbour answers neither. */
export interface PageRoute {
  operation: string;
  path: string;
  has?: string;
  type?: string;
}

/** Addresses the page reads, as far as they need no id. */
export const PAGE_ROUTES: readonly PageRoute[] = [
  { operation: 'session', path: '/api/session', has: 'roles' },
  { operation: 'health', path: '/api/health', has: 'version' },
  { operation: 'openApi', path: '/api/openapi.json', has: 'openapi' },
  { operation: 'costReport', path: '/api/costs', has: 'days' },
  { operation: 'trustReport', path: '/api/trust', has: 'escalation' },
  { operation: 'guide', path: '/api/guide', has: 'steps' },
  { operation: 'digest', path: '/api/digest', has: 'waiting' },
  { operation: 'driftReport', path: '/api/drift', has: 'measures' },
  { operation: 'listNotices', path: '/api/notices', has: 'channels' },
  { operation: 'listModels', path: '/api/models', has: 'champion' },
  { operation: 'listTrainings', path: '/api/models/train', has: 'trainings' },
  { operation: 'listEncoders', path: '/api/encoders', has: 'encoders' },
  { operation: 'trainingOffer', path: '/api/models/training-offer', has: 'decided' },
  { operation: 'listTaxonomies', path: '/api/taxonomies', has: 'taxonomies' },
  { operation: 'currentTaxonomy', path: '/api/taxonomies/current', has: 'labels' },
  { operation: 'listRuns', path: '/api/runs', has: 'runs' },
  { operation: 'listResults', path: '/api/results?limit=1', has: 'results' },
  { operation: 'exportResults', path: '/api/results/export?path=smoke/', type: 'text/csv' },
  { operation: 'resultFacets', path: '/api/results/facets', has: 'total' },
  { operation: 'searchDocuments', path: '/api/search?text=smoke', has: 'waiting' },
  { operation: 'reviewQueue', path: '/api/review', has: 'documents' },
  { operation: 'reviewProgress', path: '/api/review/progress?since=2026-01-01T00:00:00Z', has: 'waiting' },
  { operation: 'listSources', path: '/api/sources', has: 'sources' },
  { operation: 'dashboard', path: '/api/dashboard/', type: 'text/html' },
  { operation: 'docs', path: '/api/docs/index.html', type: 'text/html' },
];

const HEALTH_LIMIT_MS = 2 * 60_000;
const DECISION_LIMIT_MS = 10 * 60_000;
const PAUSE_MS = 5000;
/** A name that a webhook or a route could cut or decode once too often. */
export const SMOKE_NAME = 'smoke/a#b 50% für März.txt';
const SMOKE_TEXT = 'Payroll tax return: wage tax withheld in March.';

/** All checks, in order; those after a dead app are skipped. */
export async function smoke(world: SmokeWorld): Promise<Check[]> {
  const checks = [await checkHealth(world)];
  const isUp = checks[0]?.state === 'passed';
  if (!isUp) return [...checks, ...['routes', 'upload', 'synapse', 'alerts'].map((name) => skipped(name, 'no health'))];
  checks.push(await checkRoutes(world));
  const { check, documentId } = await checkUpload(world);
  checks.push(check, await checkSynapse(world, documentId), await checkAlerts(world));
  return checks;
}

const passed = (name: string, detail: string): Check => ({ name, state: 'passed', detail });
const failed = (name: string, detail: string): Check => ({ name, state: 'failed', detail });
const skipped = (name: string, detail: string): Check => ({ name, state: 'skipped', detail });

async function checkHealth({ ask, now, sleep }: SmokeWorld): Promise<Check> {
  const deadline = now() + HEALTH_LIMIT_MS;
  for (;;) {
    const answer = await ask('GET', '/api/health');
    if (answer?.status === 200) return passed('health', `version ${String(memberOf(answer, 'version'))}`);
    const wrong = answer === undefined ? [] : whatIsWrong(answer.body);
    if (wrong.length > 0) return failed('health', `${wrong.join('; ')}. Set it, then: azd provision && azd deploy`);
    if (now() >= deadline)
      return failed('health', `no answer but ${answer?.status ?? 'none'} in two minutes: see the app's log stream`);
    await sleep(PAUSE_MS);
  }
}

async function checkRoutes({ ask }: SmokeWorld): Promise<Check> {
  const wrong: string[] = [];
  for (const { path, has, type } of PAGE_ROUTES) {
    const answer = await ask('GET', path);
    const isOwn =
      answer?.status === 200 &&
      (has === undefined || memberOf(answer, has) !== undefined) &&
      (type === undefined || answer.contentType.startsWith(type));
    if (!isOwn) wrong.push(`${path} (${answer?.status ?? 'no answer'}, expected ${has ?? type})`);
    if (answer?.status === 401 || answer?.status === 403)
      return failed('routes', `${path}: ${answer.status}. Give a function key: --key, or SLUICE_API_KEY`);
  }
  if (wrong.length > 0) return failed('routes', `answered by another function or not at all: ${wrong.join(', ')}`);
  return passed('routes', `${PAGE_ROUTES.length} addresses, each answered by its own function`);
}

async function checkUpload({ ask, now, sleep }: SmokeWorld): Promise<{ check: Check; documentId?: string }> {
  const begun = now();
  // The time in the text makes it a new version, which is decided again.
  const path = `/api/uploads/landing/${SMOKE_NAME.split('/').map(encodeURIComponent).join('/')}`;
  const stored = await ask('PUT', path, `${SMOKE_TEXT} ${new Date(begun).toISOString()}`);
  const documentId = stored === undefined ? undefined : memberOf(stored, 'documentId');
  if (stored === undefined || stored.status >= 300 || typeof documentId !== 'string')
    return { check: failed('upload', `storing landing/${SMOKE_NAME} was answered ${stored?.status ?? 'not at all'}`) };
  while (now() - begun < DECISION_LIMIT_MS) {
    const answer = await ask('GET', `/api/results/${documentId}`);
    const row = newestRow(answer, begun);
    if (row !== undefined) {
      const seconds = Math.round((now() - begun) / 1000);
      const detail = `landing/${SMOKE_NAME}: ${row.status}, ${row.label ?? row.failure_code}, after ${seconds} s`;
      const isRight = row.source_path === SMOKE_NAME && row.status !== 'failed';
      return { check: isRight ? passed('upload', detail) : failed('upload', detail), documentId };
    }
    await sleep(PAUSE_MS);
  }
  const advice = 'is the event subscription there (azd hooks run postdeploy)? See docs/operations.md';
  return { check: failed('upload', `landing/${SMOKE_NAME} was not decided in ten minutes: ${advice}`), documentId };
}

interface Row {
  source_path: string;
  status: string;
  label: string | null;
  failure_code: string | null;
  processed_at: string;
}

/** The document's row of this upload: rows of earlier smokes are older. */
function newestRow(answer: Answer | undefined, sinceMs: number): Row | undefined {
  if (answer?.status !== 200) return undefined;
  const rows = memberOf(answer, 'history') as Row[] | undefined;
  return rows?.find((row) => Date.parse(row.processed_at) >= sinceMs - CLOCK_SKEW_MS);
}

const CLOCK_SKEW_MS = 1000;

async function checkSynapse({ countRows }: SmokeWorld, documentId: string | undefined): Promise<Check> {
  if (countRows === undefined)
    return skipped('synapse', 'no endpoint is known: run it in the azd environment, or the deployment has no Synapse');
  if (documentId === undefined) return skipped('synapse', 'no document was decided');
  try {
    const rows = await countRows(documentId);
    const detail = `${rows} row${rows === 1 ? '' : 's'} of the document in dbo.results`;
    return rows > 0 ? passed('synapse', detail) : failed('synapse', `${detail}; the view reads another lake?`);
  } catch (error) {
    return failed('synapse', error instanceof Error ? error.message : String(error));
  }
}

interface AlertRule {
  name: string;
  properties: { enabled?: boolean; actions?: { actionGroups?: string[] } };
}

async function checkAlerts({ run, resourceGroup, areAlertsWanted = true }: SmokeWorld): Promise<Check> {
  if (resourceGroup === undefined)
    return skipped('alerts', 'no resource group is known: run it in the azd environment');
  const provider = 'providers/Microsoft.Insights/scheduledQueryRules?api-version=2023-12-01';
  const url = `/subscriptions/{subscriptionId}/resourceGroups/${resourceGroup}/${provider}`;
  try {
    const { value } = await askAz<{ value: AlertRule[] }>(run, ['rest', '--method', 'get', '--url', url]);
    const off = value.filter(({ properties }) => properties.enabled !== true).map(({ name }) => name);
    if (value.length === 0) return failed('alerts', 'there is no alert rule: run azd provision');
    if (!areAlertsWanted && off.length === value.length)
      return skipped('alerts', `the ${off.length} rules are there and switched off, as SLUICE_SIZE dev has them`);
    if (off.length > 0) return failed('alerts', `switched off: ${off.join(', ')}`);
    const silent = value.filter(({ properties }) => (properties.actions?.actionGroups ?? []).length === 0).length;
    const whom =
      silent > 0 ? `; ${silent} tell nobody (azd env set SLUICE_ALERT_EMAIL <address>, then azd provision)` : '';
    return passed('alerts', `${value.length} rules are armed${whom}`);
  } catch (error) {
    return failed('alerts', error instanceof Error ? error.message : String(error));
  }
}

function memberOf(answer: Answer, name: string): unknown {
  try {
    const body: unknown = JSON.parse(answer.body);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined; // a page of the platform
  }
}

const HELP = `npm run smoke -- --url https://<app> [--key KEY] [--json]

Asks a deployed app whether it does its work: health, every address of the page, one upload decided, its row through Synapse, alerts armed.
--url   default: SERVICE_API_URI of the azd environment
--key   function key, default: SLUICE_API_KEY
--json  the checks as JSON
In the azd environment (azd env get-values, or a hook) Synapse and the alerts are asked too. Ends with 1 when a check failed.
It stores landing/${SMOKE_NAME} (some bytes; at most one question to the model) and leaves it there.`;

runAsProgram(import.meta.url, async (deps) => {
  const options = {
    url: { type: 'string' },
    key: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  const url = values.url ?? deps.env.SERVICE_API_URI;
  if (values.help === true || url === undefined) {
    deps.say(HELP);
    return values.help === true ? 0 : 2;
  }
  const checks = await smoke(worldOf(deps, url, values.key ?? deps.env.SLUICE_API_KEY));
  if (values.json === true) deps.say(JSON.stringify({ url, checks }));
  else for (const { name, state, detail } of checks) deps.say(`${SIGNS[state]} ${name}: ${detail}`);
  return checks.some(({ state }) => state === 'failed') ? 1 : 0;
});

const SIGNS = { passed: '✓', failed: '✗', skipped: '–' } as const;

function worldOf(deps: HookDeps, url: string, key: string | undefined): SmokeWorld {
  const base = url.replace(/\/+$/, '');
  const { AZURE_RESOURCE_GROUP: resourceGroup, SLUICE_SYNAPSE_SQL_ENDPOINT: server } = deps.env;
  return {
    run: deps.run,
    now: deps.now,
    sleep: deps.sleep,
    ask: (method, path, body) =>
      fetch(`${base}${path}`, {
        method,
        ...(body === undefined ? {} : { body }),
        ...(key === undefined ? {} : { headers: { 'x-functions-key': key } }),
        signal: AbortSignal.timeout(60_000),
      }).then(
        async (response) => ({
          status: response.status,
          contentType: response.headers.get('content-type') ?? '',
          body: await response.text(),
        }),
        () => undefined,
      ),
    ...(server === undefined || server === '' ? {} : { countRows: countIn(server) }),
    ...(resourceGroup === undefined || resourceGroup === '' ? {} : { resourceGroup }),
    areAlertsWanted: sizes[deps.env.SLUICE_SIZE === 'prod' ? 'prod' : 'dev'].areAlertsOn,
  };
}

const countIn = (server: string) => async (documentId: string) => {
  const credential = new DefaultAzureCredential();
  const token = async () => (await credential.getToken('https://database.windows.net/.default')).token;
  const session = await openSession(server, token)('sluice');
  try {
    if (!/^[0-9a-f]{64}$/.test(documentId)) throw new Error('the app gave an id that is none');
    return Number(await session.value(`SELECT COUNT(*) FROM dbo.results WHERE document_id = '${documentId}'`));
  } finally {
    session.close();
  }
};
