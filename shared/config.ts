// Settings from the environment, parsed once. The only file that reads process.env.
// Invariant: a wrong environment is reported whole (every problem, each with its remedy), never one error at a time.
import { TerminalError } from './errors.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';

type Table = typeof SETTINGS;
type Value<S extends Setting> = S['kind'] extends 'number' ? number : S['kind'] extends 'flag' ? boolean : string;

/** Parsed settings: those with a default are always present, the others may be undefined. */
export type Config = {
  readonly [N in SettingName]: Table[N] extends { readonly fallback: string }
    ? Value<Table[N]>
    : Value<Table[N]> | undefined;
};

/** The process environment, for handing it on to child processes. */
export const readEnvironment = (): Record<string, string | undefined> => process.env;

/** One thing wrong with the environment. */
export interface SettingProblem {
  setting: string;
  problem: string;
  remedy: string;
}

/** Parse without throwing: the configuration, or every problem found. For `sluice doctor`. */
export function inspectConfig(env: Readonly<Record<string, string | undefined>> = process.env): {
  config: Config | undefined;
  problems: SettingProblem[];
} {
  const values: Record<string, string | number | boolean | undefined> = {};
  const problems: SettingProblem[] = [];
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const raw = env[name]?.trim();
    const given = raw === undefined || raw === '' ? setting.fallback : raw;
    if (given === undefined) continue;
    const parsed = parseSetting(setting, given);
    if (typeof parsed === 'object') {
      const shown = setting.secret ? 'its value' : `"${given.slice(0, 80)}"`;
      problems.push({
        setting: name,
        problem: `${shown} ${parsed.problem}`,
        remedy: `Set ${name} to ${parsed.need}, or remove it${setting.fallback === undefined ? '' : ` (default ${setting.fallback})`}.`,
      });
    } else values[name] = parsed;
  }
  problems.push(...crossChecks(values, env));
  return problems.length > 0 ? { config: undefined, problems } : { config: values as Config, problems }; // every key of SETTINGS was visited above
}

/**
 * Parse the environment.
 * @throws {TerminalError} config.invalid listing every problem with its remedy
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const { config, problems } = inspectConfig(env);
  if (config === undefined) {
    const lines = problems.map((p) => `  ${p.setting}: ${p.problem}. ${p.remedy}`);
    throw new TerminalError('config.invalid', `${problems.length} setting(s) need attention:\n${lines.join('\n')}`);
  }
  return config;
}

function parseSetting(setting: Setting, given: string): string | number | boolean | { problem: string; need: string } {
  switch (setting.kind) {
    case 'number': {
      const value = Number(given);
      const bounds = `${setting.integer ? 'a whole number' : 'a number'} from ${setting.min} to ${setting.max}${setting.unit ? ` (${setting.unit})` : ''}`;
      const isFit =
        Number.isFinite(value) && // NaN passes every comparison below
        (!setting.integer || Number.isInteger(value)) &&
        value >= (setting.min ?? -Infinity) &&
        value <= (setting.max ?? Infinity);
      return isFit ? value : { problem: `is not ${bounds}`, need: bounds };
    }
    case 'flag': {
      const lower = given.toLowerCase();
      if (['true', '1', 'yes', 'on'].includes(lower)) return true;
      if (['false', '0', 'no', 'off'].includes(lower)) return false;
      return { problem: 'is neither true nor false', need: 'true or false' };
    }
    case 'choice': {
      const match = setting.choices?.find((c) => c.toLowerCase() === given.toLowerCase());
      return match ?? { problem: 'is not one of the choices', need: `one of ${setting.choices?.join(', ')}` };
    }
    default:
      return setting.pattern === undefined || setting.pattern.test(given)
        ? given
        : { problem: 'has the wrong form', need: `a value like the one described: ${setting.doc}` };
  }
}

/** Where Event Grid puts events that it could not deliver (infra/main.bicep). */
const DEAD_LETTERS = 'dead-letter';

type Values = Readonly<Record<string, string | number | boolean | undefined>>;

