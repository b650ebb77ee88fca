// Timers: runs that stand still, uploads without an event, maintenance, and the schedules of the settings.
import type { InvocationContext } from '@azure/functions';
import df from 'durable-functions';
import { getApp, getConfig, getTraining, getWatchdog } from '../shared/app.ts';
import { reconcileUploads } from '../shared/intake/reconcile.ts';
import { runSchedules, type ScheduleStarter } from '../shared/intake/schedules.ts';
import { createTraining } from '../shared/pipeline/train-model.ts';
import { maintainLake } from '../shared/upkeep/maintenance.ts';
import { durableRuns, purgeHistory, startUnlessAlive } from './durable-runs.ts';
import { app } from './registry.ts';

const DAY_MS = 24 * 3_600_000;
const withClient = { extraInputs: [df.input.durableClient()] };

app.timer('watchRuns', {
  ...withClient,
  schedule: '0 */5 * * * *',
  handler: async (_timer, context) => {
    await (await getWatchdog()).watch(durableRuns(context));
  },
});

app.timer('reconcileUploads', {
  ...withClient,
  schedule: '0 17 * * * *',
  handler: async (_timer, context) => {
    if (getConfig().RECONCILE_UPLOADS) await reconcileUploads(await getApp(), durableRuns(context));
  },
});

app.timer('maintainLake', {
  ...withClient,
  schedule: '0 0 3 * * *',
  handler: async (_timer, context) => {
    const { RETENTION_DAYS } = getConfig();
    try {
      if (RETENTION_DAYS > 0) await purgeHistory(context, new Date(Date.now() - RETENTION_DAYS * DAY_MS));
    } finally {
      const opened = await getApp();
      await maintainLake(opened);
      await opened.search.keepUp();
    }
  },
});

app.timer('runSchedules', {
  ...withClient,
  schedule: '0 * * * * *',
  handler: async (_timer, context) => {
    await runSchedules((await getApp()).services, starter(context));
  },
});

const starter = (context: InvocationContext): ScheduleStarter => ({
  ...durableRuns(context),
  async train(request) {
    const trainingId = await createTraining(await getTraining(), request);
    const input = { trainingId, groups: getConfig().BATCH_CONCURRENCY };
    await startUnlessAlive(context, 'trainModel', trainingId, input);
  },
  async maintain() {
    const opened = await getApp();
    await maintainLake(opened);
    await opened.search.keepUp();
  },
});
