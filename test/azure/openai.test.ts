import { expect, test } from 'vitest';
import { azureOpenAiToken, vaultKey } from '../../shared/azure/openai.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

test('token: one request for all who ask at the same time, with the scope given', async () => {
  const asked: string[] = [];
  const token = azureOpenAiToken({
    async getToken(scopes) {
      asked.push(String(scopes));
      return { token: 'secret', expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  });
  expect(await Promise.all([token(), token(), token()])).toEqual(['secret', 'secret', 'secret']);
  expect(asked).toEqual(['https://ai.azure.com/.default']);
});

test('key: read from the vault, kept a quarter of an hour, then read again; an empty one is an error', async () => {
  const clock = new VirtualClock();
  let version = 1;
  let reads = 0;
  const vault = {
    async getSecret(name: string) {
      reads++;
      return { value: `${name}-${version}` };
    },
  };
  const key = vaultKey(vault, 'llm-key', clock);
  expect(await Promise.all([key(), key()])).toEqual(['llm-key-1', 'llm-key-1']);
  version = 2;
  expect(await key()).toBe('llm-key-1');
  await clock.run(clock.sleep(16 * 60_000));
  expect(await key()).toBe('llm-key-2');
  expect(reads).toBe(2);
  await expect(vaultKey({ getSecret: async () => ({}) }, 'none', clock)()).rejects.toThrow(/empty/);
});
