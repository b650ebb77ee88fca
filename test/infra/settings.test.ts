// Templates against code: every app setting one side names, the other side knows.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectConfig } from '../../shared/config.ts';
import { SETTINGS, type Setting } from '../../shared/settings.ts';
import { bicepFiles, ROOT, type Value } from './bicep.ts';

const files = bicepFiles();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const textOf = (name: string): string => files.find(({ file }) => file === name)?.text ?? '';

/** Settings that the Functions host or a package reads, not the code. */
const PLATFORM = new Set([
  'AzureWebJobsStorage__accountName',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATION_INSIGHTS_NO_STATSBEAT',
  'DURABLE_TASK_SCHEDULER_CONNECTION_STRING',
  // parts of the trigger connection LAKE
  'LAKE__queueServiceUri',
  'LAKE__credential',
  'LAKE__clientId',
]);

function settingNames(value: Value): string[] {
  if (value.kind === 'object')
    return [...value.entries].flatMap(([key, inner]) => [
      ...(/^[A-Z][A-Za-z]*_|^[A-Z_]+$|^[A-Z]+__|__/.test(key) ? [key] : []),
      ...settingNames(inner),
    ]);
  if (value.kind === 'either') return value.options.flatMap(settingNames);
  if (value.kind === 'array') return value.items.flatMap(settingNames);
  // the objects inside union(…)
  return [...(value.kind === 'expression' ? value.text.matchAll(/^\s*([A-Za-z]\w*_\w+|[A-Z_]{4,}):/gm) : [])].map(
    (m) => m[1] ?? '',
  );
}

const emitted = new Set(
  files
    .filter(({ file }) =>
      ['infra/main.bicep', 'infra/modules/function-app.bicep', 'infra/modules/durable-scheduler.bicep'].includes(file),
    )
    .flatMap(({ variables, resources, modules, outputs }) => [
      ...outputs.flatMap(({ text }) => settingNames({ kind: 'expression', text })),
      ...variables.flatMap(({ value }) => settingNames(value)),
      ...resources.flatMap(({ body }) => settingNames(body)),
      ...modules.flatMap(({ body }) => settingNames(body)),
    ]),
);

