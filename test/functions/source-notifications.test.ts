// The open door of Microsoft Graph: shut without its setting, and never an echo of what could be more than text.
import { beforeEach, expect, test, vi } from 'vitest';

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}
type Handler = (request: unknown, context: unknown) => Promise<Answer>;
const { registered } = vi.hoisted(() => ({ registered: new Map<string, { authLevel: string; handler: Handler }>() }));
vi.mock('@azure/functions', () => ({
  app: { http: (name: string, options: { authLevel: string; handler: Handler }) => registered.set(name, options) },
}));

async function call(url: string | undefined, query: Record<string, string>, body = '{}'): Promise<Answer> {
  vi.resetModules();
  vi.stubEnv('LAKE', 'UseDevelopmentStorage=true');
  vi.stubEnv('NOTIFICATIONS_URL', url ?? '');
  await import('../../functions/source-notifications.ts');
  const request = { query: new URLSearchParams(query), text: async () => body };
  return registered.get('sourceNotifications')!.handler(request, { error: () => {} });
}

beforeEach(() => vi.unstubAllEnvs());

test('without NOTIFICATIONS_URL there is nothing here, not even a handshake', async () => {
  expect(await call(undefined, { validationToken: 'hello' })).toEqual({ status: 404 });
  expect(registered.get('sourceNotifications')?.authLevel).toBe('anonymous');
});

test('a handshake gets its token as plain text that no browser takes for anything else; other tokens and bodies are refused', async () => {
  const url = 'https://app.example';
  expect(await call(url, { validationToken: 'Validation: Request-Id: 1' })).toEqual({
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: 'Validation: Request-Id: 1',
  });
  expect(await call(url, { validationToken: '<b>' })).toMatchObject({ status: 400 });
  expect(await call(url, { validationToken: 'x'.repeat(2000) })).toMatchObject({ status: 400 });
  expect(await call(url, {}, 'not JSON')).toMatchObject({ status: 400 });
  expect(await call(url, {}, ' '.repeat(300_000))).toMatchObject({ status: 400 });
});
