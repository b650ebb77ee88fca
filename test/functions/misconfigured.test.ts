import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const { registered } = vi.hoisted(() => ({ registered: new Map<string, { handler(): unknown }>() }));
vi.mock('@azure/functions', () => {
  const note = (name: string, options: { handler(): unknown }) => registered.set(name, options);
  return { app: { http: note, timer: note, storageBlob: note, storageQueue: note, generic: note } };
});
vi.mock('durable-functions', () => ({
  default: {
    app: {
      activity: (name: string) => registered.set(name, { handler: () => {} }),
      orchestration: (name: string) => registered.set(name, { handler: () => {} }),
    },
    input: { durableClient: () => ({}) },
  },
}));

test('wrong settings: every file loads, only health is registered, and it says what to do without showing a value', async () => {
  vi.stubEnv('LAKE', 'UseDevelopmentStorage=true');
  vi.stubEnv('BATCH_CONCURRENCY', 'four-SECRET');
  const folder = join(import.meta.dirname, '../../functions');
  for (const file of readdirSync(folder)) await import(join(folder, file));
  expect([...registered.keys()]).toEqual(['health']);
  const answer = registered.get('health')?.handler();
  expect(answer).toMatchObject({
    status: 503,
    jsonBody: {
      status: 'misconfigured',
      problems: [expect.stringMatching(/^BATCH_CONCURRENCY: Set BATCH_CONCURRENCY to a whole number/)],
    },
  });
  expect(JSON.stringify(answer)).not.toContain('SECRET');
});
