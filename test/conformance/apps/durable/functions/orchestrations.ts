// Orchestrations of the conformance suite: each is the smallest one that shows its behaviour.
import { app } from '@azure/functions';
import * as df from 'durable-functions';

type Context = df.OrchestrationContext;
const retry = (attempts: number, firstMs = 1, backoff = 1) =>
  Object.assign(new df.RetryOptions(firstMs, attempts), { backoffCoefficient: backoff });

df.app.orchestration('chain', function* (context: Context) {
  let n = Number(context.df.getInput() ?? 0);
  for (let i = 0; i < 3; i++) n = yield context.df.callActivity('increment', n);
  return n;
});

df.app.orchestration('fanOut', function* (context: Context) {
  const count = Number(context.df.getInput());
  const tasks = Array.from({ length: count }, (_, i) => context.df.callActivity('increment', i));
  const results: number[] = yield context.df.Task.all(tasks);
  return results;
});

df.app.orchestration('slowFanOut', function* (context: Context) {
  const { count, ms } = context.df.getInput() as { count: number; ms: number };
  const tasks = Array.from({ length: count }, (_, i) => context.df.callActivity('slow', { n: i, ms }));
  const results: number[] = yield context.df.Task.all(tasks);
  return results;
});

// What follows a Task.all that failed begins when its other tasks have ended.
df.app.orchestration('afterFailedAll', function* (context: Context) {
  const key = context.df.instanceId;
  try {
    yield context.df.Task.all([context.df.callActivity('broken'), context.df.callActivity('marked', { key, ms: 300 })]);
    return 'unexpected';
  } catch {
    const marks: string[] = yield context.df.callActivity('marks', key);
    return marks;
  }
});

df.app.orchestration('eventOrTimer', function* (context: Context) {
  const deadline = new Date(context.df.currentUtcDateTime.getTime() + 3_600_000);
  const timer = context.df.createTimer(deadline);
  const event = context.df.waitForExternalEvent('approve');
  const winner: df.Task = yield context.df.Task.any([event, timer]);
  if (winner !== event) return 'timed out';
  timer.cancel();
  const after: number = yield context.df.callActivity('increment', 41);
  return { approved: event.result, after };
});

df.app.orchestration('parallelRetries', function* (context: Context) {
  const key = context.df.instanceId;
  const groups = ['a', 'b'].map((group) =>
    context.df.callActivityWithRetry('flaky', retry(4), { key: `${key}-${group}`, succeedAt: 3 }),
  );
  const plain = [1, 2].map((n) => context.df.callActivity('increment', n));
  const first: unknown[] = yield context.df.Task.all([...groups, ...plain]);
  const second: number = yield context.df.callActivity('increment', 9);
  return { first, second };
});

df.app.orchestration('retryExhaustion', function* (context: Context) {
  try {
    yield context.df.callActivityWithRetry('flaky', retry(3), { key: context.df.instanceId, succeedAt: 99 });
    return 'unexpected';
  } catch (error) {
    const next: number = yield context.df.callActivity('increment', 1);
    return { message: String((error as Error).message).split('\n')[0], next };
  }
});

df.app.orchestration('failing', function* (context: Context) {
  yield context.df.callActivity('increment', 1);
  throw new Error('child is broken');
});

df.app.orchestration('catchesChild', function* (context: Context) {
  try {
    yield context.df.callSubOrchestrator('failing');
    return 'unexpected';
  } catch (error) {
    const sum: number = yield context.df.callSubOrchestrator('chain', 1);
    return { message: (error as Error).message, sum };
  }
});

df.app.orchestration('eventsLater', function* (context: Context) {
  yield context.df.callActivity('slow', { n: 0, ms: 150 });
  const first: unknown = yield context.df.waitForExternalEvent('early');
  const second: unknown = yield context.df.waitForExternalEvent('early');
  return [first, second];
});

df.app.orchestration('twoWaits', function* (context: Context) {
  const waits = [context.df.waitForExternalEvent('same'), context.df.waitForExternalEvent('same')];
  context.df.setCustomStatus('waiting');
  const values: unknown[] = yield context.df.Task.all(waits);
  return values;
});

df.app.orchestration('again', function* (context: Context) {
  const { round, sum } = (context.df.getInput() ?? { round: 0, sum: 0 }) as { round: number; sum: number };
  const next: number = yield context.df.callActivity('increment', sum);
  if (round < 2) {
    context.df.continueAsNew({ round: round + 1, sum: next });
    return undefined;
  }
  return { round, sum: next };
});

df.app.orchestration('signalThenFail', function* (context: Context) {
  try {
    yield context.df.callActivity('broken', 'x');
  } catch {
    context.df.signalEntity(new df.EntityId('Counter', context.df.instanceId), 'add', 5);
    throw new Error('after the signal');
  }
});

