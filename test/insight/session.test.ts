import { expect, test } from 'vitest';
import { describeSession } from '../../shared/insight/session.ts';
import { currentTaxonomyPath } from '../../shared/paths.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

const KEY = { name: 'function key', roles: ['reader', 'reviewer', 'operator'] as const };

test('session: the holder of a key has every role and no name; limits are those of the settings', async () => {
  const { services } = await fakeWorld({ ACCEPT_THRESHOLD: '0.8', LLM_MAX_COST_USD_PER_DAY: '5' });
  expect(await describeSession(services, KEY)).toEqual({
    name: null,
    roles: ['reader', 'reviewer', 'operator'],
    authMode: 'function-keys',
    llm: 'fake',
    llmUse: 'asked',
    acceptThreshold: 0.8,
    reviewThreshold: 0,
    budget: { perRunUsd: null, perDayUsd: 5 },
    maxUploadBytes: 104_857_600,
    pipelineVersion: 'test',
    taxonomy: {
      version: expect.stringMatching(/^t-/),
      name: 't',
      labels: [
        { name: 'VAT', description: 'VAT' },
        { name: 'Customs', description: 'Customs' },
      ],
    },
  });
});

test('session: a person who signed in is named; without LLM and labels there is neither', async () => {
  const { services } = await fakeWorld({
    AUTH_MODE: 'entra',
    WEBSITE_INSTANCE_ID: 'a1',
    WEBSITE_AUTH_ENABLED: 'True',
  });
  await services.lake.delete(currentTaxonomyPath);
  const session = await describeSession({ ...services, llm: undefined }, { name: 'ada@x.org', roles: ['reader'] });
  expect(session).toMatchObject({ name: 'ada@x.org', roles: ['reader'], authMode: 'entra', llm: null, taxonomy: null });
});
