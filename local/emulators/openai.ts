// OpenAI-compatible server for development and tests. IT IS NOT A LANGUAGE MODEL: it answers by word overlap with the label descriptions.
// Paths: /v1/…, /openai/v1/…, /openai/deployments/<name>/… (chat/completions, embeddings, files, batches); control under /_sim (config, stats, ledger).
// Invariant: every answer names the model `simulator`, whatever model was asked for.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../shared/ports.ts';
import { answerForeigners } from '../loopback.ts';
import type { FaultPlan } from './faults.ts';
import { type BatchReply, type BatchSettings, SimulatedBatches } from './openai-batches.ts';
import { type BillingEntry, SIMULATOR_MODEL, SimulatorCore, type SimulatorStats } from './openai-core.ts';
import { type DeploymentSettings, defaultDeploymentSettings } from './openai-deployment.ts';
import type { EmbeddingBody } from './openai-embeddings.ts';
import type { CompletionBody } from './openai-prompt.ts';
import type { SimulatedReply } from './openai-replies.ts';
import { loadTokenCounter } from './openai-tokens.ts';

export interface SimulatorOptions extends Partial<DeploymentSettings> {
  /** 0 (default) takes a free port. */
  port?: number;
  seed?: number;
  faults?: FaultPlan;
  clock?: Clock;
  deployments?: Readonly<Record<string, Partial<DeploymentSettings>>>;
  /** Names of deployments that exist; absent: whatever is named does. */
  known?: readonly string[];
  batch?: Partial<BatchSettings>;
  /** A line on the console that says what this is. Default true. */
  banner?: boolean;
}

export interface OpenAiSimulator {
  port: number;
  /** `http://127.0.0.1:<port>/v1` */
  baseUrl: string;
  core: SimulatorCore;
  /** Everything billed so far. */
  ledger(): readonly BillingEntry[];
  stats(): Record<string, SimulatorStats>;
  close(): Promise<void>;
}

