// The templates, checked without the Bicep compiler: syntax, parameters, modules and property names. Their rules: bicep-rules.test.ts.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { at, type BicepFile, bicepFiles, parseBicep, ROOT } from './bicep.ts';
import { checkResource, type TypeTable } from './property-check.ts';

const files = bicepFiles();
const fileNamed = (name: string): BicepFile => {
  const found = files.find(({ file }) => file === name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
};
const main = fileNamed('infra/main.bicep');
const resources = files.flatMap((file) => file.resources.map((resource) => ({ file: file.file, resource })));

describe('bicep: syntax and shape', () => {
  test('every file is read without a syntax error', () => {
    expect(files.length).toBeGreaterThan(15);
    expect(files.flatMap(({ file, problems }) => problems.map((problem) => `${file}:${problem}`))).toEqual([]);
  });

  test('the reader notices a syntax error', () => {
    expect(parseBicep('x', "resource a 'T/x@1' = {\n name 'b'\n}\n").problems).not.toEqual([]);
  });

  test('every parameter says what it is for', () => {
    const silent = files.flatMap(({ file, parameters }) =>
      parameters
        .filter(({ decorators }) => !decorators.some((text) => /@description\('.{8,}'\)/s.test(text)))
        .map(({ symbol }) => `${file}: ${symbol}`),
    );
    expect(silent).toEqual([]);
  });

  test('parameters that carry secrets are @secure, and no output carries one', () => {
    const named = /password|secret|apikey|(?<!public)key$/i;
    for (const { file, parameters, outputs } of files) {
      for (const { symbol, decorators } of parameters)
        if (named.test(symbol)) expect(decorators, `${file}: ${symbol}`).toContain('@secure()');
      for (const { symbol, text } of outputs)
        expect(named.test(symbol) || /listKeys|apiKey/i.test(text), `${file}: output ${symbol}`).toBe(false);
    }
  });

  test('every parameter, variable, resource and module is used', () => {
    const idle = files.flatMap(({ file, text, parameters, variables, resources: own, modules, outputs }) => {
      const code = text.replace(/^\s*\/\/.*$/gm, '').replace(/@description\('.*?'\)/g, '');
      const uses = (symbol: string) => [...code.matchAll(new RegExp(`\\b${symbol}\\b`, 'g'))].length;
      const declared = [...parameters, ...variables, ...own.filter(({ isExisting }) => isExisting)];
      return declared
        .filter(({ symbol }) => uses(symbol) < 2)
        .map(({ symbol }) => `${file}: ${symbol}`)
        .concat(modules.length + outputs.length + own.length === 0 ? [`${file}: declares nothing`] : []);
    });
    expect(idle).toEqual([]);
  });
});

describe('bicep: modules', () => {
  const calls = files.flatMap((caller) => caller.modules.map((module) => ({ caller, module })));

  test('every module exists and gets exactly the parameters it declares', () => {
    expect(calls.length).toBeGreaterThan(12);
    for (const { caller, module } of calls) {
      const path = normalize(join(dirname(caller.file), module.path));
      expect(existsSync(join(ROOT, path)), `${caller.file}: ${module.path}`).toBe(true);
      const declared = fileNamed(path).parameters;
      const body = at(module.body, 'params');
      const given = body?.kind === 'object' ? [...body.entries.keys()] : [];
      const label = `${caller.file}: module ${module.symbol}`;
      expect(
        given.filter((name) => !declared.some(({ symbol }) => symbol === name)),
        label,
      ).toEqual([]);
      const missing = declared.filter(({ symbol, hasDefault }) => !hasDefault && !given.includes(symbol));
      expect(
        missing.map(({ symbol }) => symbol),
        label,
      ).toEqual([]);
    }
  });

  test('every output that is asked of a module exists', () => {
    for (const { caller, module } of calls) {
      const outputs = fileNamed(normalize(join(dirname(caller.file), module.path))).outputs.map(({ symbol }) => symbol);
      for (const [, name] of caller.text.matchAll(new RegExp(`\\b${module.symbol}!?\\.outputs\\.(\\w+)`, 'g')))
        expect(outputs, `${caller.file}: ${module.symbol}.outputs.${name}`).toContain(name);
    }
  });

  test('outputs of a module that may be absent are asked for behind its condition only', () => {
    for (const { caller, module } of calls) {
      const isConditional = new RegExp(`module ${module.symbol} '[^']+' = if`).test(caller.text);
      const plain = new RegExp(`\\b${module.symbol}\\.outputs\\.`).test(caller.text);
      expect(isConditional && plain, `${caller.file}: ${module.symbol}`).toBe(false);
    }
  });

  test('no symbol is used that is not declared', () => {
    const known = new Set(
      'resourceGroup subscription tenant environment loadJsonContent loadTextContent toLower uniqueString union concat map items filter empty string max guid subscriptionResourceId resourceId replace listKeys cidrSubnet deployer true false null for in if existing'.split(
        ' ',
      ),
    );
    for (const { file, text, parameters, variables, resources: own, modules } of files) {
      const code = text
        .replace(/'''[\s\S]*?'''/g, "''")
        .replace(/(?<=^|\s)\/\/.*$/gm, '')
        .replace(/'(?:[^'\\]|\\.)*'/g, (literal) =>
          [...literal.matchAll(/\$\{([^}]*)\}/g)].map((m) => ` ${m[1]} `).join(' '),
        )
        .replace(/^@.*$/gm, '');
      const declared = new Set([...parameters, ...variables, ...own, ...modules].map(({ symbol }) => symbol));
      const locals = new Set([...text.matchAll(/(?:for \(?(\w+)(?:, (\w+)\))?|(\w+) =>)/g)].flatMap((m) => m.slice(1)));
      const used = [...code.matchAll(/(?<![\w.@:'$])([a-zA-Z_]\w*)(?=!?\.\w|\[|\()/g)].map((m) => m[1] ?? '');
      const unknown = used.filter((name) => !declared.has(name) && !known.has(name) && !locals.has(name));
      expect([...new Set(unknown)], file).toEqual([]);
    }
  });
});

describe('bicep: resources', () => {
  const typesFile = join(ROOT, '../shared/data/bicep-types.json');

  test.skipIf(!existsSync(typesFile))(
    'properties agree with the types of Azure (skipped without the type table)',
    () => {
      const table = JSON.parse(readFileSync(typesFile, 'utf8')) as TypeTable;
      // Types the table does not hold; their versions are pinned here.
      const outside = new Set([
        'Microsoft.Storage/storageAccounts/queueServices@2025-06-01',
        'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01',
        'Microsoft.Synapse/workspaces/administrators@2021-06-01',
        'Microsoft.Authorization/locks@2020-05-01',
        'Microsoft.Insights/metricAlerts@2018-03-01',
        'Microsoft.Consumption/budgets@2024-08-01',
      ]);
      const findings: string[] = [];
      let checked = 0;
      for (const { file, resource } of resources) {
        const found =
          resource.isExisting && table[`${resource.type}@${resource.version}`] ? [] : checkResource(resource, table);
        const name = `${resource.type}@${resource.version}`;
        if (found === undefined) {
          if (!outside.has(name)) findings.push(`${file}: ${resource.symbol}: ${name} is not pinned`);
          continue;
        }
        checked += 1;
        findings.push(...found.map((finding) => `${file}: ${resource.symbol}: ${finding}`));
      }
      expect(findings).toEqual([]);
      expect(checked).toBeGreaterThan(40);
    },
  );

  test('the property check finds a misspelt key, a wrong kind, a closed value and a missing key', () => {
    const table: TypeTable = {
      'T/x@1': {
        root: 0,
        types: [
          { o: { '!properties': 1 } },
          { o: { isOn: 2, tier: 3, '!id': 6 } },
          'b',
          { u: [4, 5] },
          { l: 'Hot' },
          { l: 'Cool' },
          's',
        ],
      },
    };
    const [resource] = parseBicep(
      'x.bicep',
      "resource a 'T/x@1' = {\n  properties: {\n    isOn: 'no'\n    tier: 'Warm'\n    isOff: true\n  }\n}\n",
    ).resources;
    expect(resource === undefined ? [] : checkResource(resource, table)).toEqual([
      'properties.isOn: a boolean is needed',
      'properties.tier: must be one of Hot, Cool',
      'properties: unknown property isOff',
      'properties: needs the property id',
    ]);
  });

  test('one API version per resource type', () => {
    const versions = new Map<string, Set<string>>();
    for (const { resource } of resources)
      versions.set(resource.type, (versions.get(resource.type) ?? new Set()).add(resource.version));
    expect([...versions].filter(([, found]) => found.size > 1).map(([type]) => type)).toEqual([]);
  });

  test('every resource that can be tagged carries the tags', () => {
    const untagged = new Set([
      'roleAssignments',
      'locks',
      'config',
      'containers',
      'blobServices',
      'queueServices',
      'queues',
      'managementPolicies',
      'eventSubscriptions',
      'deployments',
      'administrators',
      'firewallRules',
      'taskHubs',
      'privateDnsZoneGroups',
      'budgets',
    ]);
    for (const { file, resource } of resources) {
      const kind = resource.type.split('/').at(-1) ?? '';
      if (!resource.isExisting && !untagged.has(kind))
        expect(at(resource.body, 'tags'), `${file}: ${resource.symbol}`).toBeDefined();
    }
  });

  test('deployments of one AI account are made one after another', () => {
    const loops = resources.filter(({ resource }) => resource.type.endsWith('accounts/deployments'));
    expect(loops.length).toBeGreaterThan(0);
    for (const { resource } of loops) expect(resource.isLoop && resource.decorators).toContain('@batchSize(1)');
  });

  test('no default model is one that has been retired', () => {
    const retired = /gpt-4o|gpt-4\.1|gpt-35|gpt-4-|\bo[134](-mini)?\b|gpt-5\.2/;
    const defaults = readFileSync(join(ROOT, 'infra/main.parameters.json'), 'utf8');
    const initial = main.parameters.find(({ symbol }) => symbol === 'chatModel')?.initial;
    expect(initial?.kind === 'literal' && initial.value).toBe('gpt-5.4-mini');
    for (const text of [defaults, ...files.map((file) => file.text)]) expect(text).not.toMatch(retired);
  });
});
