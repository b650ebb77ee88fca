// The templates before the real Bicep compiler: compiled and linted without a word, formatted as it formats them, with the parameters azd
// would pass; and the resources of a dev and a prod environment compared with the lists in infra/snapshots, so that a change shows in a diff.
// `npm run check:infra`; `-- --write` formats the templates and writes the lists anew. Without the compiler it says why and checks nothing.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type HookDeps, runAsProgram } from './cli.ts';
import { listResources, type Snapshot } from './resource-list.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INFRA = join(ROOT, 'infra');
const SNAPSHOTS = join(INFRA, 'snapshots');
const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const IDS = [
  '--subscription-id',
  '00000000-0000-0000-0000-00000000000a',
  '--tenant-id',
  '00000000-0000-0000-0000-00000000000b',
];

/** Environments whose resources are listed: the defaults, and everything that can be chosen, privately. */
const ENVIRONMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dev: {},
  prod: {
    SLUICE_SIZE: 'prod',
    SLUICE_VNET: 'true',
    SLUICE_EVENT_DELIVERY: 'queue',
    SLUICE_DURABLE_BACKEND: 'DurableTaskScheduler',
    SLUICE_DOCUMENT_INTELLIGENCE: 'true',
    SLUICE_SPARK: 'true',
    SLUICE_ALERT_EMAIL: 'ops@example.com',
    SLUICE_MONTHLY_BUDGET: '500',
    SLUICE_BUDGET_START_DATE: '2026-11-01',
  },
};
const ALWAYS = {
  AZURE_ENV_NAME: 'check',
  AZURE_LOCATION: 'swedencentral',
  AZURE_PRINCIPAL_ID: '00000000-0000-0000-0000-00000000000c',
};

/** The pinned compiler: BICEP names one, else NuGet restores it by its hash. Text instead says why there is none. */
async function findCompiler(env: HookDeps['env']): Promise<{ path: string } | { reason: string }> {
  if (env.BICEP !== undefined && env.BICEP !== '') return { path: env.BICEP };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'the pinned compiler is for Linux x64' };
  const folder = join(INFRA, 'compiler');
  const lock = JSON.parse(readFileSync(join(folder, 'packages.lock.json'), 'utf8')) as {
    dependencies: Record<string, Record<string, { resolved: string }>>;
  };
  const [[name = '', { resolved = '' } = {}] = []] = Object.values(lock.dependencies).flatMap((one) =>
    Object.entries(one),
  );
  const packages = env.NUGET_PACKAGES ?? join(homedir(), '.nuget/packages');
  const path = join(packages, name.toLowerCase(), resolved, 'tools/bicep');
  if (existsSync(path)) return { path };
  try {
    await run('dotnet', ['restore', '--locked-mode', folder], { timeout: 10 * 60_000 });
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === 'ENOENT') return { reason: 'it comes from NuGet, and there is no dotnet (10) to fetch it with' };
    throw new Error(`dotnet restore infra/compiler: ${message.slice(0, 500)}`, { cause: error });
  } finally {
    rmSync(join(folder, 'obj'), { recursive: true, force: true });
  }
  return existsSync(path) ? { path } : { reason: `NuGet did not unpack it to ${path}` };
}

interface Sarif {
  runs: {
    results: {
      ruleId: string;
      message: { text: string };
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
    }[];
  }[];
}

/** Every diagnostic of every template below a folder, warnings too, as `file:line rule: message`. Linting compiles. */
async function lint(bicep: string, folder: string): Promise<string[]> {
  const args = ['lint', '--pattern', `${folder}/**/*.bicep`, '--diagnostics-format', 'sarif'];
  const { stdout } = await run(bicep, args, { maxBuffer: MAX_OUTPUT_BYTES }).catch((error: { stdout?: string }) => {
    if (error.stdout?.trimStart().startsWith('{') !== true) throw error; // it ends with 1 when there are errors
    return { stdout: error.stdout };
  });
  // One document per template, one after another without a line between.
  const documents = stdout.split(/(?<=^\})(?=\s*\{)/m).map((text) => JSON.parse(text) as Sarif);
  const results = documents.flatMap(({ runs }) => runs).flatMap((one) => one.results);
  const lines = results.map(({ ruleId, message, locations }) => {
    const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
    return `${basename(artifactLocation?.uri ?? '')}:${region?.startLine ?? 0} ${ruleId}: ${message.text}`;
  });
  return [...new Set(lines)];
}