function crossChecks(values: Values, env: Readonly<Record<string, string | undefined>>): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const need = (setting: string, problem: string, remedy: string) => problems.push({ setting, problem, remedy });

  if (values.LAKE === undefined) {
    if (values.LAKE__blobServiceUri === undefined || values.LAKE_DFS_ENDPOINT === undefined)
      need(
        'LAKE_DFS_ENDPOINT',
        'the lake is not configured',
        'Set LAKE__blobServiceUri and LAKE_DFS_ENDPOINT (Azure), or LAKE (emulator).',
      );
    if (values.LAKE__tableServiceUri === undefined)
      need(
        'LAKE__tableServiceUri',
        'is missing',
        'Set it to the table endpoint of the account with the quota records.',
      );
  } else if (
    /core\.(windows|usgovcloudapi|chinacloudapi)\.(net|cn)/.test(String(values.LAKE)) &&
    /AccountKey=/i.test(String(values.LAKE))
  )
    need(
      'LAKE',
      'holds an account key of a cloud account',
      'Remove it and set LAKE__blobServiceUri, LAKE__tableServiceUri and LAKE_DFS_ENDPOINT: the identity is used.',
    );

  if (values.AZURE_OPENAI_ENDPOINT !== undefined && values.AZURE_OPENAI_CHAT_DEPLOYMENT === undefined)
    need('AZURE_OPENAI_CHAT_DEPLOYMENT', 'is missing', 'Name the chat deployment of AZURE_OPENAI_ENDPOINT.');
  if (values.OPENAI_BASE_URL !== undefined && values.OPENAI_MODEL === undefined)
    need('OPENAI_MODEL', 'is missing', 'Name the model to ask at OPENAI_BASE_URL.');
  const hasLlm = values.OPENAI_BASE_URL !== undefined || values.AZURE_OPENAI_ENDPOINT !== undefined;
  if (hasLlm && values.LLM_ENABLED !== false)
    for (const price of ['LLM_INPUT_USD_PER_MTOK', 'LLM_OUTPUT_USD_PER_MTOK'])
      if (values[price] === undefined)
        need(
          price,
          'is missing',
          'Set the price of your deployment (0 for a model of your own): an unknown price is not 0 USD.',
        );

  // What Sluice writes into a container must never be what it is to classify there: it would read, and pay for, its own files.
  const own = new Map<unknown, string>();
  for (const setting of ['LAKE_CONTAINER', 'LANDING_CONTAINER', 'IMPORTS_CONTAINER']) {
    const other = own.get(values[setting]);
    if (other !== undefined)
      need(
        setting,
        `names the container of ${other}: ${values[setting]}`,
        'Give each of the three a container of its own.',
      );
    else if (String(values[setting]).startsWith('azure-webjobs-'))
      need(setting, 'names a container of the Functions host', 'Name a container of your own.');
    else if (values[setting] === DEAD_LETTERS)
      need(setting, 'names the container of events that could not be delivered', 'Name a container of your own.');
    if (values[setting] !== undefined) own.set(values[setting], setting);
  }

  problems.push(...checkNotices(values));

  if (values.AUTH_MODE === 'entra' && !isPlatformInFront(env))
    need(
      'AUTH_MODE',
      'entra believes the sign-in that the platform hands on, and no platform stands in front: anybody could name himself',
      'In Azure turn on authentication of the app (WEBSITE_AUTH_ENABLED; the templates do with SLUICE_AUTH_MODE entra). On a laptop remove AUTH_MODE.',
    );

  const { ACCEPT_THRESHOLD: accept, REVIEW_THRESHOLD: review } = values;
  if (typeof accept === 'number' && typeof review === 'number' && review > accept)
    need('REVIEW_THRESHOLD', `${review} is above ACCEPT_THRESHOLD ${accept}`, 'Set it at or below ACCEPT_THRESHOLD.');
  return problems;
}

/** A message that cannot be sent is no message: what a channel lacks is told at the start. */
function checkNotices(values: Values): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const need = (setting: string, problem: string, remedy: string) => problems.push({ setting, problem, remedy });
  const isSafe = (value: unknown, schemes: RegExp) => {
    const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
    return (
      url !== undefined && (schemes.test(url.protocol) || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    );
  };
  if (values.NOTIFY_WEBHOOK !== undefined && !isSafe(values.NOTIFY_WEBHOOK, /^https:$/))
    need('NOTIFY_WEBHOOK', 'is no https address', 'Set the address that Teams or Slack shows for the webhook.');
  if (values.NOTIFY_SMTP !== undefined && !isSafe(values.NOTIFY_SMTP, /^smtps?:$/))
    need(
      'NOTIFY_SMTP',
      'is no address of a mail server',
      'Set smtp://user:password@host:587 or smtps://user:password@host.',
    );
  if (values.NOTIFY_EMAIL_TO === undefined) return problems;
  if (values.NOTIFY_EMAIL_FROM === undefined)
    need('NOTIFY_EMAIL_FROM', 'is missing', 'Name the sender of the e-mails to NOTIFY_EMAIL_TO.');
  if (values.NOTIFY_SMTP === undefined && values.NOTIFY_ACS_ENDPOINT === undefined)
    need('NOTIFY_EMAIL_TO', 'no way to send e-mail is set', 'Set NOTIFY_SMTP or NOTIFY_ACS_ENDPOINT.');
  return problems;
}

/**
 * Does App Service authentication stand between callers and the code? It alone writes x-ms-client-principal, and takes away what callers wrote there.
 * Never on a laptop: neither the Core Tools nor the local host have it, whatever the settings say.
 */
function isPlatformInFront(env: Readonly<Record<string, string | undefined>>): boolean {
  return isInAzure(env) && /^(true|1)$/i.test(env.WEBSITE_AUTH_ENABLED ?? '');
}

/** Is this an instance of a function app in Azure, not a laptop, whatever its settings say? */
export function isInAzure(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  const isAzure = ['WEBSITE_INSTANCE_ID', 'WEBSITE_POD_NAME', 'CONTAINER_NAME'].some(
    (name) => (env[name] ?? '') !== '',
  );
  return isAzure && (env.FUNCTIONS_CORETOOLS_ENVIRONMENT ?? '') === '';
}
