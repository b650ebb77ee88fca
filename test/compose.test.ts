import { afterEach, expect, test, vi } from 'vitest';
import { createApp } from '../shared/compose.ts';
import { loadConfig } from '../shared/config.ts';
import { systemClock } from '../shared/ports.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Where a log line of an app goes. */
async function streamOf(env: Record<string, string>): Promise<{ stdout: string[]; stderr: string[] }> {
  for (const name of ['WEBSITE_INSTANCE_ID', 'WEBSITE_POD_NAME', 'CONTAINER_NAME', 'FUNCTIONS_CORETOOLS_ENVIRONMENT'])
    vi.stubEnv(name, env[name] ?? '');
  const app = createApp(loadConfig({ LAKE: 'UseDevelopmentStorage=true' }), systemClock);
  const written = { stdout: [] as string[], stderr: [] as string[] };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((line) => {
      written[name].push(String(line));
      return true;
    });
  try {
    app.logger.info('run.completed', { failed: 0 });
  } finally {
    vi.restoreAllMocks();
    await app.close();
  }
  return written;
}

test('in Azure log lines go to stdout: the host makes an error of each line of stderr that holds "fail", `"failed":0` too', async () => {
  const inAzure = await streamOf({ WEBSITE_INSTANCE_ID: 'instance-1' });
  expect(inAzure.stderr).toEqual([]);
  expect(inAzure.stdout).toHaveLength(1);
  expect(JSON.parse(inAzure.stdout[0] ?? '')).toMatchObject({ event: 'run.completed', failed: 0 });

  const onFlex = await streamOf({ CONTAINER_NAME: 'container-1' });
  expect([onFlex.stdout.length, onFlex.stderr.length]).toEqual([1, 0]);
});

test('on a laptop log lines go to stderr: stdout belongs to the answers of commands', async () => {
  expect(await streamOf({})).toMatchObject({ stdout: [], stderr: [expect.stringContaining('run.completed')] });
  const coreTools = await streamOf({ WEBSITE_INSTANCE_ID: 'x', FUNCTIONS_CORETOOLS_ENVIRONMENT: 'Development' });
  expect([coreTools.stdout.length, coreTools.stderr.length]).toEqual([0, 1]);
});
