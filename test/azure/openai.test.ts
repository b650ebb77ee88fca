import { expect, test } from 'vitest';
import { azureOpenAiToken } from '../../shared/azure/openai.ts';

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
