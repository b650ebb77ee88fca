// The Node side of the real engine: the compiled functions behind our own core API, one JSON object a line over a loopback connection.
// Arguments: folder of the app, port to connect to. Ends when the connection does.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { loadApp, terminateApp } from '../../local/host/app-loader.ts';
import { CoreApi, type TypedData } from '../../local/host/core-api.ts';
import { Invoker } from '../../local/host/invoke.ts';
import { createHostLog } from '../../local/host/log.ts';

interface Request {
  id: string;
  function: string;
  trigger: Record<string, unknown>;
  metadata?: Record<string, TypedData>;
  client?: string;
}

const [appDir = '.', port = '0'] = process.argv.slice(2);
const log = createHostLog({
  format: 'json',
  levels: { default: 'error' },
  sink: (line) => process.stderr.write(line),
  now: Date.now,
});
const socket = connect(Number(port), '127.0.0.1');
const send = (message: object) => socket.write(`${JSON.stringify(message)}\n`);

/** Bytes travel as base64: on the way in they are known by their place, on the way out by their type. */
function withBytes(data: Record<string, unknown>): TypedData {
  if (typeof data.bytes === 'string') return { bytes: Buffer.from(data.bytes, 'base64') };
  const { modelBindingData, http } = data as Record<string, Record<string, unknown> | undefined>;
  if (modelBindingData !== undefined)
    return {
      modelBindingData: { ...modelBindingData, content: Buffer.from(String(modelBindingData.content), 'base64') },
    } as TypedData;
  if (http?.body !== undefined)
    return { http: { ...http, body: withBytes(http.body as Record<string, unknown>) } } as TypedData;
  return data as TypedData;
}

const asText = (data: unknown): unknown => {
  if (data instanceof Uint8Array) return Buffer.from(data).toString('base64');
  if (Array.isArray(data)) return data.map(asText);
  if (typeof data === 'object' && data !== null)
    return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, asText(value)]));
  return data;
};

const core = new CoreApi(() => {});
core.install();
try {
  const app = await loadApp(appDir, core);
  const clients = new Map<string, string>();
  const invoker = new Invoker({
    core,
    log,
    functionTimeoutMs: undefined,
    now: () => performance.now(),
    resolveInput: (_fn, _key, metadata) => ({ string: String(metadata.__client?.string) }),
  });
  send({
    functions: Object.fromEntries([...core.functions].map(([name, { metadata }]) => [name, metadata.bindings])),
  });
  for await (const line of createInterface({ input: socket })) {
    const request = JSON.parse(line) as Request;
    const fn = core.functions.get(request.function);
    if (!fn) throw new Error(`no function ${request.function}`);
    const metadata = {
      ...request.metadata,
      ...(request.client === undefined ? {} : { __client: { string: request.client } }),
    };
    invoker
      .invoke(fn, { trigger: withBytes(request.trigger), triggerMetadata: metadata, invocationId: request.id })
      .then(
        ({ returnValue, outputs }) =>
          send({ id: request.id, returnValue: asText(returnValue), outputs: asText(outputs) }),
        (error: Error) => send({ id: request.id, error: { message: error.message, stack: error.stack ?? '' } }),
      );
  }
  await terminateApp(app, core);
  clients.clear();
  process.exit(0);
} catch (error) {
  send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  socket.end();
}
