import { beforeEach, expect, test } from 'vitest';
import type { RunStatus } from '../../shared/api/runs.ts';
import type { SourceStatus } from '../../shared/api/source-status.ts';
import { TerminalError } from '../../shared/errors.ts';
import { drifted, failedRuns, isoWeek, spentBudget, stalledRuns } from '../../shared/notices/alarms.ts';
import type { Notice } from '../../shared/notices/notice.ts';
import { NoticeBox } from '../../shared/notices/notice-box.ts';
import { linkTo, type TellSources, tellPeople } from '../../shared/notices/tell.ts';
import { runMarkPath } from '../../shared/paths.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables } from '../fakes/tables.ts';

const run = (runId: string, given: Partial<RunStatus>): RunStatus =>
  ({ runId, state: 'completed', endedAt: '2026-11-23T11:00:00.000Z', error: null, ...given }) as RunStatus; // what alarms look at
const failed = (runId: string, endedAt: string) =>
  run(runId, { state: 'failed', endedAt, error: { code: 'lake.forbidden', message: 'path of a document' } });

let now: number;
let got: Notice[];
let runs: RunStatus[];
let sources: SourceStatus[];
let spent: number;
let failing: string | undefined;
let app: TellSources;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 23, 12); // a Monday
  got = [];
  runs = [];
  sources = [];
  spent = 0;
  failing = undefined;
  const { services: made } = await fakeWorld({ LLM_MAX_COST_USD_PER_DAY: '5', PUBLIC_URL: 'https://app.example/' });
  const clock = { now: () => now, sleep: async () => {} };
  const services = { ...made, lake: new MemoryLake('lake', () => now) };
  const tables = openTestTables();
  const channels = [{ name: 'webhook' as const, send: async (notice: Notice) => void got.push(notice) }];
  app = {
    services: { ...services, clock },
    config: services.config,
    query: tables.query,
    tables: tables.tables,
    registry: { championVersion: async () => undefined, manifest: async () => Promise.reject(new Error('no model')) },
    notices: new NoticeBox({ lake: services.lake, clock, logger: services.logger, channels }),
    progress: {
      list: async () => {
        if (failing === 'runs') throw new Error('records cannot be read');
        return { runs: runs.slice(0, 200) };
      },
      status: async (runId) => {
        const found = runs.find((each) => each.runId === runId);
        if (found === undefined) throw new TerminalError('run.not-found', `run ${runId} is not known`);
        return found;
      },
    },
    sources: { status: async () => ({ sources }) },
    spentTodayUsd: async () => spent,
  };
});

const titles = () => got.map(({ title }) => title);

test('runs that failed between two looks are one message, and are told once', async () => {
  runs = [failed('run-1', '2026-11-23T11:30:00.000Z'), failed('run-2', '2026-11-23T11:40:00.000Z'), run('run-3', {})];
  await tellPeople(app);
  expect(titles()).toEqual(['Sluice: 2 runs have failed']);
  expect(got[0]).toMatchObject({
    lines: ['run-1: lake.forbidden', 'run-2: lake.forbidden'],
    link: 'https://app.example/api/dashboard/runs',
  });
  now += 300_000;
  await tellPeople(app);
  runs = [failed('run-4', '2026-11-23T12:04:00.000Z'), ...runs];
  now += 300_000;
  await tellPeople(app);
  expect(titles()).toEqual(['Sluice: 2 runs have failed', 'Sluice: a run has failed']);
});

test('a run that fails is told, however many runs were started after it', async () => {
  const long = run('long', { state: 'running', endedAt: null });
  runs = [long];
  await tellPeople(app);
  const newer = Array.from({ length: 300 }, (_, n) => run(`short-${n}`, {}));
  runs = [...newer, failed('long', '2026-11-23T12:04:00.000Z')];
  now += 300_000;
  await tellPeople(app);
  runs = newer; // its records are erased
  now += 300_000;
  await tellPeople(app);
  expect(got.map(({ lines }) => lines)).toEqual([['long: lake.forbidden']]);
});

test('a run whose end is recorded after that of a later one is told, once', async () => {
  runs = [run('run-2', { endedAt: '2026-11-23T11:59:30.000Z' })];
  await tellPeople(app);
  for (let look = 0; look < 20; look++) {
    runs = [failed('run-1', '2026-11-23T11:58:00.000Z'), run('run-2', { endedAt: '2026-11-23T11:59:30.000Z' })];
    if (look > 10) runs.unshift(run('run-3', { endedAt: new Date(now).toISOString() }));
    now += 600_000;
    await tellPeople(app);
  }
  expect(titles()).toEqual(['Sluice: a run has failed']);
});

test('a damaged mark of what was looked at ends no alarm', async () => {
  runs = [failed('run-1', '2026-11-23T11:30:00.000Z')];
  await app.services.lake.write(runMarkPath, '');
  await tellPeople(app);
  expect(titles()).toEqual(['Sluice: a run has failed']);
});

