import { expect, test } from 'vitest';
import { loadConfig } from '../../../shared/config.ts';
import { deploymentsFromConfig, llmSettingsFromConfig } from '../../../shared/llm/deployments/deployment.ts';
import { parseDeployments } from '../../../shared/llm/deployments/deployment-json.ts';

const auth = { identity: async () => 'token', key: (name: string) => async () => `key of ${name}` };
const one = {
  name: 'west',
  baseUrl: 'https://west.openai.azure.com/openai/v1/',
  tpm: 300_000,
  rpm: 300,
  prices: [{ input: 0.4, cached: 0.1, output: 1.6 }],
};

test('pool: JSON becomes deployments; prices are exact and dated, signing in is by identity unless said otherwise', async () => {
  const [west, own, keyed] = parseDeployments(
    JSON.stringify([
      { ...one, residency: 'eu', priority: 1, parameters: { temperature: 0 } },
      { ...one, name: 'own', baseUrl: 'http://localhost:11434/v1', auth: 'none', outputLimit: 'max_tokens' },
      { ...one, name: 'keyed', auth: 'key', keySecret: 'llm-key', kind: 'provisioned' },
    ]),
    auth,
  );
  expect(west).toMatchObject({
    name: 'west',
    model: 'west',
    residency: 'eu',
    priority: 1,
    kind: 'standard',
    parameters: { temperature: 0 },
  });
  expect(west?.prices).toEqual([
    {
      id: 'west-1970-01-01',
      effectiveFrom: '1970-01-01',
      input: 400_000_000n,
      cached: 100_000_000n,
      cacheWrite: 400_000_000n,
      output: 1_600_000_000n,
    },
  ]);
  expect(west?.apiKey).toBe(auth.identity);
  expect(own).toMatchObject({ apiKey: 'none', outputLimit: 'max_tokens' });
  expect(typeof keyed?.apiKey === 'function' && (await keyed.apiKey())).toBe('key of llm-key');
});

test('pool: every problem is named at once', () => {
  const wrong = [
    { ...one, tpm: 0, baseUrl: 'ftp://x', prices: [] },
    { ...one, rpm: 'many', apiKey: 'secret' },
  ];
  expect(() => parseDeployments(JSON.stringify(wrong), auth)).toThrow(/0\.baseUrl.*0\.tpm.*0\.prices.*1\.rpm/s);
  expect(() => parseDeployments(JSON.stringify([one, one]), auth)).toThrow(/twice/);
  expect(() => parseDeployments(JSON.stringify([{ ...one, auth: 'key' }]), auth)).toThrow(/keySecret/);
  expect(() => parseDeployments('[', auth)).toThrow(/not JSON/);
});

const env = { LAKE: 'UseDevelopmentStorage=true', LLM_INPUT_USD_PER_MTOK: '0.4', LLM_OUTPUT_USD_PER_MTOK: '1.6' };

test('settings: an Azure resource is asked at its v1 path by identity, another endpoint as it is', () => {
  const scopes: string[] = [];
  const azureToken = (scope: string) => {
    scopes.push(scope);
    return async () => 'token';
  };
  for (const endpoint of [
    'https://a.openai.azure.com',
    'https://a.openai.azure.com/',
    'https://a.openai.azure.com/openai/v1/',
  ]) {
    const [azure] = deploymentsFromConfig(
      loadConfig({ ...env, AZURE_OPENAI_ENDPOINT: endpoint, AZURE_OPENAI_CHAT_DEPLOYMENT: 'mini' }),
      azureToken,
    );
    expect(azure).toMatchObject({
      name: 'mini',
      model: 'mini',
      baseUrl: 'https://a.openai.azure.com/openai/v1/',
      tpm: 200_000,
    });
    expect(typeof azure?.apiKey).toBe('function');
  }
  expect(new Set(scopes)).toEqual(new Set(['https://ai.azure.com/.default']));
  const [own] = deploymentsFromConfig(
    loadConfig({ ...env, OPENAI_BASE_URL: 'http://localhost:11434/v1', OPENAI_MODEL: 'llama' }),
    azureToken,
  );
  expect(own).toMatchObject({ name: 'llama', baseUrl: 'http://localhost:11434/v1', apiKey: 'none' });
  expect(deploymentsFromConfig(loadConfig(env), azureToken)).toEqual([]);
  expect(
    deploymentsFromConfig(
      loadConfig({ ...env, LLM_ENABLED: 'false', OPENAI_BASE_URL: 'http://x/v1', OPENAI_MODEL: 'm' }),
      azureToken,
    ),
  ).toEqual([]);
});

test('settings: the numbers of the stage follow the environment', () => {
  expect(
    llmSettingsFromConfig(loadConfig({ ...env, LLM_PACK_DOCUMENTS: '3', LLM_MAX_COST_USD_PER_DAY: '5' })),
  ).toMatchObject({ packDocuments: 3, maxCostUsdPerDay: 5, utilisation: 0.985 });
});

test('pool: members of a request that decide its limits, its money or its readers are refused by name', () => {
  const parse = (parameters: object) => parseDeployments(JSON.stringify([{ ...one, parameters }]), auth);
  for (const name of [
    'n',
    'max_tokens',
    'max_completion_tokens',
    'best_of',
    'stream',
    'model',
    'store',
    'service_tier',
    'Max_Tokens',
    'maxOutputTokens',
    'thinkingBudget',
    'candidateCount',
  ])
    expect(() => parse({ [name]: 2 }), name).toThrow(`parameters.${name}`);
  expect(() => parse({ thinking: { budget_tokens: 9 } })).toThrow('parameters.thinking');
  expect(parse({ temperature: 0, reasoning_effort: 'low', top_p: 1, seed: 7, verbosity: 'low' })).toHaveLength(1);
});
