// Timer triggers: six-field NCRONTAB expressions (UTC) or a TimeSpan, with the last run remembered across restarts.
// Invariants: I1 runs of one timer never overlap. I2 a schedule missed while the host was down runs once, past due, when it is monitored: useMonitor is
//             on, and it never fires twice in a minute. I3 a run is remembered when it has ended, so that one that a crash cut off is done again.
// As TimerListener and ScheduleMonitor of WebJobs.Extensions do it: a schedule that was changed meanwhile is not past due, the next run is counted from
// the begin of the last (one that takes longer than its schedule is followed at once), and an unmonitored timer has no status.
import { Cron } from 'croner';
import type { Clock } from '../../shared/ports.ts';
import type { RegisteredFunction } from './core-api.ts';
import type { Invoker } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import { HostSettingsError, parseTimeSpan, resolveSettingReferences } from './settings.ts';
import { HubFullError, type TaskHub } from './task-hub.ts';
import type { TriggerListener } from './triggers.ts';

const MAX_SLEEP_MS = 60_000; // as for durable timers: setTimeout overflows, clocks jump
/** Clocks are corrected by milliseconds all the time. */
const JITTER_MS = 1000;

export interface TimerTriggerDeps {
  hub: TaskHub;
  invoker: Invoker;
  outputs: OutputWriter;
  clock: Clock;
  log: HostLog;
  env: NodeJS.ProcessEnv;
}

/** The run after `afterMs`; undefined when there is none. Epoch ms. */
export type Schedule = (afterMs: number) => number | undefined;