export const SIMULATOR_BANNER =
  'LLM SIMULATOR: answers come from word overlap, not from a language model. Do not use them for anything but trying Sluice.';
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** Start the simulator on the loopback interface. */
export async function startOpenAiSimulator(options: SimulatorOptions = {}): Promise<OpenAiSimulator> {
  const {
    port = 0,
    seed = 1,
    faults = {},
    clock = systemClock,
    deployments = {},
    known,
    banner = true,
    batch = {},
    ...settings
  } = options;
  const core = new SimulatorCore({
    seed,
    clock,
    faults,
    deployments,
    ...(known === undefined ? {} : { known }),
    deployment: { ...defaultDeploymentSettings, ...settings },
    countTokens: await loadTokenCounter(),
  });
  const batches = new SimulatedBatches(core, clock, batch);
  const server = createServer((request, response) => {
    if (answerForeigners(request, response)) return;
    handle(core, batches, clock, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, {}, { error: { code: 'simulator', message: String(error) } });
      else response.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo; // a TCP server's address is always an AddressInfo
  if (banner) process.stderr.write(`${SIMULATOR_BANNER} (http://127.0.0.1:${bound}/v1)\n`);
  let closing: Promise<void> | undefined;
  return {
    port: bound,
    baseUrl: `http://127.0.0.1:${bound}/v1`,
    core,
    ledger: () => core.billing,
    stats: () => core.stats(),
    close: () => {
      closing ??= new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

async function handle(
  core: SimulatorCore,
  batches: SimulatedBatches,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (pathname.startsWith('/_sim')) return control(core, pathname, request, response);
  const azure = /^\/openai\/deployments\/([^/]+)\/(.+)$/.exec(pathname);
  const operation = azure?.[2] ?? pathname.replace(/^\/(openai\/)?v1\//, '');
  if (operation === 'models' && request.method === 'GET')
    return sendJson(
      response,
      200,
      {},
      { object: 'list', data: [{ id: SIMULATOR_MODEL, object: 'model', owned_by: 'sluice-simulator' }] },
    );
  if (/^(files|batches)\b/.test(operation)) return sendBatch(await batchReply(batches, operation, request), response);
  const isEmbedding = operation === 'embeddings';
  if ((operation !== 'chat/completions' && !isEmbedding) || request.method !== 'POST')
    return sendJson(
      response,
      404,
      {},
      { error: { code: 'not_found', message: `The simulator has no ${request.method} ${pathname}.` } },
    );
  const body = await readJson(request);
  if (body === undefined)
    return sendJson(response, 400, {}, { error: { code: 'invalid_request_error', message: 'The body is not JSON.' } });
  const asked = (body ?? {}) as CompletionBody & EmbeddingBody; // every member is checked where it is used
  const deployment = azure?.[1] === undefined ? String(asked.model ?? SIMULATOR_MODEL) : decodeURIComponent(azure[1]);
  const reply = isEmbedding ? core.embed(deployment, asked) : core.complete(deployment, asked);
  await send(reply, clock, response);
}

async function send(reply: SimulatedReply, clock: Clock, response: ServerResponse): Promise<void> {
  await clock.sleep(reply.delayMs);
  if (reply.kind === 'hang') return; // the socket stays open until the client gives up
  if (reply.kind === 'drop') {
    response.destroy();
    return;
  }
  if (reply.kind === 'cut') {
    const text = JSON.stringify(reply.body);
    response.writeHead(reply.status, {
      ...reply.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.write(text.slice(0, text.length >> 1), () => response.destroy());
    return;
  }
  sendJson(response, reply.status, reply.headers, reply.body);
}

async function batchReply(
  batches: SimulatedBatches,
  operation: string,
  request: IncomingMessage,
): Promise<BatchReply | undefined> {
  if (operation !== 'files' || request.method !== 'POST')
    return batches.route(request.method ?? 'GET', operation, await readJson(request));
  // A multipart upload; the platform's own parser reads it.
  const form = await new Response(await readBytes(request), {
    headers: { 'content-type': request.headers['content-type'] ?? '' },
  }).formData();
  const file = form.get('file');
  const isFile = typeof file === 'object' && file !== null;
  return batches.upload(isFile ? file.name : 'file', String(form.get('purpose')), isFile ? await file.text() : '');
}

function sendBatch(reply: BatchReply | undefined, response: ServerResponse): void {
  if (reply !== undefined && 'text' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/octet-stream' });
    response.end(reply.text);
  } else if (reply !== undefined) sendJson(response, reply.status, {}, reply.json);
  else sendJson(response, 404, {}, { error: { code: 'not_found', message: 'no such path' } });
}

async function control(
  core: SimulatorCore,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const what = pathname.slice('/_sim'.length).replace(/^\//, '');
  if (what === 'stats') return sendJson(response, 200, {}, core.stats());
  if (what === 'ledger') return sendJson(response, 200, {}, core.billing);
  if (what === 'admissions') return sendJson(response, 200, {}, core.admissions);
  if (what === 'config' && (request.method === 'PATCH' || request.method === 'POST')) {
    const change = (await readJson(request)) as
      | { deployment?: string; settings?: Partial<DeploymentSettings>; faults?: FaultPlan }
      | undefined;
    if (change?.settings !== undefined) core.configure(change.deployment ?? SIMULATOR_MODEL, change.settings);
    if (change?.faults !== undefined) core.faults = change.faults;
    return sendJson(
      response,
      200,
      {},
      { settings: core.state(change?.deployment ?? SIMULATOR_MODEL).settings, faults: core.faults },
    );
  }
  sendJson(
    response,
    200,
    {},
    { notice: SIMULATOR_BANNER, paths: ['/_sim/stats', '/_sim/ledger', '/_sim/admissions', '/_sim/config (PATCH)'] },
  );
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // answered with 400 by the callers
    throw error;
  }
}

async function readBytes(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`a body of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function sendJson(response: ServerResponse, status: number, headers: Record<string, string>, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
