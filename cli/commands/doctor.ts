// `sluice doctor`: is everything in place, and if not, what to do. Exit code 1 when something must be mended.
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { inspectConfig, readEnvironment } from '../../shared/config.ts';
import { ApiClient } from '../api-client.ts';
import { DataFolder } from '../data-folder.ts';
import { appFolder, withApp } from '../local-app.ts';
import { readLocalSettings } from '../local-cloud.ts';

interface Check {
  check: string;
  ok: boolean;
  found: string;
  remedy?: string;
}

export async function doctorCommand(options: { data: string; json: boolean }): Promise<void> {
  const checks: Check[] = [
    checkNode(),
    ...checkSettings(),
    ...(await checkPorts(options.data)),
    ...(await checkLake(options.data)),
    await checkLlm(),
  ];
  if (options.json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  else
    for (const { check, ok, found, remedy } of checks)
      process.stdout.write(
        `${ok ? '✓' : '✗'} ${check}: ${found}${ok || remedy === undefined ? '' : `\n    → ${remedy}`}\n`,
      );
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
  const { problems } = inspectConfig(env);
  if (problems.length === 0) return [{ check: 'settings', ok: true, found: 'all valid' }];
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

async function checkLake(data: string): Promise<Check[]> {
  try {
    return await withApp(data, async (app) => {
      const champion = await app.registry.championVersion();
      const found =
        champion === undefined ? 'none registered: every document would go to the LLM' : `champion ${champion}`;
      return [
        { check: 'storage', ok: true, found: `container ${app.lake.container} answers` },
        { check: 'model', ok: true, found },
      ];
    });
  } catch (error) {
    const found = (error as Error).message.split('\n')[0] ?? 'unknown';
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
    const response = await fetch(base, { signal: AbortSignal.timeout(5000) });
    return { check: 'LLM', ok: true, found: `${base} answers (HTTP ${response.status})` };
  } catch (error) {
    return {
      check: 'LLM',
      ok: false,
      found: `${base} does not answer (${(error as Error).name})`,
      remedy: 'Check the address, the proxy and the firewall.',
    };
  }
}
