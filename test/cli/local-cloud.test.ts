import { afterEach, expect, test, vi } from 'vitest';
import { hostSettings } from '../../cli/local-cloud.ts';
import { temporaryFolder } from '../e2e/sluice.ts';

afterEach(() => vi.unstubAllEnvs());

test('--no-llm switches the LLM off for the host, whatever the settings say', () => {
  const folder = temporaryFolder('settings');
  vi.stubEnv('LLM_ENABLED', 'true');
  const options = { dataFolder: folder.path, appFolder: folder.path, withHost: true, port: 0 };
  const state = { lake: 'lake', webJobsStorage: 'jobs' };
  expect(hostSettings({ ...options, isLlmOff: true }, state).LLM_ENABLED).toBe('false');
  expect(hostSettings(options, state).LLM_ENABLED).toBe('true');
  folder.remove();
});