test('runs that failed long before Sluice was told where to send are not told', async () => {
  runs = [failed('run-1', '2026-11-21T11:30:00.000Z')];
  await tellPeople(app);
  expect(titles()).toEqual([]);
});

test('a look that cannot be made holds up no other, and what it would have found is told later', async () => {
  runs = [failed('run-1', '2026-11-23T11:30:00.000Z')];
  spent = 6;
  failing = 'runs';
  await tellPeople(app);
  expect(titles()).toEqual(['Sluice: the money of the day is spent']);
  failing = undefined;
  now += 300_000;
  await tellPeople(app);
  expect(titles()).toEqual(['Sluice: the money of the day is spent', 'Sluice: a run has failed']);
});

test('a source that fails is told once a day', async () => {
  const error = { code: 'source.forbidden', message: 'm', remedy: 'Ask the administrator.' };
  sources = [{ name: 'tax', state: 'failing', error } as SourceStatus]; // what alarms look at
  for (let hour = 0; hour < 30; hour++) {
    await tellPeople(app);
    now += 3_600_000;
  }
  expect(titles()).toEqual(['Sluice: a source fails', 'Sluice: a source fails']);
  expect(got[0]?.lines).toEqual(['tax: source.forbidden. Ask the administrator.']);
});

test('the digest comes on Monday at seven, once', async () => {
  now = Date.UTC(2026, 10, 23, 6, 55);
  for (let minutes = 0; minutes < 120; minutes += 5) {
    await tellPeople(app);
    now += 300_000;
  }
  expect(got.map(({ id, kind, title }) => [id, kind, title])).toEqual([
    ['digest-2026-11-23T0700', 'digest', 'Sluice: 2026-11-17 to 2026-11-23'],
  ]);
  expect(got[0]?.lines[0]).toBe(
    '0 documents decided: none by the local models alone, 0 asked, 0 left to people, 0 not readable',
  );
});

test('a digest that cannot be made holds up no alarm', async () => {
  now = Date.UTC(2026, 10, 23, 7, 1);
  spent = 6;
  const query = async () => {
    throw new Error('the table cannot be read');
  };
  await tellPeople({ ...app, query });
  expect(titles()).toEqual(['Sluice: the money of the day is spent']);
});

test('without a channel nothing is looked at and nothing kept', async () => {
  runs = [failed('run-1', '2026-11-23T11:30:00.000Z')];
  const { lake, clock, logger } = app.services;
  await tellPeople({ ...app, notices: new NoticeBox({ lake, clock, logger, channels: [] }) });
  expect(await app.notices.list()).toMatchObject({ notices: [] });
});

test('alarms name at most ten causes and never a message, a path or a document', () => {
  const many = Array.from({ length: 14 }, (_, n) => failed(`run-${n}`, '2026-11-23T11:30:00.000Z'));
  const alarm = failedRuns(many);
  expect(alarm?.lines).toHaveLength(11);
  expect(alarm?.lines.at(-1)).toBe('and 4 more');
  expect(JSON.stringify(alarm)).not.toContain('path of a document');
  expect(stalledRuns([run('run-1', { stalledSince: '2026-11-23T10:00:00.000Z' })])?.lines).toEqual([
    'run-1: no progress since 2026-11-23T10:00:00.000Z',
  ]);
  expect(spentBudget(4.99, 5, '2026-11-23')).toBeUndefined();
  expect(spentBudget(100, null, '2026-11-23')).toBeUndefined();
  expect(drifted([], '2026-W48')).toBeUndefined();
});

test('weeks are those of ISO 8601, over the turn of a year too', () => {
  expect(
    ['2026-11-23', '2027-01-03', '2027-01-04', '2024-12-30', '2021-01-01'].map((day) => isoWeek(Date.parse(day))),
  ).toEqual(['2026-W48', '2026-W53', '2027-W01', '2025-W01', '2020-W53']);
});

test('a link is made of the public address, else of the platform’s, else there is none', () => {
  const { PUBLIC_URL: _, ...bare } = app.config;
  expect(linkTo({ ...bare, PUBLIC_URL: undefined, WEBSITE_HOSTNAME: 'x.azurewebsites.net' }, 'runs')).toBe(
    'https://x.azurewebsites.net/api/dashboard/runs',
  );
  expect(linkTo({ ...bare, PUBLIC_URL: undefined, WEBSITE_HOSTNAME: 'localhost:7071' }, 'runs')).toBe(
    'http://localhost:7071/api/dashboard/runs',
  );
  expect(linkTo({ ...bare, PUBLIC_URL: undefined, WEBSITE_HOSTNAME: undefined }, 'runs')).toBeNull();
});
