import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { retryAfterMs } from '../../../local/host/durable-http.ts';
import { decodeBase64 } from '../../../local/host/queue-trigger.ts';
import {
  parseTimeSpan,
  readHostSettings,
  readLocalSettings,
  resolveSettingReferences,
} from '../../../local/host/settings.ts';
import { expandDevelopmentStorage, resolveConnection } from '../../../local/host/storage.ts';
import { compileSchedule } from '../../../local/host/timer-trigger.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function hostJson(content: unknown): void {
  writeFileSync(join(folder, 'host.json'), JSON.stringify(content));
}

test('host.json: absent gives the defaults, known keys are honoured, unknown ones harmless', () => {
  expect(readHostSettings(folder, {})).toMatchObject({
    routePrefix: 'api',
    durable: { hubName: 'TestHubName', schemaVersion: 2 },
  });
  hostJson({
    version: '2.0',
    anything: 1,
    functionTimeout: '00:10:00',
    extensions: {
      http: { routePrefix: '' },
      durableTask: { hubName: '%HUB%', maxConcurrentActivityFunctions: 3 },
      queues: { messageEncoding: 'none' },
    },
  });
  expect(readHostSettings(folder, { HUB: 'MyHub' })).toMatchObject({
    routePrefix: '',
    functionTimeoutMs: 600_000,
    durable: { hubName: 'MyHub', maxConcurrentActivities: 3 },
    queues: { base64: false },
  });
});

test('host.json: a wrong value is refused with its key and what it must be', () => {
  hostJson({ extensions: { queues: { batchSize: 'many' } } });
  expect(() => readHostSettings(folder, {})).toThrow(
    /extensions\.queues\.batchSize must be a number from 1 to 32, not "many"/,
  );
  hostJson({ extensions: { durableTask: { hubName: '1-hub' } } });
  expect(() => readHostSettings(folder, {})).toThrow(/hubName must begin with a letter/);
  writeFileSync(join(folder, 'host.json'), '{');
  expect(() => readHostSettings(folder, {})).toThrow(/not valid JSON/);
});

test('local.settings.json: values, port and origins; an encrypted file is refused', () => {
  const file = join(folder, 'local.settings.json');
  writeFileSync(
    file,
    JSON.stringify({ Values: { A: 'x', N: 1 }, Host: { LocalHttpPort: 7072, CORS: 'http://a, http://b' } }),
  );
  expect(readLocalSettings(file)).toEqual({
    values: { A: 'x', N: '1' },
    port: 7072,
    cors: ['http://a', 'http://b'],
    corsCredentials: false,
  });
  writeFileSync(file, '{"IsEncrypted":true}');
  expect(() => readLocalSettings(file)).toThrow(/encrypted/);
});

test('%SETTING%: replaced, and a missing one is named', () => {
  expect(resolveSettingReferences('a-%B%-c', { B: 'b' })).toBe('a-b-c');
  expect(() => resolveSettingReferences('%B%', {})).toThrow(/needs the app setting B/);
});

test('connections: string, development storage, identity form, prefix, missing', () => {
  expect(expandDevelopmentStorage('UseDevelopmentStorage=true')).toContain(
    'BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1',
  );
  const custom = 'AccountName=a;AccountKey=a;BlobEndpoint=http://127.0.0.1:4242/a;';
  expect(resolveConnection('LAKE', 'blob', { LAKE: custom })).toEqual({
    kind: 'connection-string',
    connectionString: custom,
  });
  expect(resolveConnection('LAKE', 'blob', { AzureWebJobsLAKE: custom })).toMatchObject({ connectionString: custom });
  expect(resolveConnection('LAKE', 'blob', { LAKE__blobServiceUri: 'https://x' })).toEqual({
    kind: 'identity',
    endpoint: 'https://x',
  });
  expect(resolveConnection(undefined, 'queue', { AzureWebJobsStorage__accountName: 'acc' })).toEqual({
    kind: 'identity',
    endpoint: 'https://acc.queue.core.windows.net',
  });
  expect(() => resolveConnection('LAKE', 'blob', {})).toThrow(/Connection "LAKE" is not configured/);
});

test('schedules: six fields in UTC, day of month and weekday must both fit, time spans, refusals', () => {
  const at = (text: string) => Date.parse(text);
  expect(compileSchedule('0 */5 * * * *')(at('2026-01-01T00:01:00Z'))).toBe(at('2026-01-01T00:05:00Z'));
  expect(compileSchedule('30 0 3 * * *')(at('2026-01-01T04:00:00Z'))).toBe(at('2026-01-02T03:00:30Z'));
  // Friday the 13th, not "every 13th and every Friday"
  expect(compileSchedule('0 0 0 13 * 5')(at('2026-01-01T00:00:00Z'))).toBe(at('2026-02-13T00:00:00Z'));
  expect(compileSchedule('00:10:00')(1000)).toBe(601_000);
  expect(() => compileSchedule('whenever')).toThrow(/no NCRONTAB expression/);
  expect(() => compileSchedule('00:00:00')).toThrow(/longer than zero/);
});

test('time spans: days, hours, fractions', () => {
  expect(parseTimeSpan('1.02:03:04.5')).toBe(93_784_500);
  expect(parseTimeSpan('soon')).toBeUndefined();
});

test('Retry-After: seconds, a date, nothing', () => {
  expect(retryAfterMs('2', 0)).toBe(2000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:05 GMT', 1000)).toBe(4000);
  expect(retryAfterMs(null, 0)).toBeUndefined();
  expect(retryAfterMs('later', 0)).toBeUndefined();
});

test('queue messages: base64, with or without line breaks; anything else is none', () => {
  expect(decodeBase64(Buffer.from('héllo').toString('base64'))?.toString()).toBe('héllo');
  expect(decodeBase64('aGVs\r\nbG8=')?.toString()).toBe('hello');
  for (const none of ['plain text', '{"a":1}', 'abc', '-_-_']) expect(decodeBase64(none), none).toBeUndefined();
});
