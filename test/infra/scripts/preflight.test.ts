import { describe, expect, test } from 'vitest';
import { readOptions } from '../../../infra/scripts/options.ts';
import { inspect, preflight, sameRegion } from '../../../infra/scripts/preflight.ts';
import { deletedAccount, deletedVault, HEALTHY, listedModel, listedRole, listedUsage, provider } from './az-answers.ts';
import { type Answer, fakeWorld, refusal } from './hook-deps.ts';

const ENV = { AZURE_ENV_NAME: 'tax-dev', AZURE_LOCATION: 'swedencentral', AZURE_PRINCIPAL_ID: 'a1b2' };

const VAULTS = 'az keyvault list-deleted';
const ME = 'az ad signed-in-user show';
const findingsWith = async (changes: Record<string, Answer>, env: Record<string, string> = {}) =>
  inspect(fakeWorld({ ...HEALTHY, ...changes }).run, readOptions({ ...ENV, ...env }));
const blocking = async (changes: Record<string, Answer>, env: Record<string, string> = {}) =>
  (await findingsWith(changes, env)).filter((one) => one.isBlocking).map((one) => one.what);

describe('preflight', () => {
  test('finds nothing in a subscription that is ready', async () => {
    expect(await findingsWith({})).toEqual([]);
  });

  test('reports every problem at once, each with a remedy', async () => {
    const findings = await findingsWith(
      {
        'az provider list': [],
        'az role assignment list': [],
        'az functionapp list-flexconsumption-locations': [{ name: 'westeurope' }],
        'az provider show --namespace Microsoft.Synapse': provider('Microsoft.Synapse', 'workspaces', []),
        'az provider show --namespace Microsoft.CognitiveServices': provider(
          'Microsoft.CognitiveServices',
          'accounts',
          ['West Europe'],
        ),
        'az cognitiveservices model list': [],
        'az cognitiveservices account list-deleted': [
          deletedAccount('oai-x', 'OpenAI', 'rg-tax-dev'),
          deletedAccount('di-x', 'FormRecognizer', 'rg-tax-dev'),
          deletedAccount('speech-x', 'SpeechServices', 'rg-tax-dev'),
          deletedAccount('other', 'OpenAI', 'rg-else'),
        ],
      },
      { SLUICE_AUTH_MODE: 'entra', SLUICE_MONTHLY_BUDGET: '100', SLUICE_DOCUMENT_INTELLIGENCE: 'true' },
    );
    expect(findings.filter((one) => one.what.includes('not registered'))).toHaveLength(11);
    const texts = findings.map((one) => one.what).filter((what) => !what.includes('not registered'));
    expect(texts).toEqual([
      'Entra sign-in needs an app registration',
      'A budget needs an address for its mails',
      'you may not create resources in this subscription',
      'you may not assign roles in this subscription, and the app needs them',
      'Flex Consumption is not offered in swedencentral',
      'Microsoft.Synapse is not offered in swedencentral',
      'Microsoft.CognitiveServices is not offered in swedencentral',
      'gpt-5.4-mini 2026-03-17 (GlobalStandard) is not offered in swedencentral: not at all',
      'the deleted Azure OpenAI account oai-x still holds its name',
      'the deleted Document Intelligence account di-x still holds its name',
    ]);
    for (const { remedy } of findings) expect(remedy.length).toBeGreaterThan(20);
  });

  test('a first `azd up` gives hooks no principal: az is asked who deploys, and a pipeline that does not say is not stopped', async () => {
    const env = { AZURE_PRINCIPAL_ID: '' };
    const world = fakeWorld({ ...HEALTHY, [ME]: { id: 'c3d4' } });
    expect(await inspect(world.run, readOptions({ ...ENV, ...env }))).toEqual([]);
    expect(world.asked.find((line) => line.includes('role assignment list'))).toContain('--assignee c3d4');
    const [unknown] = await findingsWith(
      { [ME]: () => refusal('ERROR: /me request is only valid with delegated authentication flow.') },
      env,
    );
    expect(unknown).toMatchObject({ isBlocking: false, remedy: expect.stringContaining('AZURE_PRINCIPAL_ID') });
  });

  test('another administrator of Synapse needs a name beside the id', async () => {
    expect(await blocking({}, { SLUICE_SYNAPSE_ADMIN_ID: 'e5f6' })).toEqual([
      'the Synapse administrator SLUICE_SYNAPSE_ADMIN_ID has no name',
    ]);
    expect(await blocking({}, { SLUICE_SYNAPSE_ADMIN_ID: 'e5f6', SLUICE_SYNAPSE_ADMIN_LOGIN: 'tax-admins' })).toEqual(
      [],
    );
  });

  test('a deleted vault of the environment is found; a protected one is not offered for purging', async () => {
    const [dev] = await findingsWith({
      [VAULTS]: [deletedVault('kv-x', 'rg-tax-dev', null), deletedVault('kv-y', 'rg-else', null)],
    });
    expect(dev).toMatchObject({ isBlocking: true, what: 'the deleted Key Vault kv-x holds its name until 2026-11-30' });
    expect(dev?.remedy).toContain('az keyvault purge --name kv-x');
    const [prod] = await findingsWith({ [VAULTS]: [deletedVault('kv-x', 'rg-tax-dev', true)] });
    expect(prod?.remedy).toBe('Take it back: azd env set SLUICE_RESTORE_VAULT true');
  });

  test('a deleted vault is taken back when that is wanted, into its group', async () => {
    const env = { ...ENV, SLUICE_RESTORE_VAULT: 'true', SLUICE_SYNAPSE_ADMIN_LOGIN: 'ada' };
    const answers = {
      ...HEALTHY,
      [VAULTS]: [deletedVault('kv-x', 'rg-tax-dev', true)],
      'az group create': {},
      'az keyvault recover': {},
    };
    const world = fakeWorld(answers, env);
    expect(await preflight(world)).toBe(0);
    expect(world.asked.filter((line) => /group create|keyvault recover/.test(line))).toEqual([
      'az group create --resource-group rg-tax-dev --location swedencentral --output json --only-show-errors',
      'az keyvault recover --name kv-x --resource-group rg-tax-dev --location swedencentral --output json --only-show-errors',
    ]);
  });

  test('Spark in a private network is told about its own endpoint', async () => {
    const found = await findingsWith({}, { SLUICE_SPARK: 'true', SLUICE_VNET: 'true' });
    expect(
      found
        .filter(({ isBlocking }) => !isBlocking)
        .map(({ what }) => what)
        .join(),
    ).toContain('managed private endpoint');
  });

  test('a Contributor who may not grant roles is told before, not after ten minutes', async () => {
    expect(await blocking({ 'az role assignment list': [listedRole('Contributor')] })).toEqual([
      'you may not assign roles in this subscription, and the app needs them',
    ]);
    const both = [listedRole('Contributor'), listedRole('Role Based Access Control Administrator')];
    expect(await blocking({ 'az role assignment list': both })).toEqual([]);
  });

  test('too little quota names what is left; an environment that holds its share already is not blocked', async () => {
    const usage = (currentValue: number, limit: number) => ({
      'az cognitiveservices usage list': [listedUsage('OpenAI.GlobalStandard.gpt-5.4-mini', currentValue, limit)],
    });
    const [short] = await findingsWith(usage(10, 40));
    expect(short).toMatchObject({ isBlocking: true, remedy: expect.stringContaining('SLUICE_CHAT_CAPACITY 30') });
    const [held] = await findingsWith(usage(50, 50));
    expect(held).toMatchObject({ isBlocking: false });
  });

  test('every deployment is checked, and those of one model and type together', async () => {
    const mini = { model: 'gpt-5.4-mini', version: '2026-03-17', sku: 'GlobalStandard', capacity: 460 };
    const embeddings = { model: 'text-embedding-3-small', version: '1', sku: 'Standard', capacity: 400 };
    const absent = { model: 'gpt-5.9', version: '2026-10-01', sku: 'GlobalStandard', capacity: 1 };
    const options = { ...readOptions(ENV), moreDeployments: [mini, embeddings, absent] };
    const models = [
      listedModel('gpt-5.4-mini', '2026-03-17', ['GlobalStandard']),
      listedModel('text-embedding-3-small', '1', ['Standard']),
    ];
    const found = await inspect(fakeWorld({ ...HEALTHY, 'az cognitiveservices model list': models }).run, options);
    expect(found.map(({ what }) => what)).toEqual([
      'gpt-5.9 2026-10-01 (GlobalStandard) is not offered in swedencentral: not at all',
      'gpt-5.4-mini (GlobalStandard) in swedencentral has quota for 500 of 510 thousand tokens a minute',
      'text-embedding-3-small (Standard) in swedencentral has quota for 350 of 400 thousand tokens a minute',
    ]);
    expect(found.at(-1)?.remedy).toContain('infra/main.parameters.json');
  });

  test('a deleted account that is to be taken back does not stand in the way', async () => {
    const deleted = {
      'az cognitiveservices account list-deleted': [deletedAccount('oai-x', 'OpenAI', 'rg-tax-dev')],
    };
    expect(await blocking(deleted, { SLUICE_RESTORE_OPENAI: 'true' })).toEqual([]);
  });

  test('another version or deployment type of the model is offered by name', async () => {
    const [found] = await findingsWith({
      'az cognitiveservices model list': [listedModel('gpt-5.4-mini', '2026-03-17', ['DataZoneStandard'])],
    });
    expect(found?.what).toContain('only as 2026-03-17 DataZoneStandard');
  });

  test('a Node version that the region does not offer', async () => {
    expect(await blocking({}, { SLUICE_NODE_VERSION: '24' })).toEqual([
      'Node.js 24 is not offered on Flex Consumption in swedencentral (offered: 20, 22)',
    ]);
  });

  test('the scheduler backend and the private network need their providers and regions', async () => {
    const asked = { SLUICE_DURABLE_BACKEND: 'DurableTaskScheduler', SLUICE_VNET: 'true' };
    const scheduler = provider('Microsoft.DurableTask', 'schedulers', ['UK South']);
    expect(await blocking({ 'az provider show --namespace Microsoft.DurableTask': scheduler }, asked)).toEqual([
      'the resource provider Microsoft.DurableTask is not registered',
      'the resource provider Microsoft.Network is not registered',
      'the resource provider Microsoft.App is not registered',
      'Microsoft.DurableTask is not offered in swedencentral',
    ]);
  });

  test('an OpenAI-compatible endpoint needs address, model and key, and no Azure OpenAI', async () => {
    const world = fakeWorld({ ...HEALTHY, 'az cognitiveservices': () => refusal('must not be asked') });
    const found = await inspect(world.run, readOptions({ ...ENV, SLUICE_LLM_PROVIDER: 'compatible' }));
    expect(found.map((one) => one.what)).toEqual([
      'SLUICE_COMPATIBLE_BASE_URL is empty',
      'SLUICE_COMPATIBLE_MODEL is empty',
      'SLUICE_COMPATIBLE_API_KEY is empty',
    ]);
    expect(world.asked.filter((line) => line.includes('cognitiveservices'))).toEqual([]);
  });

  test('a check that the caller may not make is a remark, and the others still run', async () => {
    const found = await findingsWith({
      'az role assignment list': () => refusal('ERROR: (AuthorizationFailed) The client may not read'),
      'az provider list': [],
    });
    expect(found.filter((one) => !one.isBlocking).map((one) => one.what)).toEqual([
      'could not be checked: az role assignment list: ERROR: (AuthorizationFailed) The client may not read',
    ]);
    expect(found.filter((one) => one.isBlocking)).not.toEqual([]);
  });

  test('the hook stops provisioning and prints the remedies', async () => {
    const world = fakeWorld({ ...HEALTHY, 'az provider list': [] }, ENV);
    expect(await preflight(world)).toBe(1);
    expect(world.said.join('\n')).toContain('az provider register --namespace Microsoft.Web --wait');
    expect(world.asked.filter((line) => line.startsWith('azd'))).toEqual([]);
  });

  test('the hook writes down the budget month and the Synapse administrator once', async () => {
    const env = { ...ENV, SLUICE_MONTHLY_BUDGET: '100', SLUICE_ALERT_EMAIL: 'ops@example.com' };
    const world = fakeWorld(HEALTHY, env);
    expect(await preflight(world)).toBe(0);
    expect(world.asked.filter((line) => line.startsWith('azd'))).toEqual([
      'azd env set SLUICE_BUDGET_START_DATE 2026-11-01',
      'azd env set SLUICE_SYNAPSE_ADMIN_LOGIN ada@example.com',
    ]);
    const later = { ...env, SLUICE_BUDGET_START_DATE: '2026-10-01', SLUICE_SYNAPSE_ADMIN_LOGIN: 'tax-admins' };
    const again = fakeWorld(HEALTHY, later);
    expect(await preflight(again)).toBe(0);
    expect(again.asked.filter((line) => line.startsWith('azd'))).toEqual([]);
  });

  test('somebody who is not signed in is told how', async () => {
    const world = fakeWorld({ 'az account show': () => refusal("ERROR: Please run 'az login'") }, ENV);
    expect(await preflight(world)).toBe(1);
    expect(world.said.join()).toContain('az login');
    expect(world.asked).toHaveLength(1);
  });

  test('regions compare by their plain form', () => {
    expect(sameRegion('West US 3', 'westus3')).toBe(true);
    expect(sameRegion('West US', 'westus3')).toBe(false);
  });
});
