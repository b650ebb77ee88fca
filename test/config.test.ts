import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectConfig, loadConfig } from '../shared/config.ts';
import { SETTINGS } from '../shared/settings.ts';

const LOCAL = { LAKE: 'UseDevelopmentStorage=true' };

test('config: defaults apply and have their declared types', () => {
  const config = loadConfig(LOCAL);
  expect(config.UPLOAD_WINDOW_SECONDS).toBe(30);
  expect(config.LLM_ENABLED).toBe(true);
  expect(config.LANDING_CONTAINER).toBe('landing');
  expect(config.ACCEPT_THRESHOLD).toBeUndefined();
});

test('config: every default is itself valid', () => {
  const asText = Object.fromEntries(
    Object.entries(SETTINGS).flatMap(([name, s]) =>
      'fallback' in s && s.fallback !== undefined ? [[name, s.fallback]] : [],
    ),
  );
  expect(inspectConfig({ ...LOCAL, ...asText }).problems).toEqual([]);
});

test('config: all problems are reported together, each with a remedy', () => {
  const { config, problems } = inspectConfig({
    ...LOCAL,
    BATCH_MAX_DOCUMENTS: 'many',
    ACCEPT_THRESHOLD: 'NaN',
    LANDING_CONTAINER: 'Not A Container',
    LLM_ENABLED: 'maybe',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
  });
  expect(config).toBeUndefined();
  expect(problems.map((p) => p.setting).sort()).toEqual([
    'ACCEPT_THRESHOLD',
    'BATCH_MAX_DOCUMENTS',
    'LANDING_CONTAINER',
    'LLM_ENABLED',
    'LLM_INPUT_USD_PER_MTOK',
    'LLM_OUTPUT_USD_PER_MTOK',
    'OPENAI_MODEL',
  ]);
  for (const problem of problems) expect(problem.remedy).toMatch(/\.$/);
});

test('config: an account key of a cloud account is refused, and no secret is ever printed', () => {
  const secret = 'c2VjcmV0LWtleQ==';
  const { problems } = inspectConfig({
    LAKE: `AccountName=x;AccountKey=${secret};BlobEndpoint=https://x.blob.core.windows.net`,
  });
  expect(problems.map((p) => p.setting)).toContain('LAKE');
  expect(JSON.stringify(problems)).not.toContain(secret);
});

test('config: without a lake the identity settings are asked for', () => {
  expect(() => loadConfig({})).toThrow(/LAKE_DFS_ENDPOINT/);
});

test('config: an unknown price of a configured LLM is an error, not zero', () => {
  const { problems } = inspectConfig({
    ...LOCAL,
    AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com',
    AZURE_OPENAI_CHAT_DEPLOYMENT: 'd',
  });
  expect(problems.map((p) => p.setting)).toEqual(['LLM_INPUT_USD_PER_MTOK', 'LLM_OUTPUT_USD_PER_MTOK']);
});

test('config: docs/settings.md is what the generator writes', async () => {
  const { settingsMarkdown } = await import('../docs/settings.ts');
  expect(readFileSync(join(import.meta.dirname, '../docs/settings.md'), 'utf8')).toBe(settingsMarkdown());
});

const containersRefused = (settings: Record<string, string>) =>
  inspectConfig({ ...LOCAL, ...settings }).problems.map(({ setting, problem }) => `${setting}: ${problem}`);

test('config: two of the three containers being one is refused, defaults included: the run over it would read its own files', () => {
  for (const settings of [
    { LAKE_CONTAINER: 'landing' },
    { LAKE_CONTAINER: 'imports' },
    { LANDING_CONTAINER: 'lake' },
    { IMPORTS_CONTAINER: 'landing' },
    { LAKE_CONTAINER: 'one', LANDING_CONTAINER: 'one' },
  ])
    expect(containersRefused(settings)).toEqual([
      expect.stringMatching(/^[A-Z]+_CONTAINER: names the container of [A-Z]+_CONTAINER/),
    ]);
  expect(containersRefused({ LANDING_CONTAINER: 'azure-webjobs-hosts' })).toHaveLength(1);
  expect(containersRefused({ LANDING_CONTAINER: 'dead-letter' })).toHaveLength(1);
  expect(
    containersRefused({ LAKE_CONTAINER: 'a-lake', LANDING_CONTAINER: 'inbox', IMPORTS_CONTAINER: 'bulk' }),
  ).toEqual([]);
});

test('config: a sign-in is believed only in Azure with authentication turned on, never on a laptop', () => {
  const azure = { WEBSITE_INSTANCE_ID: 'a1' };
  const refused = (env: Record<string, string>) =>
    inspectConfig({ ...LOCAL, AUTH_MODE: 'entra', ...env }).problems.map(({ setting }) => setting);
  expect(refused({})).toEqual(['AUTH_MODE']);
  expect(refused({ WEBSITE_AUTH_ENABLED: 'True' })).toEqual(['AUTH_MODE']);
  expect(refused(azure)).toEqual(['AUTH_MODE']);
  expect(refused({ ...azure, WEBSITE_AUTH_ENABLED: 'False' })).toEqual(['AUTH_MODE']);
  expect(refused({ ...azure, WEBSITE_AUTH_ENABLED: 'True', FUNCTIONS_CORETOOLS_ENVIRONMENT: 'True' })).toEqual([
    'AUTH_MODE',
  ]);
  for (const instance of ['WEBSITE_INSTANCE_ID', 'WEBSITE_POD_NAME', 'CONTAINER_NAME'])
    expect(refused({ [instance]: 'a1', WEBSITE_AUTH_ENABLED: 'True' })).toEqual([]);
});
