// Activities: one per step of a run, each safe to run twice.
import { getServices, getTraining } from '../shared/app.ts';
import { activityHandlers, trainingActivityHandlers } from '../shared/pipeline/activities.ts';
import { durable } from './registry.ts';

for (const [name, handler] of Object.entries(activityHandlers(getServices))) durable.activity(name, { handler });
for (const [name, handler] of Object.entries(trainingActivityHandlers(getTraining)))
  durable.activity(name, { handler });
