// A look every few minutes: what has happened that people should know, the digest when it is due, and what waits to be sent.
// Invariants: L1 alarms are looked for from where the last look ended, and the mark moves after they are kept: a crash tells twice, never nothing.
// L2 one look that fails, of alarms or for the digest, holds up no other and nothing that waits to be sent.
import type { SourceStatus } from '../api/source-status.ts';
import type { Config } from '../config.ts';
import { codeOf } from '../errors.ts';
import { digestOf } from '../insight/digest.ts';
import { driftReport } from '../insight/drift-report.ts';
import { lastDays } from '../insight/period.ts';
import type { TrustSources } from '../insight/trust-report.ts';
import { dueTick } from '../intake/schedules.ts';
import { runMarkPath } from '../paths.ts';
import { readJson } from '../pipeline/records.ts';
import { type Alarm, drifted, failedRuns, failingSources, isoWeek, spentBudget, stalledRuns } from './alarms.ts';
import { digestNotice } from './digest-notice.ts';
import type { Notice } from './notice.ts';
import type { NoticeBox } from './notice-box.ts';
import { isRunMark, lookAtRuns, type RunMark, type RunProgress } from './run-watch.ts';

/** Drift is asked of whole weeks; once a day is enough. */
const DRIFT_CRON = '30 6 * * *';

export interface TellSources extends TrustSources {
  config: Config;
  notices: NoticeBox;
  progress: RunProgress;
  sources: { status(): Promise<{ sources: SourceStatus[] }> };
  spentTodayUsd(): Promise<number>;
}

/** Nothing happens where no channel is configured. */
export async function tellPeople(app: TellSources): Promise<{ sent: number; givenUp: number }> {
  if (!app.notices.hasChannels) return { sent: 0, givenUp: 0 };
  for (const look of [putRunAlarms, putBudgetAlarm, putSourceAlarms, putDriftAlarm, putDigest])
    await looked(app, () => look(app));
  return await app.notices.sendDue();
}

/** L1. */
async function putRunAlarms(app: TellSources): Promise<void> {
  const { lake, clock, logger } = app.services;
  const before = await lastMark(app);
  const { failed, stalled, mark } = await lookAtRuns(app.progress, before, clock.now(), logger);
  await put(app, failedRuns(failed));
  await put(app, stalledRuns(stalled));
  const kept = JSON.stringify(mark);
  if (kept !== JSON.stringify(before)) await lake.write(runMarkPath, kept);
}

const putBudgetAlarm = async (app: TellSources): Promise<void> =>
  await put(app, spentBudget(await app.spentTodayUsd(), app.config.LLM_MAX_COST_USD_PER_DAY ?? null, todayOf(app)));

const putSourceAlarms = async (app: TellSources): Promise<void> =>
  await put(app, failingSources((await app.sources.status()).sources, todayOf(app)));

async function putDriftAlarm(app: TellSources): Promise<void> {
  const now = app.services.clock.now();
  if (dueTick(DRIFT_CRON, now) !== undefined) await put(app, drifted((await driftReport(app)).measures, isoWeek(now)));
}

async function put(app: TellSources, alarm: Alarm | undefined): Promise<void> {
  if (alarm !== undefined) await app.notices.put(noticeOf(alarm, app.config));
}

const todayOf = ({ services }: TellSources): string => lastDays(services.clock.now(), 1).today;

/** A damaged mark is told and made anew: it must not end the alarms. */
async function lastMark({ services: { lake, logger } }: TellSources): Promise<RunMark | undefined> {
  try {
    return await readJson<RunMark>(lake, runMarkPath, isRunMark);
  } catch (error) {
    if (codeOf(error) !== 'lake.corrupt-record') throw error;
    logger.error('record.corrupt', { record: runMarkPath });
    return undefined;
  }
}

/** L2. What a look that fails would have found is found by the next. */
async function looked({ services }: TellSources, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    services.logger.error('notice.look-failed', { code: codeOf(error) });
  }
}

const noticeOf = ({ view, ...alarm }: Alarm, config: Config): Notice => ({
  ...alarm,
  kind: 'alarm',
  link: linkTo(config, view),
});

async function putDigest(app: TellSources): Promise<void> {
  const { NOTIFY_DIGEST } = app.config;
  const tick = NOTIFY_DIGEST === 'off' ? undefined : dueTick(NOTIFY_DIGEST, app.services.clock.now());
  if (tick !== undefined)
    await app.notices.put(digestNotice(await digestOf(app, 7), tick, linkTo(app.config, 'costs')));
}

/** A view of the page; null where nobody said where the page is. */
export function linkTo({ PUBLIC_URL, WEBSITE_HOSTNAME }: Config, view: string): string | null {
  const base =
    PUBLIC_URL ?? (WEBSITE_HOSTNAME === undefined ? undefined : `${schemeOf(WEBSITE_HOSTNAME)}://${WEBSITE_HOSTNAME}`);
  return base === undefined ? null : `${base.replace(/\/+$/, '')}/api/dashboard/${view}`;
}

/** The local host names itself `localhost:<port>`, and speaks plain HTTP. */
const schemeOf = (host: string): string => (/^localhost(:|$)/.test(host) ? 'http' : 'https');
