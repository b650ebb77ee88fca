// A look every few minutes: what has happened that people should know, the digest when it is due, and what waits to be sent.
// Invariants: L1 alarms are looked for from where the last look ended, and the cursor moves after they are kept: a crash tells twice, never nothing.
// L2 one look that fails, of alarms or for the digest, holds up no other and nothing that waits to be sent.
import type { RunStatus } from '../api/runs.ts';
import type { SourceStatus } from '../api/source-status.ts';
import type { Config } from '../config.ts';
import { codeOf } from '../errors.ts';
import { digestOf } from '../insight/digest.ts';
import { driftReport } from '../insight/drift-report.ts';
import { lastDays } from '../insight/period.ts';
import type { TrustSources } from '../insight/trust-report.ts';
import { dueTick } from '../intake/schedules.ts';
import { alarmCursorPath } from '../paths.ts';
import { readJson } from '../pipeline/records.ts';
import { type Alarm, drifted, failedRuns, failingSources, isoWeek, spentBudget, stalledRuns } from './alarms.ts';
import { digestNotice } from './digest-notice.ts';
import type { Notice } from './notice.ts';
import type { NoticeBox } from './notice-box.ts';

const LOOK_BACK_MS = 24 * 3_600_000;
const RUNS_SEEN = 200;
/** Drift is asked of whole weeks; once a day is enough. */
const DRIFT_CRON = '30 6 * * *';

export interface TellSources extends TrustSources {
  config: Config;
  notices: NoticeBox;
  progress: { list(limit: number): Promise<{ runs: RunStatus[] }> };
  sources: { status(): Promise<{ sources: SourceStatus[] }> };
  spentTodayUsd(): Promise<number>;
}

/** Nothing happens where no channel is configured. */
export async function tellPeople(app: TellSources): Promise<{ sent: number; givenUp: number }> {
  if (!app.notices.hasChannels) return { sent: 0, givenUp: 0 };
  await putAlarms(app);
  await looked(app, () => putDigest(app));
  return await app.notices.sendDue();
}

async function putAlarms(app: TellSources): Promise<void> {
  const { lake, clock } = app.services;
  const now = clock.now();
  const cursor = await readJson<{ until: string }>(lake, alarmCursorPath, ({ until }) => typeof until === 'string');
  const since = cursor?.until ?? new Date(now - LOOK_BACK_MS).toISOString();
  const { today } = lastDays(now, 1);
  let newest = since;
  const looks: (() => Promise<(Alarm | undefined)[]>)[] = [
    async () => {
      const { runs } = await app.progress.list(RUNS_SEEN);
      for (const { endedAt } of runs) if (endedAt !== null && endedAt > newest) newest = endedAt;
      return [failedRuns(runs, since), stalledRuns(runs)];
    },
    async () => [spentBudget(await app.spentTodayUsd(), app.config.LLM_MAX_COST_USD_PER_DAY ?? null, today)],
    async () => [failingSources((await app.sources.status()).sources, today)],
    async () =>
      dueTick(DRIFT_CRON, now) === undefined ? [] : [drifted((await driftReport(app)).measures, isoWeek(now))],
  ];
  let isWhole = true;
  for (const look of looks) {
    const put = async () => {
      for (const alarm of await look()) if (alarm !== undefined) await app.notices.put(noticeOf(alarm, app.config));
    };
    if (!(await looked(app, put))) isWhole = false;
  }
  if (isWhole && newest !== cursor?.until) await lake.write(alarmCursorPath, JSON.stringify({ until: newest })); // L1
}

/** L2. @returns false when it failed, which is logged */
async function looked({ services }: TellSources, look: () => Promise<void>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    services.logger.error('notice.look-failed', { code: codeOf(error) });
    return false;
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
