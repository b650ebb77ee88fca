// Activities: one per step of a run, each safe to run twice.
import df from 'durable-functions';
import { getServices } from '../shared/app.ts';
import { activityHandlers } from '../shared/pipeline/activities.ts';

for (const [name, handler] of Object.entries(activityHandlers(getServices))) df.app.activity(name, { handler });
