// What the templates may and must say: keyless, least roles, what Flex refuses, events, sizes and parameters.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROLES } from '../../infra/scripts/resource-list.ts';
import { at, type BicepFile, bicepFiles, ROOT } from './bicep.ts';

const files = bicepFiles();
const fileNamed = (name: string): BicepFile => {
  const found = files.find(({ file }) => file === name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
};
const main = fileNamed('infra/main.bicep');
const resources = files.flatMap((file) => file.resources.map((resource) => ({ file: file.file, resource })));

describe('bicep: keys, roles and exposure', () => {
  test('no template reads or holds a key, except the one that fetches the webhook key inside Azure', () => {
    const key = /listKeys\(|AccountKey=|SharedAccessKey|primaryKey|listAccountSas|connectionString\(/;
    expect(files.filter(({ text }) => key.test(text)).map(({ file }) => file)).toEqual(['infra/events/main.bicep']);
  });

  const required: [type: string, path: string[], value: unknown][] = [
    ['Microsoft.Storage/storageAccounts', ['properties', 'allowSharedKeyAccess'], false],
    ['Microsoft.Storage/storageAccounts', ['properties', 'allowBlobPublicAccess'], false],
    ['Microsoft.Storage/storageAccounts', ['properties', 'minimumTlsVersion'], 'TLS1_2'],
    ['Microsoft.Storage/storageAccounts', ['properties', 'supportsHttpsTrafficOnly'], true],
    ['Microsoft.CognitiveServices/accounts', ['properties', 'disableLocalAuth'], true],
    ['Microsoft.Insights/components', ['properties', 'DisableLocalAuth'], true],
    ['Microsoft.KeyVault/vaults', ['properties', 'enableRbacAuthorization'], true],
    ['Microsoft.KeyVault/vaults', ['properties', 'enableSoftDelete'], true],
    ['Microsoft.Synapse/workspaces', ['properties', 'azureADOnlyAuthentication'], true],
    ['Microsoft.Web/sites', ['properties', 'httpsOnly'], true],
    ['Microsoft.Web/sites', ['properties', 'siteConfig', 'minTlsVersion'], '1.2'],
  ];
  test.each(required)('%s: %s is %s wherever one is made', (type, path, value) => {
    const made = resources.filter(({ resource }) => resource.type === type && !resource.isExisting);
    expect(made.length).toBeGreaterThan(0);
    for (const { file, resource } of made)
      expect(at(resource.body, ...path), `${file}: ${resource.symbol}`).toEqual({ kind: 'literal', value });
  });

  test('every role id is a known built-in role, and assignments are scoped to one resource with a derived name', () => {
    for (const { file, text } of files)
      for (const [id] of text.matchAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))
        expect(ROLES, file).toHaveProperty(id);
    const assignments = resources.filter(({ resource }) => resource.type === 'Microsoft.Authorization/roleAssignments');
    expect(assignments.length).toBeGreaterThan(9);
    for (const { file, resource } of assignments) {
      expect(at(resource.body, 'scope'), `${file}: ${resource.symbol}`).toBeDefined();
      expect(at(resource.body, 'name'), resource.symbol).toMatchObject({
        text: expect.stringMatching(/^guid\(\w+\.id, /),
      });
    }
  });

  test('the lake never uses what accounts with a hierarchical namespace refuse', () => {
    const { text } = fileNamed('infra/modules/lake-storage.bicep');
    expect(text).not.toMatch(/isVersioningEnabled|changeFeed|restorePolicy|tierToArchive/);
  });

  test('no lifecycle rule deletes below tables, models or taxonomies of the lake', () => {
    const { text } = fileNamed('infra/modules/lake-storage.bicep');
    expect([...text.matchAll(/'\$\{lakeContainer\}\/[^']*'/g)].map(([found]) => found)).toEqual([
      `'\${lakeContainer}/runs/'`,
    ]);
  });

  test('the event topic may write dead letters and send to its queue, and reach nothing else of the lake', () => {
    const granted = fileNamed('infra/modules/service-roles.bicep').resources.filter(({ body }) =>
      JSON.stringify(at(body, 'properties', 'principalId') ?? '').includes('topicPrincipalId'),
    );
    const scopes = granted.map(({ body }) => (at(body, 'scope') as { text?: string } | undefined)?.text);
    expect(scopes.sort()).toEqual(['deadLetters', 'events']);
    const file = fileNamed('infra/modules/service-roles.bicep');
    const named = (symbol: string) => file.resources.find((resource) => resource.symbol === symbol);
    expect(named('deadLetters')).toMatchObject({
      type: 'Microsoft.Storage/storageAccounts/blobServices/containers',
      isExisting: true,
    });
    expect(at(named('deadLetters')?.body, 'name')).toEqual({ kind: 'expression', text: 'deadLetterContainer' });
    expect(named('events')).toMatchObject({
      type: 'Microsoft.Storage/storageAccounts/queueServices/queues',
      isExisting: true,
    });
    expect(at(named('events')?.body, 'name')).toEqual({ kind: 'expression', text: 'eventQueue' });
  });

  test('with the private network every service that has a public address closes it and has an endpoint', () => {
    const open = resources.filter(
      ({ resource }) => !resource.isExisting && at(resource.body, 'properties', 'publicNetworkAccess') !== undefined,
    );
    expect(open.length).toBeGreaterThan(5);
    const firstOf = (value: ReturnType<typeof at>) => (value?.kind === 'either' ? value.options[0] : undefined);
    for (const { file, resource } of open) {
      const access = firstOf(at(resource.body, 'properties', 'publicNetworkAccess'));
      const unlisted = firstOf(at(resource.body, 'properties', 'networkAcls', 'defaultAction'));
      // Either form: no public address, or one that lets nobody in who is not named.
      expect([access, unlisted], file).toContainEqual(
        access === undefined ? { kind: 'literal', value: 'Deny' } : { kind: 'literal', value: 'Disabled' },
      );
    }
    const endpoints = fileNamed('infra/modules/private-endpoints.bicep').text;
    const targets = new Set([...endpoints.matchAll(/targetId: (\w+), groupId/g)].map(([, target]) => target));
    for (const target of ['hostStorageId', 'lakeId', 'vaultId', 'openAiId', 'documentIntelligenceId', 'synapseId'])
      expect(targets).toContain(target);
    expect(endpoints).toContain("targetId: schedulerId, groupId: 'scheduler', zone: zones.scheduler");
    expect(fileNamed('infra/modules/network.bicep').text).toContain("scheduler: 'privatelink.durabletask.io'");
  });

  test('no two endpoints of one resource are made at once, whatever is left out', () => {
    const { text } = fileNamed('infra/modules/private-endpoints.bicep');
    expect(text).toMatch(/@batchSize\(2\)\nmodule endpoint /);
    const targets = [...text.matchAll(/targetId: (\w+), groupId/g)].map(([, target = '']) => target);
    const optional = [...new Set(targets)].filter((target) => !/^(hostStorage|lake|vault)Id$/.test(target));
    for (let left = 0; left < 2 ** optional.length; left++) {
      const made = targets.filter((target) => !optional.includes(target) || left & (1 << optional.indexOf(target)));
      for (let at = 0; at + 1 < made.length; at += 2) expect(made[at], made.join()).not.toBe(made[at + 1]);
    }
  });

  test('the lake lets trusted services in when it is private: Deny, not a closed address', () => {
    const account = fileNamed('infra/modules/lake-storage.bicep').resources.find(({ symbol }) => symbol === 'account');
    expect(at(account?.body, 'properties', 'publicNetworkAccess')).toEqual({ kind: 'literal', value: 'Enabled' });
    expect(at(account?.body, 'properties', 'networkAcls', 'bypass')).toEqual({
      kind: 'literal',
      value: 'AzureServices',
    });
  });

  test('Synapse has a name for its SQL administrator and no password', () => {
    const { text } = fileNamed('infra/modules/synapse.bicep');
    expect(text).toMatch(/sqlAdministratorLogin: '\w+'/);
    expect(text).not.toMatch(/sqlAdministratorLoginPassword/);
  });

  test('the site emits no setting or site property that Flex Consumption refuses', () => {
    const denied =
      /FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT|SCM_DO_BUILD|ENABLE_ORYX|WEBSITE_NODE_DEFAULT_VERSION|WEBSITE_TIME_ZONE|\bTZ\b|WEBSITE_MAX_DYNAMIC|WEBSITE_LOAD_CERTIFICATES|basicPublishingCredentialsPolicies|linuxFxVersion|ftpsState|use32BitWorkerProcess|netFrameworkVersion|preWarmedInstanceCount|functionsRuntimeScaleMonitoringEnabled/;
    for (const { file, text } of files) expect(text, file).not.toMatch(denied);
    const [site] = resources.filter(({ resource }) => resource.type === 'Microsoft.Web/sites' && !resource.isExisting);
    const config = at(site?.resource.body, 'properties', 'siteConfig');
    expect(config?.kind === 'object' ? [...config.entries.keys()] : []).toEqual(['minTlsVersion']);
    expect(at(site?.resource.body, 'properties', 'functionAppConfig')).toBeDefined();
  });
});

describe('bicep: upload events', () => {
  test('webhook, queue and code agree on which events mean a finished upload', () => {
    const list = (text: string) => /\[((?:'[A-Za-z]+',? ?){4,})\]/.exec(text)?.[1];
    const code = readFileSync(join(ROOT, 'shared/azure/blob-events.ts'), 'utf8');
    const expected = "'PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose', 'SftpCommit'";
    for (const text of [
      fileNamed('infra/events/main.bicep').text,
      fileNamed('infra/modules/event-queue-subscription.bicep').text,
      code,
    ])
      expect(list(text)).toBe(expected);
  });

  test('the queue subscription waits for the topic to be allowed to send', () => {
    const call = main.modules.find(({ symbol }) => symbol === 'queueSubscription');
    expect(at(call?.body, 'dependsOn')).toMatchObject({ items: [{ text: 'serviceRoles' }] });
    const site = main.modules.find(({ symbol }) => symbol === 'api');
    expect(at(site?.body, 'dependsOn')).toMatchObject({ items: [{ text: 'appRoles' }, { text: 'endpoints' }] });
  });
});

describe('bicep: sizes', () => {
  const sizes = JSON.parse(readFileSync(join(ROOT, 'infra/sizes.json'), 'utf8')) as Record<
    string,
    Record<string, number>
  >;

  test('main.bicep offers exactly these sizes, each complete, and uses every entry', () => {
    const parameter = main.parameters.find(({ symbol }) => symbol === 'size');
    expect(parameter?.decorators.join()).toContain(`['${Object.keys(sizes).join("', '")}']`);
    for (const size of Object.values(sizes)) expect(Object.keys(size)).toEqual(Object.keys(sizes.dev ?? {}));
    for (const key of Object.keys(sizes.dev ?? {})) expect(main.text).toContain(`preset.${key}`);
    for (const [, key] of main.text.matchAll(/preset\.(\w+)/g)) expect(sizes.dev).toHaveProperty(key ?? '');
  });

  test('readers of documents fit into an instance beside the worker', () => {
    for (const [name, size] of Object.entries(sizes)) {
      const { extractSlots = 0, extractMemoryMB = 0, instanceMemoryMB = 0 } = size;
      expect([512, 2048, 4096]).toContain(instanceMemoryMB);
      expect(extractSlots * extractMemoryMB + 1024, name).toBeLessThanOrEqual(instanceMemoryMB);
    }
  });
});

describe('bicep: parameters file', () => {
  test('every entry is a parameter of main.bicep, each variable is in docs/deploy.md, and defaults agree', () => {
    const file = JSON.parse(readFileSync(join(ROOT, 'infra/main.parameters.json'), 'utf8')) as {
      parameters: Record<string, { value: string }>;
    };
    const docs = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');
    const declared = new Map(main.parameters.map((parameter) => [parameter.symbol, parameter]));
    for (const [name, { value }] of Object.entries(file.parameters)) {
      const parameter = declared.get(name);
      expect(parameter, name).toBeDefined();
      const match = /^\$\{([A-Z0-9_]+)(?:=(.*))?\}$/.exec(value);
      expect(match, `${name}: ${value}`).not.toBeNull();
      const [, variable = '', fallback] = match ?? [];
      expect(docs, `docs/deploy.md names ${variable}`).toContain(variable);
      if (parameter?.initial?.kind === 'literal' && fallback !== undefined && parameter.symbol !== 'principalId')
        expect(fallback, name).toBe(String(parameter.initial.value));
    }
    const given = new Set(Object.keys(file.parameters));
    const unset = main.parameters.filter(({ symbol, hasDefault }) => !hasDefault && !given.has(symbol));
    expect(unset.map(({ symbol }) => symbol)).toEqual([]);
  });
});