df.app.orchestration('entityCalls', function* (context: Context) {
  const id = new df.EntityId('Counter', context.df.instanceId);
  yield context.df.callEntity(id, 'add', 2);
  const sum: number = yield context.df.callEntity(id, 'add', 3);
  let error = '';
  try {
    yield context.df.callEntity(id, 'explode');
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const value: number = yield context.df.callEntity(id, 'get');
  return { sum, value, error };
});

df.app.orchestration('critical', function* (context: Context) {
  const id = new df.EntityId('Counter', String(context.df.getInput()));
  const locking = (context.df as unknown as { lock(ids: df.EntityId[]): df.Task }).lock([id]); // typed from schema V4 on
  const lock: { release(): void } = yield locking;
  const before: number = yield context.df.callEntity(id, 'get');
  yield context.df.callActivity('slow', { n: 0, ms: 20 });
  yield context.df.callEntity(id, 'set', before + 1);
  lock.release();
  return before;
});

df.app.orchestration('longTimer', function* (context: Context) {
  const begin = context.df.currentUtcDateTime.getTime();
  yield context.df.createTimer(new Date(begin + 10 * 86_400_000));
  return (context.df.currentUtcDateTime.getTime() - begin) / 86_400_000;
});

df.app.orchestration('shortTimer', function* (context: Context) {
  const at = context.df.currentUtcDateTime.getTime() + Number(context.df.getInput());
  yield context.df.createTimer(new Date(at));
  return context.df.currentUtcDateTime.getTime() >= at;
});

df.app.orchestration('httpPolling', function* (context: Context) {
  const response: { statusCode: number; content?: string } = yield context.df.callHttp({
    method: 'GET',
    url: String(context.df.getInput()),
  });
  const after: number = yield context.df.callActivity('increment', 1);
  return { status: response.statusCode, content: response.content, after };
});

df.app.orchestration('echoInput', function* (context: Context) {
  const input = context.df.getInput();
  const seen: unknown = yield context.df.callActivity('typeOf', { value: input });
  return { input, seen };
});

df.app.orchestration('waitForGo', function* (context: Context) {
  const go: unknown = yield context.df.waitForExternalEvent('go');
  return go;
});

df.app.orchestration('slowChain', function* (context: Context) {
  const first: number = yield context.df.callActivity('slow', { n: 1, ms: Number(context.df.getInput()) });
  const second: number = yield context.df.callActivity('slow', { n: 2, ms: 1 });
  return [first, second];
});

df.app.orchestration('unknownActivity', function* (context: Context) {
  yield context.df.callActivity('nobody', 1);
});

df.app.orchestration('sameChildTwice', function* (context: Context) {
  const id = `${context.df.instanceId}-child`;
  const first = context.df.callSubOrchestrator('waitForGo', undefined, id);
  const timer = context.df.createTimer(context.df.currentUtcDateTime);
  yield context.df.Task.any([first, timer]);
  try {
    yield context.df.callSubOrchestrator('waitForGo', undefined, id);
    return 'unexpected';
  } catch {
    return 'refused';
  }
});

app.http('begin', {
  route: 'begin/{name}/{id?}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const text = await request.text();
    const options = {
      ...(text === '' ? {} : { input: JSON.parse(text) }),
      ...(request.params.id ? { instanceId: request.params.id } : {}),
    };
    const id = await client.startNew(request.params.name ?? '', options);
    return client.createCheckStatusResponse(request, id);
  },
});

app.http('client', {
  route: 'client/{call}/{id}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { call, id } = request.params as { call: string; id: string };
    const entity = new df.EntityId('Counter', id);
    switch (call) {
      case 'status':
        return { jsonBody: await client.getStatus(id) };
      case 'all':
        return { jsonBody: (await client.getStatusAll()).map((status) => status.instanceId) };
      case 'event':
        await client.raiseEvent(id, 'go', { by: 'client' });
        return { status: 202 };
      case 'terminate':
        await client.terminate(id, 'enough');
        return { status: 202 };
      case 'purge':
        return { jsonBody: await client.purgeInstanceHistory(id) };
      case 'signal':
        await client.signalEntity(entity, 'add', 7);
        return { status: 202 };
      case 'entity':
        return { jsonBody: await client.readEntityState(entity) };
      case 'wait':
        return client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
          timeoutInMilliseconds: 10_000,
          retryIntervalInMilliseconds: 20,
        });
      default:
        return { status: 404 };
    }
  },
});

df.app.orchestration('lockAndWait', function* (context: Context) {
  const id = new df.EntityId('Counter', String(context.df.getInput()));
  yield (context.df as unknown as { lock(ids: df.EntityId[]): df.Task }).lock([id]); // as above
  context.df.setCustomStatus('locked');
  yield context.df.waitForExternalEvent('never');
});
