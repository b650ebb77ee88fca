// Activities: one per step of a run, each safe to run twice.
import df from 'durable-functions';
import { getServices, getTraining } from '../shared/app.ts';
import { activityHandlers, trainingActivityHandlers } from '../shared/pipeline/activities.ts';

for (const [name, handler] of Object.entries(activityHandlers(getServices))) df.app.activity(name, { handler });
for (const [name, handler] of Object.entries(trainingActivityHandlers(getTraining))) df.app.activity(name, { handler });
