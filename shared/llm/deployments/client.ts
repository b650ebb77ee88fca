// The wire: one HTTP attempt of a chat completion or of embeddings. The SDK never retries here; whoever calls decides.
// Invariants: C1 one `send` is at most one request. C2 an error answer is returned, not thrown; only a missing answer is a TransportFailure.
//             C3 the body is what the server sent, whole and within the time limit: no shape of error and no media type is lost on the way.
import { replyValue } from '../completion.ts';
import type { DeploymentConfig } from './deployment.ts';

/** Text with a mark for the service's prompt cache. */
export interface TextPart {
  type: 'text';
  text: string;
  prompt_cache_breakpoint?: { mode: 'explicit' };
}

export interface ChatBody {
  model: string;
  messages: readonly { role: 'system' | 'user'; content: string | readonly TextPart[] }[];
  response_format?: Readonly<Record<string, unknown>>;
  [parameter: string]: unknown;
}

/** What the endpoint said. Header names are lower-case. */
export interface ChatReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** No whole answer came. `not-sent`: surely not billed. `lost` and `timeout`: possibly billed. */
export class TransportFailure extends Error {
  readonly kind: 'not-sent' | 'lost' | 'timeout';

  constructor(kind: TransportFailure['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TransportFailure';
    this.kind = kind;
  }
}

export interface ChatClient {
  /** @throws {TransportFailure} when no whole answer came */
  send(body: ChatBody, options: { timeoutMs: number }): Promise<ChatReply>;
}

/** Texts whose vectors are asked for. */
export interface EmbeddingBody {
  model: string;
  input: readonly string[];
  encoding_format: 'float' | 'base64';
  dimensions?: number;
  [parameter: string]: unknown;
}

export interface EmbeddingClient {
  /** @throws {TransportFailure} when no whole answer came */
  send(body: EmbeddingBody, options: { timeoutMs: number }): Promise<ChatReply>;
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Client of one deployment on the `openai` package, loaded on first use. */
export const openAiClient = (deployment: DeploymentConfig): ChatClient => poster(deployment, '/chat/completions');

/** The same for vectors of texts. */
export const openAiEmbeddings = (deployment: DeploymentConfig): EmbeddingClient => poster(deployment, '/embeddings');

/** @param path  as the SDK's own methods name it: it finds Azure's dated paths by it */
function poster(deployment: DeploymentConfig, path: '/chat/completions' | '/embeddings') {
  let loading: ReturnType<typeof load> | undefined;
  return {
    async send(body: ChatBody | EmbeddingBody, { timeoutMs }: { timeoutMs: number }): Promise<ChatReply> {
      loading ??= load(deployment);
      const { client, errors } = await loading;
      try {
        const response = await client.post(path, { body, timeout: timeoutMs, maxRetries: 0 }).asResponse();
        return {
          status: response.status,
          headers: plainHeaders(response.headers),
          body: replyValue(await response.text()),
        };
      } catch (error) {
        if (error instanceof errors.APIConnectionTimeoutError)
          throw new TransportFailure('timeout', `no answer within ${timeoutMs} ms`, error);
        if (error instanceof errors.APIUserAbortError)
          throw new TransportFailure('timeout', 'the call was aborted', error);
        if (error instanceof errors.APIError && error.status !== undefined)
          return { status: error.status, headers: plainHeaders(error.headers), body: unwrapped(error.error) };
        // thrown before there was a request: no token, no secret of the vault
        if (!(error instanceof errors.APIConnectionError))
          throw new TransportFailure('not-sent', `nothing could be sent: ${firstWords(error)}`, error);
        const isUnsent = NEVER_CONNECTED.has(systemCode(error));
        throw new TransportFailure(
          isUnsent ? 'not-sent' : 'lost',
          isUnsent ? 'no connection' : 'the connection ended before the answer',
          error,
        );
      }
    },
  };
}

async function load({ baseUrl, apiKey, apiVersion }: DeploymentConfig) {
  const sdk = await import('openai');
  const common = { baseURL: baseUrl, maxRetries: 0, logLevel: 'off', fetch: fetchWhole } as const;
  const client =
    apiVersion === undefined
      ? new sdk.OpenAI({ ...common, apiKey, organization: null, project: null })
      : new sdk.AzureOpenAI({
          ...common,
          apiVersion,
          ...(typeof apiKey === 'string' ? { apiKey } : { azureADTokenProvider: apiKey }),
        });
  return { client, errors: sdk };
}

const MOST_REPLY_BYTES = 32 * 1024 * 1024;

/** A reply read to its end, so that the time limit covers all of it. What the SDK drops of an error (lists, `detail`, plain text) is wrapped. */
async function fetchWhole(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_REPLY_BYTES) throw new Error(`a reply of more than ${MOST_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  if (status === 204 || status === 205 || status === 304) return new Response(null, { status, statusText, headers });
  return new Response(response.ok ? text : JSON.stringify({ error: { wrapped: text } }), {
    status,
    statusText,
    headers,
  });
}

/** What fetchWhole has wrapped. */
function unwrapped(error: unknown): unknown {
  const { wrapped } = (error ?? {}) as { wrapped?: unknown };
  return typeof wrapped === 'string' ? replyValue(wrapped) : { error };
}

function plainHeaders(headers: Headers | undefined): Record<string, string> {
  return headers === undefined ? {} : Object.fromEntries(headers.entries());
}

const MOST_WORDS = 300;

/** Of an error, in one line. */
export const firstWords = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim().slice(0, MOST_WORDS);

/** The operating system's code of the innermost cause that has one. */
function systemCode(error: unknown): string {
  let found = '';
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string') found = e.code;
    if (e instanceof AggregateError && e.errors[0] instanceof Error && 'code' in e.errors[0])
      found = String(e.errors[0].code);
  }
  return found;
}
