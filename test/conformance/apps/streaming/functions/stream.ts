// HTTP streaming: the library's own proxy serves bodies, the host forwards requests to it.
import { app } from '@azure/functions';

app.setup({ enableHttpStream: true });

app.http('upper', {
  route: 'upper/{who}',
  methods: ['POST'],
  handler: async (request) => {
    const reader = request.body ?? new Blob([]).stream();
    const upper = new TransformStream({
      transform: (chunk: Uint8Array, controller) =>
        controller.enqueue(Buffer.from(Buffer.from(chunk).toString('utf8').toUpperCase())),
    });
    const body = (reader as unknown as ReadableStream<Uint8Array>).pipeThrough(upper); // the library types the web stream of node
    return {
      body: body as never,
      headers: { 'x-who': request.params.who ?? '', 'x-sent': request.headers.get('x-sent') ?? '' },
    };
  },
});
app.http('fails', {
  handler: () => {
    throw new Error('before the answer');
  },
});
