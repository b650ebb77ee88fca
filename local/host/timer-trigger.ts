// Timer triggers: six-field NCRONTAB expressions (UTC) or a TimeSpan, with the last run remembered across restarts.
// Invariants: I1 runs of one timer never overlap. I2 a schedule missed while the host was down runs once, past due, when useMonitor is on.
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

export class TimerTrigger implements TriggerListener {
  readonly #fn: RegisteredFunction;
  readonly #deps: TimerTriggerDeps;
  readonly #schedule: Schedule;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(fn: RegisteredFunction, deps: TimerTriggerDeps) {
    this.#fn = fn;
    this.#deps = deps;
    this.#schedule = compileSchedule(resolveSettingReferences(String(fn.trigger.schedule ?? ''), deps.env));
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  /** Run now, as the admin endpoint asks. */
  async fire(isPastDue = false): Promise<void> {
    const { hub, clock, invoker, outputs } = this.#deps;
    const name = this.#fn.metadata.name;
    const status = hub.get('SELECT last, next, updated FROM timer_status WHERE function=?', name);
    const iso = (value: unknown) => new Date(typeof value === 'number' ? value : 0).toISOString();
    const nowMs = clock.now();
    const payload = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: iso(status?.last),
        LastUpdated: iso(status?.updated),
        Next: iso(status?.next ?? this.#schedule(nowMs)),
      },
      IsPastDue: isPastDue,
    };
    this.#note(() =>
      hub.run(
        'INSERT OR REPLACE INTO timer_status(function, last, next, updated) VALUES(?, ?, ?, ?)',
        name,
        nowMs,
        this.#schedule(nowMs) ?? null,
        nowMs,
      ),
    );
    await this.#withRetries(async (retry) => {
      const result = await invoker.invoke(this.#fn, { trigger: { json: JSON.stringify(payload) }, ...retry });
      await outputs.write(this.#fn, result, {});
    });
  }

  async #run(): Promise<void> {
    const { hub, clock } = this.#deps;
    const { trigger, metadata } = this.#fn;
    if (trigger.runOnStartup === true) await this.#safely(false);
    const known = hub.get('SELECT next FROM timer_status WHERE function=?', metadata.name)?.next;
    const missed =
      trigger.useMonitor !== false && typeof known === 'number' && known < clock.now() && trigger.runOnStartup !== true;
    if (missed) await this.#safely(true);
    while (!this.#abort.signal.aborted) {
      const next = this.#schedule(clock.now());
      if (next === undefined) return;
      this.#note(() =>
        hub.run(
          'INSERT INTO timer_status(function, next) VALUES(?, ?) ON CONFLICT(function) DO UPDATE SET next=excluded.next',
          metadata.name,
          next,
        ),
      );
      let lookedAt = clock.now();
      while (clock.now() < next && clock.now() >= lookedAt - JITTER_MS) {
        lookedAt = clock.now();
        await clock.sleep(Math.min(MAX_SLEEP_MS, next - lookedAt), this.#abort.signal).catch(() => undefined); // only an abort rejects
        if (this.#abort.signal.aborted) return;
      }
      if (clock.now() >= next) await this.#safely(false); // else the clock was set back: the schedule is asked anew
    }
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