/** Compile `{second} {minute} {hour} {day} {month} {day-of-week}`, five fields (second 0), or a TimeSpan. @throws {HostSettingsError} */
export function compileSchedule(text: string): Schedule {
  const span = parseTimeSpan(text.trim());
  if (span !== undefined) {
    if (span <= 0) throw new HostSettingsError(`The timer schedule "${text}" must be longer than zero.`);
    return (afterMs) => afterMs + span;
  }
  let cron: Cron;
  try {
    // NCRONTAB wants day of month AND day of week to fit
    cron = new Cron(text, { timezone: 'UTC', mode: '5-or-6-parts', domAndDow: true, paused: true });
  } catch (error) {
    throw new HostSettingsError(
      `The timer schedule "${text}" is no NCRONTAB expression: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime();
}

/** Runs that tell whether a schedule fires more often than once a minute. */
const LOOKED_AT = 5;

function isFrequent(schedule: Schedule, nowMs: number): boolean {
  let before = schedule(nowMs);
  for (let run = 1; run < LOOKED_AT && before !== undefined; run++) {
    const next = schedule(before);
    if (next !== undefined && next - before < 60_000) return true;
    before = next;
  }
  return false;
}

/** Epoch ms; `last` undefined: it never ran. */
interface Status {
  last: number | undefined;
  next: number | undefined;
  updated: number | undefined;
}

export class TimerTrigger implements TriggerListener {
  readonly #fn: RegisteredFunction;
  readonly #deps: TimerTriggerDeps;
  readonly #schedule: Schedule;
  readonly #isMonitored: boolean;
  readonly #abort = new AbortController();
  #status: Status = { last: undefined, next: undefined, updated: undefined };
  #loop: Promise<void> | undefined;

  constructor(fn: RegisteredFunction, deps: TimerTriggerDeps) {
    this.#fn = fn;
    this.#deps = deps;
    this.#schedule = compileSchedule(resolveSettingReferences(String(fn.trigger.schedule ?? ''), deps.env));
    this.#isMonitored = fn.trigger.useMonitor !== false && !isFrequent(this.#schedule, deps.clock.now());
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  /** Run now. As when the admin endpoint asks, the schedule is not touched. */
  async fire(isPastDue = false): Promise<void> {
    const { invoker, outputs } = this.#deps;
    const { last, next, updated } = this.#status;
    const payload = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: this.#isMonitored ? { Last: iso(last), LastUpdated: iso(updated), Next: iso(next) } : null,
      IsPastDue: isPastDue,
    };
    await this.#withRetries(async (retry) => {
      const result = await invoker.invoke(this.#fn, { trigger: { json: JSON.stringify(payload) }, ...retry });
      await outputs.write(this.#fn, result, {});
    });
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const isPastDue = this.#takeUp(clock.now());
    if (isPastDue || this.#fn.trigger.runOnStartup === true) await this.#occur(clock.now(), isPastDue);
    while (!this.#abort.signal.aborted) {
      const { next } = this.#status;
      if (next === undefined) return;
      let lookedAt = clock.now();
      while (clock.now() < next && clock.now() >= lookedAt - JITTER_MS) {
        lookedAt = clock.now();
        await clock.sleep(Math.min(MAX_SLEEP_MS, next - lookedAt), this.#abort.signal).catch(() => undefined); // only an abort rejects
        if (this.#abort.signal.aborted) return;
      }
      if (clock.now() >= next) await this.#occur(Math.max(clock.now(), next), false);
      // else the clock was set back: the schedule is asked anew
      else this.#remember({ ...this.#status, next: this.#schedule(clock.now()) });
    }
  }

  /** Begin with what the host before left. @returns whether a run was missed */
  #takeUp(nowMs: number): boolean {
    const ahead = this.#schedule(nowMs);
    const row = this.#isMonitored
      ? this.#deps.hub.get('SELECT last, next, updated FROM timer_status WHERE function=?', this.#fn.metadata.name)
      : undefined;
    const [last, next, updated] = [row?.last, row?.next, row?.updated].map(numberOf);
    const since = last ?? updated;
    const planned = since === undefined ? next : this.#schedule(since);
    // Never planned, planned by another schedule, or further ahead than a clock that was not set back could have planned it.
    if (next === undefined || next !== planned || (ahead !== undefined && next > ahead)) {
      this.#remember({ last: undefined, next: ahead, updated: nowMs });
      return false;
    }
    this.#status = { last, next, updated };
    return nowMs > next;
  }

  async #occur(atMs: number, isPastDue: boolean): Promise<void> {
    await this.#safely(isPastDue);
    this.#remember({ last: atMs, next: this.#schedule(atMs), updated: atMs });
  }

  #remember(status: Status): void {
    this.#status = status;
    if (!this.#isMonitored || this.#deps.hub.closed) return;
    this.#note(() =>
      this.#deps.hub.run(
        'INSERT OR REPLACE INTO timer_status(function, last, next, updated) VALUES(?, ?, ?, ?)',
        this.#fn.metadata.name,
        status.last ?? null,
        status.next ?? null,
        status.updated ?? null,
      ),
    );
  }

  /** A status that a full disk does not take is told and missed by nobody but the next start; the timer goes on. */
  #note(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof HubFullError)) throw error;
      this.#deps.log.error('timer.not-noted', { function: this.#fn.metadata.name, message: error.message });
    }
  }

  async #safely(isPastDue: boolean): Promise<void> {
    try {
      await this.fire(isPastDue);
    } catch (error) {
      // The next occurrence runs as planned, as in Azure
      this.#deps.log.error('timer.failed', {
        function: this.#fn.metadata.name,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async #withRetries(
    body: (retry: { retryContext?: { retryCount: number; maxRetryCount: number } }) => Promise<void>,
  ): Promise<void> {
    const policy = this.#fn.metadata.retryOptions;
    for (let retryCount = 0; ; retryCount++) {
      try {
        return await body(
          policy && retryCount > 0 ? { retryContext: { retryCount, maxRetryCount: policy.maxRetryCount } } : {},
        );
      } catch (error) {
        const unlimited = policy?.maxRetryCount === -1;
        if (!policy || (!unlimited && retryCount >= policy.maxRetryCount)) throw error;
        const fixedMs = (policy.delayInterval?.seconds ?? 0) * 1000;
        const growingMs = Math.min(
          (policy.maximumInterval?.seconds ?? 900) * 1000,
          (policy.minimumInterval?.seconds ?? 1) * 1000 * 2 ** retryCount,
        );
        await this.#deps.clock.sleep(policy.retryStrategy === 'fixedDelay' ? fixedMs : growingMs, this.#abort.signal);
      }
    }
  }
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** A time as .NET writes it; what never was is its first one. */
const iso = (ms: number | undefined): string =>
  ms === undefined ? '0001-01-01T00:00:00+00:00' : new Date(ms).toISOString();
