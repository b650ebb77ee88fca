// HTTP functions, and hooks around them.
import { app } from '@azure/functions';

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
app.http('optional', { route: 'maybe/{part?}', handler: (request) => ({ jsonBody: request.params }) });
app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: async () => undefined });
