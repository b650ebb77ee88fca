// After deploying code: subscribe the blob trigger to upload events. The key of its webhook exists only once the host has indexed the trigger,
// and Event Grid validates the webhook before it accepts the subscription, so the app is woken first.
// Invariants: D1 running it again changes nothing. D2 the key is read by the template inside Azure, never by this program.
import { fileURLToPath } from 'node:url';
import { askAz, CliError, type HookDeps, runAsProgram } from './cli.ts';

const DEADLINE_MS = 10 * 60_000;
const PAUSE_MS = 10_000;
const SUBSCRIBE_ATTEMPTS = 5;
/** Name under which functions/uploads.ts registers the trigger. */
export const UPLOAD_FUNCTION = 'documentUploaded';

export interface DeployedApp {
  resourceGroup: string;
  appName: string;
  appUrl: string;
  topicName: string;
  lakeId: string;
  landingContainer: string;
  deadLetterContainer: string;
  usesQueue: boolean;
}

/** @throws Error naming the outputs that are missing */
export function readDeployedApp(env: Readonly<Record<string, string | undefined>>): DeployedApp {
  const missing: string[] = [];
  const need = (name: string): string => {
    const value = env[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const app = {
    resourceGroup: need('AZURE_RESOURCE_GROUP'),
    appName: need('AZURE_FUNCTION_APP_NAME'),
    appUrl: need('SERVICE_API_URI'),
    topicName: need('SLUICE_EVENT_TOPIC'),
    lakeId: need('SLUICE_LAKE_ID'),
    landingContainer: need('SLUICE_LANDING_CONTAINER'),
    deadLetterContainer: need('SLUICE_DEAD_LETTER_CONTAINER'),
    usesQueue: env.SLUICE_EVENT_DELIVERY === 'queue',
  };
  if (missing.length > 0)
    throw new Error(`outputs of the deployment are missing: ${missing.join(', ')}. Run: azd provision`);
  return app;
}

/** Status and body of a GET, or undefined when nobody answered. */
export type Probe = (url: string) => Promise<{ status: number; body: string } | undefined>;

const probe: Probe = (url) =>
  fetch(url, { signal: AbortSignal.timeout(60_000) }).then(
    async (response) => ({ status: response.status, body: await response.text().catch(() => '') }),
    () => undefined, // asked again until the deadline
  );

/** The hook, with its way to the app open to tests. */
export async function subscribeUploads(deps: HookDeps, app: DeployedApp, ask: Probe): Promise<number> {
  await untilHealthy(deps, app, ask);
  deps.say('✓ the app answers');
  if (app.usesQueue) {
    deps.say('✓ upload events come through the queue; there is nothing to subscribe');
    return 0;
  }
  await until(deps, 'the webhook key of the blob trigger exists', () => hasWebhookKey(deps, app));
  await subscribe(deps, app, ask);
  deps.say(`✓ uploads to ${app.landingContainer} are classified from now on`);
  return 0;
}

/** A start with a bad setting answers with what is wrong: said at once, since waiting does not mend it, and again only when it changes. */
async function untilHealthy(deps: HookDeps, { appUrl }: DeployedApp, ask: Probe): Promise<void> {
  let said = '';
  await until(deps, `${appUrl}/api/health answers`, async () => {
    const answer = await ask(`${appUrl}/api/health`);
    if (answer?.status === 200) return true;
    const wrong = answer === undefined ? [] : whatIsWrong(answer.body);
    if (wrong.length > 0 && wrong.join() !== said) for (const line of wrong) deps.say(`✗ the app says: ${line}`);
    said = wrong.join();
    return false;
  });
}

const MAX_PROBLEMS = 20;

/** Problems in an answer of /api/health: `problems` as a list, or the title and detail of a problem document. Anything else says nothing. */
export function whatIsWrong(body: string): string[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return []; // a page of the platform, not of the app
  }
  if (typeof answer !== 'object' || answer === null) return [];
  const { problems, title, detail } = answer as { problems?: unknown; title?: unknown; detail?: unknown };
  if (Array.isArray(problems))
    return problems.slice(0, MAX_PROBLEMS).map((one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return [[title, detail].filter((text) => typeof text === 'string').join(': ')].filter((text) => text !== '');
}

async function until(deps: HookDeps, what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = deps.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (deps.now() >= deadline)
      throw new Error(
        `waited ten minutes until ${what}, in vain. See the log stream of the app (docs/operations.md, "The app does not start").`,
      );
    await deps.sleep(PAUSE_MS);
  }
}

async function hasWebhookKey({ run }: HookDeps, { appName, resourceGroup }: DeployedApp): Promise<boolean> {
  // Only the names of the keys are asked for.
  const args = [
    'functionapp',
    'keys',
    'list',
    '--name',
    appName,
    '--resource-group',
    resourceGroup,
    '--query',
    'keys(systemKeys)',
  ];
  try {
    return (await askAz<string[] | null>(run, args))?.includes('blobs_extension') ?? false;
  } catch (error) {
    if (error instanceof CliError) return false; // the host is not up yet
    throw error;
  }
}

async function subscribe(deps: HookDeps, app: DeployedApp, ask: Probe): Promise<void> {
  const template = fileURLToPath(new URL('../events/main.bicep', import.meta.url));
  const parameters = {
    topicName: app.topicName,
    functionAppName: app.appName,
    functionName: UPLOAD_FUNCTION,
    storageId: app.lakeId,
    landingContainer: app.landingContainer,
    deadLetterContainer: app.deadLetterContainer,
  };
  for (let attempt = 1; ; attempt++) {
    await ask(`${app.appUrl}/api/health`); // a cold start takes longer than Event Grid waits for the webhook
    try {
      await askAz(deps.run, [
        'deployment',
        'group',
        'create',
        '--name',
        'upload-events',
        '--resource-group',
        app.resourceGroup,
        '--template-file',
        template,
        '--parameters',
        ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`),
      ]);
      return;
    } catch (error) {
      if (!(error instanceof CliError) || attempt >= SUBSCRIBE_ATTEMPTS) throw error;
      deps.say(`the subscription was refused (attempt ${attempt} of ${SUBSCRIBE_ATTEMPTS}); trying again`);
      await deps.sleep(PAUSE_MS * attempt);
    }
  }
}

runAsProgram(import.meta.url, async (deps) => subscribeUploads(deps, readDeployedApp(deps.env), probe));
