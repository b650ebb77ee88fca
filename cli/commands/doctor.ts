// `sluice doctor`: is everything in place, and if not, what to do. Exit code 1 when something must be mended.

import { createServer } from 'node:net';
import { resolve } from 'node:path';
import type { App } from '../../shared/compose.ts';
import { type Config, inspectConfig, readEnvironment } from '../../shared/config.ts';
import { codeOf } from '../../shared/errors.ts';
import { parseSchedules, type Schedule } from '../../shared/intake/schedules.ts';
import { deploymentsFromConfig } from '../../shared/llm/deployments/deployment.ts';
import type { Embeddings } from '../../shared/pipeline/deployment-encoders.ts';
import { loadTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { ApiClient } from '../api-client.ts';
import { appFolder } from '../app-folder.ts';
import { print, printJson } from '../console.ts';
import { DataFolder } from '../data-folder.ts';
import { withApp } from '../local-app.ts';
import { readLocalSettings } from '../local-cloud.ts';

export interface Check {
  check: string;
  ok: boolean;
  found: string;
  remedy?: string;
}

export async function doctorCommand(options: { data: string; json: boolean }): Promise<void> {
  const settings = checkSettings();
  const checks: Check[] = [
    checkNode(),
    ...settings,
    ...(await checkPorts(options.data)),
    ...(await checkLake(
      options.data,
      settings.some(({ ok }) => !ok),
    )),
  ];
  // Deployments that were asked have said more than their address can.
  const llm = await checkLlm();
  if (!llm.ok || !checks.some(({ check }) => check.startsWith('deployment '))) checks.push(llm);
  if (options.json) printJson(checks);
  else
    for (const { check, ok, found, remedy } of checks)
      print(`${ok ? '✓' : '✗'} ${check}: ${found}${ok || remedy === undefined ? '' : `\n    → ${remedy}`}`);
  if (checks.some((check) => !check.ok)) process.exitCode = 1;
}

function checkNode(): Check {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    check: 'Node.js',
    ok: major >= 22,
    found: process.version,
    remedy: 'Start Sluice through npm (npm start, npx sluice …): it brings Node 24 along.',
  };
}

function checkSettings(): Check[] {
  const env = { LAKE: 'UseDevelopmentStorage=true', ...readLocalSettings(appFolder()), ...readEnvironment() };
  const { problems, config } = inspectConfig(env);
  if (config !== undefined) return [{ check: 'settings', ok: true, found: 'all valid' }, ...checkInside(config)];
  return problems.map(({ setting, problem, remedy }) => ({
    check: `setting ${setting}`,
    ok: false,
    found: problem,
    remedy,
  }));
}