describe('app settings', () => {
  test('every setting the templates emit is read by the code or the platform', () => {
    expect(emitted.size).toBeGreaterThan(30);
    const unread = [...emitted].filter((name) => !Object.hasOwn(SETTINGS, name) && !PLATFORM.has(name));
    expect(unread).toEqual([]);
  });

  test('every setting the code reads is emitted, has a default, or is one of those that may stay unset', () => {
    // Absent means "not used" or "found by the code"; `moreSettings` sets them. LAKE and INSTANCE_ID belong to the laptop.
    const mayStayUnset = [
      'ACCEPT_THRESHOLD',
      'GRAPH_TOKEN',
      'INSTANCE_ID',
      'LAKE',
      'LLM_DEPLOYMENTS',
      'EMBEDDING_DEPLOYMENTS',
      'LLM_MAX_COST_USD_PER_RUN',
      'LLM_RESIDENCY',
      'MLFLOW_TOKEN',
      'MLFLOW_TRACKING_URI',
      'MODEL_VERSION',
      'NOTIFICATIONS_URL',
      'NOTIFY_ACS_ENDPOINT',
      'NOTIFY_EMAIL_FROM',
      'NOTIFY_EMAIL_TO',
      'NOTIFY_SMTP',
      'NOTIFY_WEBHOOK',
      'OPENLINEAGE_API_KEY',
      'PUBLIC_URL',
      'SOURCES_PASSWORDS',
      'TAXONOMY_VERSION',
      'WEBSITE_HOSTNAME', // the platform's
    ];
    // Read by the command line only: an output of main.bicep puts them into its environment.
    const forTheCommandLine = ['SYNAPSE_DEV_ENDPOINT', 'SYNAPSE_SPARK_POOL'];
    const unset = Object.entries<Setting>(SETTINGS)
      .filter(([name, { fallback }]) => fallback === undefined && !emitted.has(name))
      .map(([name]) => name);
    expect(unset.sort()).toEqual([...mayStayUnset, ...forTheCommandLine].sort());
    const outputs = files.find(({ file }) => file === 'infra/main.bicep')?.outputs.map(({ symbol }) => symbol);
    expect(outputs).toEqual(expect.arrayContaining(forTheCommandLine));
    expect(textOf('infra/main.bicep')).toMatch(
      /appSettings: union\([\s\S]*usesScheduler \? scheduler!\.outputs\.settings : \{\},\s*moreSettings\s*\)/,
    );
  });

  test('every connection that a trigger names is emitted for an identity', () => {
    const triggers = readdirSync(join(ROOT, 'functions')).map((name) => read(`functions/${name}`));
    const named = new Set(triggers.flatMap((text) => [...text.matchAll(/connection: '(\w+)'/g)].map((m) => m[1])));
    expect([...named]).toEqual(['LAKE']);
    for (const name of named)
      for (const part of ['blobServiceUri', 'queueServiceUri', 'credential', 'clientId'])
        expect(emitted).toContain(`${name}__${part}`);
    for (const text of triggers)
      for (const [, name] of text.matchAll(/'[^'\n]*%(\w+)%[^'\n]*'/g)) expect(emitted).toContain(name);
  });

  const azure = {
    LAKE__blobServiceUri: 'https://stlake.blob.core.windows.net',
    LAKE__tableServiceUri: 'https://sthost.table.core.windows.net',
    LAKE_DFS_ENDPOINT: 'https://stlake.dfs.core.windows.net',
    AZURE_CLIENT_ID: '00000000-0000-0000-0000-000000000002',
    KEY_VAULT_URI: 'https://kv.vault.azure.net/',
    DOCUMENT_INTELLIGENCE_ENDPOINT: '',
    LLM_TPM: '50000',
    LLM_RPM: '50',
    LLM_INPUT_USD_PER_MTOK: '0.75',
    LLM_CACHED_USD_PER_MTOK: '0.075',
    LLM_OUTPUT_USD_PER_MTOK: '4.50',
    LLM_MAX_COST_USD_PER_DAY: '25',
  };
  test.each([
    ['azure-openai', { AZURE_OPENAI_ENDPOINT: 'https://oai.openai.azure.com/', AZURE_OPENAI_CHAT_DEPLOYMENT: 'chat' }],
    [
      'compatible',
      { OPENAI_BASE_URL: 'https://llm.example.com/v1', OPENAI_MODEL: 'm', OPENAI_API_KEY: 'from the vault' },
    ],
    ['none', { LLM_ENABLED: 'false' }],
  ])('what the templates emit for %s is a valid configuration', (_provider, llm) => {
    expect(inspectConfig({ ...azure, ...llm }).problems).toEqual([]);
  });

  test('the ways of signing in are those the code knows', () => {
    const allowed = files
      .find(({ file }) => file === 'infra/main.bicep')
      ?.parameters.find(({ symbol }) => symbol === 'authMode');
    const { choices = [] } = SETTINGS.AUTH_MODE as Setting;
    expect(allowed?.decorators.join()).toContain(`['${choices.join("', '")}']`);
  });

  test('the trigger connections have every part that a managed identity needs', () => {
    for (const name of ['AzureWebJobsStorage', 'LAKE'])
      for (const part of ['credential', 'clientId']) expect(emitted).toContain(`${name}__${part}`);
    expect(emitted).toContain('AzureWebJobsStorage__accountName'); // service URIs alone race the start of the host
    expect([...emitted].filter((name) => /^AzureWebJobsStorage__.*ServiceUri$/.test(name))).toEqual([]);
    expect(emitted).toContain('LAKE__queueServiceUri'); // poison queue of the blob trigger
    expect(emitted).not.toContain('LAKE');
    expect(emitted).not.toContain('AzureWebJobsStorage');
  });

  test('containers have one name in templates and code', () => {
    const main = textOf('infra/main.bicep');
    for (const [key, name] of [
      ['landing', 'LANDING_CONTAINER'],
      ['imports', 'IMPORTS_CONTAINER'],
      ['lake', 'LAKE_CONTAINER'],
    ] as const)
      expect(main).toContain(`${key}: '${(SETTINGS[name] as Setting).fallback}'`);
    const host = JSON.parse(read('host.json')) as { extensions: { durableTask: { hubName: string } } };
    expect(main).toContain(`var taskHub = '${host.extensions.durableTask.hubName}'`);
  });

  test('host.json fits Flex Consumption: polling at most 10 s, a hub name of letters and digits, a bundle of version 4', () => {
    const host = JSON.parse(read('host.json')) as {
      extensionBundle: { version: string };
      extensions: { durableTask: { hubName: string; storageProvider: { maxQueuePollingInterval: string } } };
    };
    expect(host.extensionBundle.version).toMatch(/^\[4\./);
    expect(host.extensions.durableTask.hubName).toMatch(/^[A-Za-z][A-Za-z0-9]{0,44}$/);
    expect(host.extensions.durableTask.storageProvider.maxQueuePollingInterval <= '00:00:10').toBe(true);
    for (const [, name = ''] of read('host.json').matchAll(/%(\w+)%/g)) expect(emitted).toContain(name);
  });
});
