// One function per trigger family. Each leaves what it saw as a JSON line in SEEN_LOG.
import { appendFileSync } from 'node:fs';
import { app, output } from '@azure/functions';

const note = (line: object) => appendFileSync(process.env.SEEN_LOG ?? '', `${JSON.stringify(line)}\n`);

app.hook.appStart(() => note({ hook: 'appStart' }));
app.hook.appTerminate(() => note({ hook: 'appTerminate' }));
app.hook.preInvocation((context) => {
  context.hookData.before = true;
  if (context.invocationContext.functionName === 'hooked') context.inputs = ['from the pre hook'];
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked')
    context.result = {
      body: `${(context.result as { body: string }).body}, then the post hook ${context.hookData.before}`,
    };
});

app.http('hooked', { handler: async (request) => ({ body: String(request) }) });
app.http('echo', {
  route: 'echo/{id:int}/{*rest}',
  methods: ['GET', 'POST', 'PUT'],
  handler: async (request) => ({
    status: 201,
    headers: { 'x-seen': request.headers.get('x-sent') ?? '' },
    cookies: [
      { name: 'a', value: '1', path: '/' },
      { name: 'b', value: '2', httpOnly: true },
    ],
    jsonBody: {
      url: request.url,
      params: request.params,
      tags: request.query.getAll('tag'),
      body: await request.text(),
    },
  }),
});
app.http('Ahead', { route: 'echo/8/here', methods: ['GET'], handler: () => ({ body: 'first by name' }) });
app.http('literal', { route: 'echo/7/here', handler: () => ({ body: 'never' }) });
app.http('nothing', { handler: async () => undefined as unknown as object });
app.http('broken', {
  handler: () => {
    throw new Error('secret detail');
  },
});
app.http('bytes', {
  methods: ['POST'],
  handler: async (request) => ({ body: new Uint8Array(await request.arrayBuffer()) }),
});

app.storageBlob('scanned', {
  path: 'landing/in/{name}.{ext}',
  connection: 'STORE',
  handler: async (content, context) => {
    const { blobTrigger, name, ext } = context.triggerMetadata ?? {};
    note({ blob: blobTrigger, name, ext, text: (content as Buffer).toString() });
    if (String(name).startsWith('bad')) throw new Error('cannot read');
  },
});
app.storageBlob('events', {
  path: 'events/{name}',
  connection: 'STORE',
  source: 'EventGrid',
  handler: async (content, context) =>
    note({ event: context.triggerMetadata?.name, text: (content as Buffer).toString() }),
});

const toSecond = output.storageQueue({ queueName: 'second', connection: 'STORE' });
app.storageQueue('first', {
  queueName: '%FIRST_QUEUE%',
  connection: 'STORE',
  extraOutputs: [toSecond],
  handler: async (message, context) => {
    note({ queue: message, dequeueCount: context.triggerMetadata?.dequeueCount });
    if (typeof message !== 'object') throw new Error('not an object');
    context.extraOutputs.set(toSecond, { forwarded: message });
  },
});
app.storageQueue('second', {
  queueName: 'second',
  connection: 'STORE',
  handler: async (message) => note({ second: message }),
});

app.timer('everySecond', {
  schedule: '* * * * * *',
  handler: async (timer) => note({ timer: timer.isPastDue, next: timer.scheduleStatus.next }),
});
app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: async (timer) => note({ yearly: timer.isPastDue }) });
