// Runs, trainings and maintenance by the clock. A timer looks every minute; what is due is started under ids derived from the tick.
// Invariants: T1 a tick starts its work once: ids follow from name and tick, and the marker is written after the start, so a crash in between
// repeats a start that joins. T2 ticks missed while the app was down are not made up for, except those of the last minutes. T3 a schedule that
// cannot be started does not hold up the others.
import { Cron } from 'croner';
import { z } from 'zod';
import { runRequestSchema } from '../api/runs.ts';
import { type TrainRequest, trainTemplateSchema } from '../api/training.ts';
import { codeOf, TerminalError } from '../errors.ts';
import { sayIssues } from '../issues.ts';
import { schedulePath } from '../paths.ts';
import { createJson } from '../pipeline/records.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { createRun } from '../pipeline/start-run.ts';
import type { RunStarter } from './uploads.ts';

const common = {
  /** Part of ids, so it must stay the same. */
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes'),
  /** Five fields, UTC. */
  cron: z.string().refine(isCron, 'must be a cron expression of five fields'),
};
const scheduleSchema = z.union([
  z.strictObject({ ...common, run: runRequestSchema.omit({ requestId: true }) }),
  z.strictObject({ ...common, train: trainTemplateSchema }),
  z.strictObject({ ...common, maintenance: z.literal(true) }),
]);
export type Schedule = z.infer<typeof scheduleSchema>;

/** What ticks start besides runs. */
export interface ScheduleStarter extends RunStarter {
  /** Record the training and start its orchestration; harmless when it runs already. */
  train(request: TrainRequest): Promise<void>;
  maintain(): Promise<void>;
}

// A timer that comes late, or an app that restarts, still finds its tick.
const LATE_MS = 10 * 60_000;

/** The setting SCHEDULES. @throws {TerminalError} config.invalid naming every wrong entry */
export function parseSchedules(text: string): Schedule[] {
  const wrong = (problem: string) => new TerminalError('config.invalid', `SCHEDULES: ${problem}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
  const parsed = z.array(scheduleSchema).safeParse(value);
  if (!parsed.success) throw wrong(sayIssues(parsed.error, 'the setting'));
  const names = parsed.data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`the name "${twice}" is given twice`);
  return parsed.data;
}

/** The newest tick at or before `nowMs`, if it is recent enough to act on; ISO 8601 to the minute. */
export function dueTick(cron: string, nowMs: number): string | undefined {
  const [tick] = compile(cron).previousRuns(1, new Date(nowMs + 1000)); // a tick of this very second counts
  if (tick === undefined || tick.getTime() > nowMs || nowMs - tick.getTime() > LATE_MS) return undefined;
  return tick.toISOString().slice(0, 16);
}

/** Start what is due. @returns names and ticks that were acted on now */
export async function runSchedules(services: PipelineServices, starter: ScheduleStarter): Promise<string[]> {
  const { lake, clock, config, logger } = services;
  const done: string[] = [];
  for (const schedule of parseSchedules(config.SCHEDULES)) {
    const tick = dueTick(schedule.cron, clock.now());
    if (tick === undefined) continue;
    const marker = schedulePath(schedule.name, tick.replace(':', ''));
    if ((await lake.stat(marker)) !== undefined) continue;
    try {
      await startTick(services, starter, schedule, `schedule-${schedule.name}-${tick}`);
      await createJson(lake, marker, { at: new Date(clock.now()).toISOString() });
      logger.info('schedule.started', { schedule: schedule.name, tick });
      done.push(`${schedule.name} ${tick}`);
    } catch (error) {
      // T3; the next minute tries this tick again
      logger.error('schedule.failed', { schedule: schedule.name, tick, code: codeOf(error) });
    }
  }
  return done;
}

async function startTick(
  services: PipelineServices,
  starter: ScheduleStarter,
  schedule: Schedule,
  requestId: string,
): Promise<void> {
  if ('run' in schedule) {
    const { runId, attempt } = await createRun(services, { ...schedule.run, requestId });
    return starter.start({ runId, attempt });
  }
  if ('train' in schedule) return starter.train({ ...schedule.train, requestId });
  return starter.maintain();
}

const compile = (cron: string): Cron => new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true });

function isCron(text: string): boolean {
  try {
    compile(text);
    return true;
  } catch {
    return false; // the schema says what is needed
  }
}