async function checkPorts(data: string): Promise<Check[]> {
  const state = new DataFolder(resolve(data)).state();
  if (state?.hostUrl) {
    const run = await new ApiClient(state.hostUrl).runs(1).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return [
      {
        check: 'host',
        ok: run === undefined,
        found: run ?? `running at ${state.hostUrl}`,
        remedy: 'See host.log in the data folder.',
      },
    ];
  }
  const taken = await Promise.all(
    [7071, 10000, 10001, 10002].map(async (port) => ((await isFree(port)) ? undefined : port)),
  );
  const list = taken.filter((port) => port !== undefined);
  return [
    {
      check: 'ports',
      ok: true,
      found: list.length === 0 ? 'the usual ones are free' : `${list.join(', ')} taken: free ones will be used instead`,
    },
  ];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

async function checkLake(data: string, isTold: boolean): Promise<Check[]> {
  try {
    return await withApp(data, async (app) => {
      const champion = await app.registry.championVersion();
      const found =
        champion === undefined ? 'none registered: every document would go to the LLM' : `champion ${champion}`;
      return [
        { check: 'storage', ok: true, found: `container ${app.lake.container} answers` },
        { check: 'model', ok: true, found },
        ...(await checkPinned(app)),
        ...(await askDeployments(app)),
        ...(await askEmbeddings(app)),
      ];
    });
  } catch (error) {
    const found = (error as Error).message.split('\n')[0] ?? 'unknown';
    // Not the storage: whatever is opened with these settings fails. Those that one look finds wrong are told above.
    if (codeOf(error) === 'config.invalid')
      return isTold
        ? []
        : [{ check: 'settings', ok: false, found, remedy: 'Correct the setting named; docs/settings.md lists them.' }];
    return [
      {
        check: 'storage',
        ok: false,
        found,
        remedy: 'See storage.log in the data folder; check the settings above and the network.',
      },
    ];
  }
}

/** One real question to each deployment: only an answer shows that key, name, form and money fit. */
async function askDeployments(app: App): Promise<Check[]> {
  const probes = (await app.services.llm?.probe?.()) ?? [];
  return probes.map(({ deployment, isAnswered, found, learnt, requests, costUsd }) => ({
    check: `deployment ${deployment}`,
    ok: isAnswered,
    found: [
      found,
      ...(learnt.length === 0 ? [] : [`learnt: ${learnt.join('; ')}`]),
      `${requests === 1 ? '1 request' : `${requests} requests`}, ${costUsd.toFixed(6)} USD`,
    ].join('; '),
    remedy: 'Correct what the service names: address, key, model or a member of LLM_DEPLOYMENTS (docs/llm.md).',
  }));
}

/** The same for deployments that give vectors; the one in use must still give those that it was chosen with. */
export async function askEmbeddings(app: {
  embeddings: Pick<Embeddings, 'probe'> | undefined;
  encoders: Pick<App['encoders'], 'list'>;
}): Promise<Check[]> {
  const probes = (await app.embeddings?.probe()) ?? [];
  const inUse = (await app.encoders.list()).encoders.find((encoder) => encoder.inUse);
  return probes.map(({ deployment, dimensions, found, costUsd }) => {
    const isInUse = inUse?.kind === 'deployment' && inUse.name === deployment;
    const isOther = isInUse && dimensions !== undefined && dimensions !== inUse.dimensions;
    return {
      check: `embedding deployment ${deployment}`,
      ok: dimensions !== undefined && !isOther,
      found: `${found}${isOther ? `, not ${inUse.dimensions} as when it was chosen` : isInUse ? ', the encoder in use' : ''}; 1 request, ${costUsd.toFixed(8)} USD`,
      remedy: isOther
        ? `Choose it anew with \`sluice encoder use ${deployment}\` and train again, or ask for the old length with its member dimensions.`
        : 'Correct what the service names: address, key, model or a member of EMBEDDING_DEPLOYMENTS (docs/models.md, Encoders).',
    };
  });
}

/** Versions that settings and schedules name: a wrong one would fail when it is first needed, at night perhaps. */
async function checkPinned(app: App): Promise<Check[]> {
  const { MODEL_VERSION, TAXONOMY_VERSION, SCHEDULES } = app.config;
  const checks: Check[] = [];
  const look = async (check: string, name: string, kind: 'model' | 'taxonomy') => {
    const found = await (kind === 'model' ? app.registry.manifest(name) : loadTaxonomy(app.lake, name)).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const list = kind === 'model' ? '`sluice models` lists the versions' : 'publish it, or name a stored version';
    checks.push({ check, ok: found === undefined, found: found ?? `${name} is there`, remedy: `Correct it: ${list}.` });
  };
  if (MODEL_VERSION !== undefined) await look('setting MODEL_VERSION', MODEL_VERSION, 'model');
  if (TAXONOMY_VERSION !== undefined) await look('setting TAXONOMY_VERSION', TAXONOMY_VERSION, 'taxonomy');
  for (const schedule of schedulesOf(SCHEDULES).schedules) {
    const { modelVersion, taxonomyVersion } = { modelVersion: undefined, ...pinsOf(schedule) };
    if (modelVersion !== undefined) await look(`schedule ${schedule.name}, model`, modelVersion, 'model');
    if (taxonomyVersion !== undefined) await look(`schedule ${schedule.name}, labels`, taxonomyVersion, 'taxonomy');
  }
  return checks;
}

const pinsOf = (schedule: Schedule): { modelVersion?: string | undefined; taxonomyVersion?: string | undefined } =>
  'run' in schedule ? schedule.run : 'train' in schedule ? schedule.train : {};

function schedulesOf(text: string): { schedules: Schedule[]; problem?: string } {
  try {
    return { schedules: parseSchedules(text) };
  } catch (error) {
    return { schedules: [], problem: (error as Error).message };
  }
}

/** What only a look inside a valid setting shows. */
function checkInside(config: Config): Check[] {
  const checks: Check[] = [];
  const { schedules, problem } = schedulesOf(config.SCHEDULES);
  if (problem !== undefined || schedules.length > 0)
    checks.push({
      check: 'setting SCHEDULES',
      ok: problem === undefined,
      found: problem ?? schedules.map(({ name, cron }) => `${name} (${cron})`).join(', '),
      remedy: 'Correct the entry named; docs/runs.md shows the form. No schedule runs until then.',
    });
  try {
    const deployments = deploymentsFromConfig(config, () => async () => '');
    if (deployments.length > 1)
      checks.push({ check: 'deployments', ok: true, found: deployments.map(({ name }) => name).join(', ') });
  } catch (error) {
    checks.push({
      check: 'deployments',
      ok: false,
      found: (error as Error).message,
      remedy: 'Correct LLM_DEPLOYMENTS; docs/llm.md shows the form.',
    });
  }
  return checks;
}

/** Does an OpenAI-compatible endpoint know the model by the name that is set? undefined when it does not say. */
async function knowsModel(base: string, model: string, key: string | undefined): Promise<boolean | undefined> {
  const response = await fetch(`${base.replace(/\/+$/, '')}/models`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(5000),
  });
  const list = response.ok
    ? ((await response.json().catch(() => undefined)) as { data?: { id?: unknown }[] } | undefined)
    : undefined; // checked below
  if (!Array.isArray(list?.data)) return undefined;
  const names = list.data.map(({ id }) => String(id));
  // Servers that shorten names ("model" for "model:latest") answer by the first part.
  return names.some((name) => name === model || name.startsWith(`${model}:`) || name === 'simulator');
}

async function checkLlm(): Promise<Check> {
  const env: Record<string, string | undefined> = { ...readLocalSettings(appFolder()), ...readEnvironment() };
  const base = env.OPENAI_BASE_URL ?? env.AZURE_OPENAI_ENDPOINT;
  if (base === undefined)
    return {
      check: 'LLM',
      ok: true,
      found:
        'none configured: the built-in SIMULATOR answers (set OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT for a real one)',
    };
  try {
    await fetch(base, { signal: AbortSignal.timeout(5000) }); // whatever the status: paths of their own answer
    const { OPENAI_BASE_URL: own, OPENAI_MODEL: model } = env;
    if (own !== undefined && model !== undefined && (await knowsModel(own, model, env.OPENAI_API_KEY)) === false)
      return {
        check: 'LLM',
        ok: false,
        found: `${own} answers, but has no model "${model}"`,
        remedy: 'Set OPENAI_MODEL to a name that its /models lists.',
      };
    return { check: 'LLM', ok: true, found: `${base} answers` };
  } catch (error) {
    return {
      check: 'LLM',
      ok: false,
      found: `${base} does not answer (${(error as Error).name})`,
      remedy: 'Check the address, the proxy and the firewall.',
    };
  }
}
