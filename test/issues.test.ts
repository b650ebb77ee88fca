import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseRequest } from '../shared/api/problem.ts';
import { parseSchedules } from '../shared/intake/schedules.ts';
import { sayIssues } from '../shared/issues.ts';
import { parseDeployments } from '../shared/llm/deployments/deployment-json.ts';
import { parseTaxonomy } from '../shared/taxonomy.ts';

const wrong = (schema: z.ZodType, value: unknown): string => {
  const parsed = schema.safeParse(value);
  return parsed.success ? 'nothing' : sayIssues(parsed.error, 'value');
};

test('what is wrong is said by member and by what it must be', () => {
  const schema = z.strictObject({
    name: z.string().min(2),
    count: z.int().min(1).max(5).optional(),
    kind: z.enum(['a', 'b']).optional(),
    list: z.array(z.boolean()).min(1).optional(),
    free: z.string().regex(/x/, 'must hold an x').optional(),
    bare: z.string().regex(/x/).optional(),
  });
  const cases: [unknown, string][] = [
    [7, 'value: must be an object'],
    [{}, 'name: is missing: it must be a text'],
    [{ name: 'x' }, 'name: must have at least 2 characters'],
    [{ name: 'xx', count: 1.5 }, 'count: must be a whole number'],
    [{ name: 'xx', count: 9 }, 'count: must be at most 5'],
    [{ name: 'xx', kind: 'c' }, 'kind: must be "a" or "b"'],
    [{ name: 'xx', list: [] }, 'list: must have at least 1 entries'],
    [{ name: 'xx', list: [1] }, 'list.0: must be true or false'],
    [{ name: 'xx', free: 'y' }, 'free: must hold an x'],
    [{ name: 'xx', bare: 'y' }, 'bare: has not the form that is needed'],
    [{ name: 'xx', other: 1 }, 'other: is not known here'],
  ];
  for (const [value, said] of cases) expect(wrong(schema, value), JSON.stringify(value)).toBe(said);
});

test('of a union the form that fits best is told', () => {
  const schema = z.array(
    z.union([
      z.strictObject({ name: z.string(), run: z.number() }),
      z.strictObject({ name: z.string(), train: z.number() }),
    ]),
  );
  expect(wrong(schema, [{ name: 'n', train: 'x' }])).toBe('0.train: must be a number');
});

test('settings, labels and requests are told in the same words, with the name of the setting', () => {
  expect(() => parseSchedules('[{"name":"nightly","cron":"x","maintenance":true}]')).toThrow(
    'SCHEDULES: 0.cron: must be a cron expression of five fields',
  );
  const auth = { identity: async () => '', key: () => async () => '' };
  expect(() => parseDeployments('[{"name":1}]', auth)).toThrow(
    /^LLM_DEPLOYMENTS: 0\.name: must be a text; 0\.baseUrl: is missing/,
  );
  expect(() => parseDeployments('nothing', auth)).toThrow('LLM_DEPLOYMENTS: is not JSON');
  expect(() =>
    parseTaxonomy({
      name: 'x',
      labels: [
        { name: 5, description: '' },
        { name: 'b', description: '' },
      ],
    }),
  ).toThrow('taxonomy: labels.0.name: must be a text');
  expect(() => parseRequest(z.strictObject({ limit: z.number() }), { limit: 'x', more: 1 })).toThrow(
    'limit: must be a number; more: is not known here',
  );
});
