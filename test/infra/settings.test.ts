// Templates against code: every setting one side names, the other side knows; SQL against schemas; alerts against the event catalogue; azure.yaml.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readSqlFiles } from '../../infra/scripts/sql-files.ts';
import { EVENTS } from '../../shared/azure/telemetry-events.ts';
import { inspectConfig } from '../../shared/config.ts';
import { isErrorCode } from '../../shared/errors.ts';
import { lakeTables, resultsTable } from '../../shared/lake/tables.ts';
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
  'AzureFunctionsJobHost__extensions__durableTask__storageProvider__type',
  'AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName',
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

  test('every setting that names a service or its price is emitted', () => {
    const laptop = new Set(['LAKE']); // connection string of the emulators
    const services = Object.entries<Setting>(SETTINGS)
      .filter(([name, { fallback }]) => fallback === undefined && !laptop.has(name))
      .map(([name]) => name)
      .filter((name) =>
        /_ENDPOINT$|_UR[IL]$|Uri$|_CLIENT_ID$|_CHAT_DEPLOYMENT$|_USD_PER_MTOK$|^OPENAI_|_PER_DAY$/.test(name),
      );
    expect(services.length).toBeGreaterThan(12);
    expect(services.filter((name) => !emitted.has(name))).toEqual([]);
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

describe('Synapse SQL', () => {
  const sql = readSqlFiles({
    lakeUrl: 'https://stlake.dfs.core.windows.net',
    lakeContainer: 'lake',
    identityName: 'id-x',
  });
  const all = sql.flatMap(({ batches }) => batches);
  const types: Readonly<Record<string, RegExp>> = {
    string: /^varchar\((\d+|max)\)$/,
    long: /^bigint$/,
    integer: /^int$/,
    double: /^float$/,
    boolean: /^bit$/,
    date: /^date$/,
    timestamp: /^datetime2\(6\)$/,
  };

  test.each(lakeTables.map((table) => [table.name, table] as const))(
    'the view %s has the columns of the table',
    (name, table) => {
      const view = all.find((batch) => batch.includes(`CREATE OR ALTER VIEW dbo.${name} AS`)) ?? '';
      expect(view).toContain(`BULK 'tables/${name}/'`);
      const columns = [...view.slice(view.indexOf('WITH (')).matchAll(/^\s+(\w+) (\w+(?:\(\w+\))?),?$/gm)].map((m) => [
        m[1],
        m[2] ?? '',
      ]);
      expect(columns.map(([column]) => column)).toEqual(table.columns.map((column) => column.name));
      for (const [index, { type }] of table.columns.entries())
        expect(columns[index]?.[1]).toMatch(types[type] as RegExp);
    },
  );

  test('latest_results shows every column of results and no other', () => {
    const view = all.find((batch) => batch.includes('VIEW dbo.latest_results')) ?? '';
    const list = view
      .slice(view.indexOf('SELECT') + 6, view.indexOf('FROM ('))
      .split(',')
      .map((name) => name.trim());
    expect(list).toEqual(resultsTable.columns.map((column) => column.name));
    expect(view).toContain('PARTITION BY document_id ORDER BY processed_at DESC, run_id DESC');
  });

  test('reports use columns that exist', () => {
    const known = new Set(lakeTables.flatMap((table) => table.columns.map((column) => column.name)));
    const report =
      sql
        .find(({ name }) => name.startsWith('04-'))
        ?.batches.join('\n')
        .replace(/--.*$/gm, '')
        .replace(/'[^']*'/g, '') ?? '';
    const made = [...report.matchAll(/AS (\w+)|VIEW dbo\.(\w+)/g)].map((m) => m[1] ?? m[2] ?? '');
    const words = [...report.matchAll(/\b[a-z]+_[a-z_]+\b/g)].map(([word]) => word);
    expect(
      [...new Set(words)].filter(
        (word) => !known.has(word) && !made.includes(word) && !lakeTables.some(({ name }) => name === word),
      ),
    ).toEqual([]);
  });

  test('every statement may run twice, and CREATE VIEW stands alone in its batch', () => {
    for (const batch of all) {
      const code = batch.replace(/--.*$/gm, '').trim();
      const isRepeatable = /^(IF (NOT EXISTS|USER_ID|SCHEMA_ID)|CREATE OR ALTER VIEW|ALTER ROLE|GRANT)\b/.test(code);
      expect(isRepeatable, code.slice(0, 60)).toBe(true);
      if (code.includes('CREATE OR ALTER VIEW')) expect(code.startsWith('CREATE OR ALTER VIEW')).toBe(true);
    }
  });

  const sqlfluff = ['sqlfluff', process.env.SQLFLUFF ?? ''].find(
    (one) => one !== '' && spawnSync(one, ['--version']).status === 0,
  );
  test.skipIf(sqlfluff === undefined)('sqlfluff reads it as T-SQL (skipped where it is not installed)', () => {
    // Its grammar does not know this one statement of serverless SQL.
    const known = all.filter((batch) => !batch.includes('ON DATABASE SCOPED CREDENTIAL::'));
    const run = spawnSync(sqlfluff ?? '', ['parse', '-', '--dialect', 'tsql', '--templater', 'raw'], {
      input: `${known.join('\nGO\n')}\nGO\n`,
    });
    expect(run.stdout.toString()).not.toMatch(/unparsable/i);
    expect(run.status).toBe(0);
  });
});

describe('alerts and workbook', () => {
  const alerts = textOf('infra/modules/alerts.bicep');
  const workbook = JSON.parse(read('infra/workbook.json')) as {
    items: { type: number; name: string; content: { query?: string } }[];
  };
  const queries = [
    ...[...alerts.matchAll(/'''([\s\S]*?)'''/g)].map((m) => m[1] ?? ''),
    ...workbook.items.flatMap(({ content }) => (content.query === undefined ? [] : [content.query])),
  ];

  test('queries name only events of the catalogue and fields of those events', () => {
    expect(queries.length).toBeGreaterThan(14);
    for (const query of queries) {
      const named = [...query.matchAll(/"([a-z]+\.[a-z.-]+)"/g)]
        .map((m) => m[1] ?? '')
        .filter((name) => !isErrorCode(name));
      expect(named.length, query).toBeGreaterThan(0);
      for (const event of named) expect(EVENTS, query).toHaveProperty([event]);
      const fields = named.flatMap((event) => EVENTS[event]?.fields ?? []);
      for (const [, field] of query.matchAll(/Properties\.(\w+)/g)) expect(fields, query).toContain(field);
    }
  });

  test('no placeholder is left unfilled, and each alert has its section in the runbook', () => {
    const runbook = read('docs/operations.md');
    for (const [, name] of alerts.matchAll(/^ {4}name: '([a-z-]+)'/gm)) expect(runbook).toContain(`### ${name}`);
    expect(runbook).toContain('### dead-events');
    for (const [, body = '', names = ''] of alerts.matchAll(/replace\('''([\s\S]*?)'''((?:, '?[A-Z_]+'?[^\n]*))/g))
      for (const [token] of body.matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)?(?=m?\b)/g))
        if (/^(LIMIT|IN_PRICE|OUT_PRICE)$/.test(token)) expect(names).toContain(token);
    expect(read('infra/workbook.json').match(/WORKSPACE_ID|TOKENS_PER_MINUTE/g)?.length).toBeGreaterThan(2);
    expect(alerts).toContain("'WORKSPACE_ID'");
    expect(alerts).toContain("'TOKENS_PER_MINUTE'");
  });
});

describe('azure.yaml, hooks and package', () => {
  interface Hook {
    shell: string;
    run: string;
    posix?: Hook;
    windows?: Hook;
  }
  const azd = parse(read('azure.yaml')) as {
    name: string;
    infra: { provider: string; path: string; module: string };
    services: Record<
      string,
      {
        project: string;
        language: string;
        host: string;
        remoteBuild: boolean;
        dist: string;
        hooks: Record<string, Hook>;
      }
    >;
    hooks: Record<string, Hook>;
    requiredVersions: { azd: string };
  };

  test('has the fields azd asks for', () => {
    expect(azd.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(azd.infra).toEqual({ provider: 'bicep', path: 'infra', module: 'main' });
    for (const service of Object.values(azd.services))
      expect(service).toMatchObject({ host: 'function', remoteBuild: false });
  });

  test('each service has exactly one resource with its tag', () => {
    for (const service of Object.keys(azd.services)) {
      const tagged = files.flatMap(({ text }) => [
        ...text.matchAll(new RegExp(`'azd-service-name': '${service}'`, 'g')),
      ]);
      expect(tagged).toHaveLength(1);
    }
  });

  test('hooks have names azd knows and files that exist, the same on both systems', () => {
    const hooks = [
      ...Object.entries(azd.hooks),
      ...Object.values(azd.services).flatMap(({ hooks: own }) => Object.entries(own)),
    ];
    expect(hooks.map(([name]) => name).sort()).toEqual([
      'postdeploy',
      'postprovision',
      'predown',
      'prepackage',
      'preprovision',
    ]);
    for (const [name, hook] of hooks) {
      const lines = hook.posix === undefined ? [hook.run] : [hook.posix.run, hook.windows?.run ?? ''];
      expect(new Set(lines).size, name).toBe(1);
      const script = /^npx node (infra\/scripts\/\S+\.ts)$/.exec(lines[0] ?? '')?.[1] ?? '';
      expect(existsSync(join(ROOT, script)), `${name}: ${lines[0]}`).toBe(true);
    }
  });

  test('.funcignore keeps what runs and leaves out what never does', () => {
    const lines = read('.funcignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const folder of ['cli/', 'docs/', 'infra/', 'local/', 'samples/', 'test/', 'bench/'])
      expect(lines).toContain(folder);
    for (const kept of [
      'dist/',
      'dist/functions/',
      'dist/shared/',
      'dashboard/',
      'host.json',
      'package.json',
      'node_modules/',
    ])
      expect(lines).not.toContain(kept);
  });
});

describe('GitHub workflows and dev container', () => {
  interface Workflow {
    permissions: Record<string, string>;
    jobs: Record<string, { steps: { uses?: string; run?: string }[] }>;
  }
  const workflows = ['ci', 'azure'].map((name) => ({ name, text: read(`.github/workflows/${name}.yml`) }));

  test('hold no secret, least permissions, and sign in by OIDC', () => {
    for (const { name, text } of workflows) {
      expect(text).not.toMatch(/secrets\./);
      const { permissions } = parse(text) as Workflow;
      expect(permissions).toEqual(name === 'azure' ? { contents: 'read', 'id-token': 'write' } : { contents: 'read' });
    }
  });

  test('run only scripts of package.json and hooks that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const { text } of workflows)
      for (const { run = '' } of Object.values((parse(text) as Workflow).jobs).flatMap((job) => job.steps)) {
        for (const [, script = ''] of run.matchAll(/npm run (\w+)/g)) expect(scripts, run).toHaveProperty(script);
        for (const [, path = ''] of run.matchAll(/npx node (\S+\.ts)/g))
          expect(existsSync(join(ROOT, path)), path).toBe(true);
      }
  });

  test('the production install, the package and its start are checked', () => {
    const runs = Object.values((parse(workflows[0]?.text ?? '') as Workflow).jobs).flatMap((job) =>
      job.steps.map(({ run = '' }) => run),
    );
    for (const part of ['infra/scripts/package.ts', 'infra/scripts/check-package.ts', 'bench startup', 'npm test'])
      expect(
        runs.some((run) => run.includes(part)),
        part,
      ).toBe(true);
  });

  test('the dev container has the tools of docs/deploy.md', () => {
    const container = JSON.parse(read('.devcontainer/devcontainer.json')) as {
      features: Record<string, unknown>;
      postCreateCommand: string;
    };
    expect(Object.keys(container.features).join()).toMatch(/azure-cli.*azd/);
    expect(container.postCreateCommand).toBe('npm ci');
  });
});