/** What azd would pass: main.parameters.json with the variables filled in, as values of the parameters' types. */
function bicepParameters(env: Readonly<Record<string, string>>): string {
  const { parameters } = JSON.parse(readFileSync(join(INFRA, 'main.parameters.json'), 'utf8')) as {
    parameters: Record<string, { value: unknown }>;
  };
  const types = new Map(
    [...readFileSync(join(INFRA, 'main.bicep'), 'utf8').matchAll(/^param (\w+) (\w+)/gm)].map(
      ([, name = '', type = '']) => [name, type],
    ),
  );
  const lines = Object.entries(parameters).map(([name, { value }]) => {
    const text = String(value).replace(
      /\$\{([A-Z0-9_]+)(?:=([^}]*))?\}/g,
      (_, variable: string, fallback = '') => env[variable] ?? fallback,
    );
    const isBare = types.get(name) === 'int' || types.get(name) === 'bool';
    return `param ${name} = ${isBare ? text : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`}`;
  });
  return `using 'main.bicep'\n${lines.join('\n')}\n`;
}

/** The resources an environment would have, as the compiler foresees them. */
async function foresee(bicep: string, folder: string, name: string): Promise<string> {
  const file = join(folder, `${name}.bicepparam`);
  writeFileSync(file, bicepParameters({ ...ALWAYS, ...ENVIRONMENTS[name] }));
  const args = ['snapshot', file, '--mode', 'overwrite', '--location', 'swedencentral', ...IDS];
  await run(bicep, args, { maxBuffer: MAX_OUTPUT_BYTES });
  return listResources(JSON.parse(readFileSync(join(folder, `${name}.snapshot.json`), 'utf8')) as Snapshot);
}

async function main(deps: HookDeps): Promise<number> {
  const compiler = await findCompiler(deps.env);
  if ('reason' in compiler) {
    deps.say(`skipped: no Bicep compiler: ${compiler.reason}. BICEP=<path> names another one.`);
    return 0;
  }
  const { path: bicep } = compiler;
  const writes = process.argv.includes('--write');
  const { stdout: version } = await run(bicep, ['--version']);
  // On a copy: the compiler writes beside what it reads. One process for all templates, since most of its time is its start.
  const copy = mkdtempSync(join(tmpdir(), 'sluice-infra-'));
  try {
    const files = readdirSync(INFRA, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(bicep|json)$/.test(name),
    );
    for (const name of files) cpSync(join(INFRA, name), join(copy, name));
    deps.say('compiling and linting every template');
    const problems = await lint(bicep, copy);
    const compiles = problems.length === 0;
    await run(bicep, ['format', '--pattern', `${copy}/**/*.bicep`], { maxBuffer: MAX_OUTPUT_BYTES });
    for (const name of files.filter((one) => one.endsWith('.bicep')))
      if (readFileSync(join(copy, name), 'utf8') !== readFileSync(join(INFRA, name), 'utf8')) {
        if (writes) cpSync(join(copy, name), join(INFRA, name));
        else problems.push(`infra/${name} is not formatted. Run: npm run check:infra -- --write`);
      }
    // What does not compile has no resources to foresee.
    for (const name of compiles ? Object.keys(ENVIRONMENTS) : []) {
      deps.say(`foreseeing the resources of ${name}`);
      const list = await foresee(bicep, copy, name);
      const file = join(SNAPSHOTS, `${name}.txt`);
      if (writes) writeFileSync(file, list);
      else if (!existsSync(file) || readFileSync(file, 'utf8') !== list)
        problems.push(
          `the resources of ${name} are not those of infra/snapshots/${name}.txt. Run: npm run check:infra -- --write, and look at the diff`,
        );
    }
    for (const problem of problems) deps.say(`✗ ${problem}`);
    if (problems.length > 0) return 1;
    const count = files.filter((name) => name.endsWith('.bicep')).length;
    deps.say(
      `✓ ${count} templates compile, lint and are formatted, and make what infra/snapshots says (${version.trim()})`,
    );
    return 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

runAsProgram(import.meta.url, main);
