// The wire: one HTTP attempt of a chat completion. The SDK never retries here; whoever calls decides.
// Invariants: C1 one `send` is at most one request. C2 an error answer is returned, not thrown; only a missing answer is a TransportFailure.
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
  response_format: Readonly<Record<string, unknown>>;
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

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Client of one deployment on the `openai` package, loaded on first use. */
export function openAiClient(deployment: DeploymentConfig): ChatClient {
  let loading: ReturnType<typeof load> | undefined;
  return {
    async send(body, { timeoutMs }) {
      loading ??= load(deployment);
      const { client, errors } = await loading;
      try {
        const create = client.chat.completions.create.bind(client.chat.completions) as unknown as (
          body: ChatBody, // the SDK's type knows only its own models' parameters; servers accept more
          options: { timeout: number; maxRetries: 0 },
        ) => { withResponse(): Promise<{ data: unknown; response: { status: number; headers: Headers } }> };
        const { data, response } = await create(body, { timeout: timeoutMs, maxRetries: 0 }).withResponse();
        return { status: response.status, headers: plainHeaders(response.headers), body: data };
      } catch (error) {
        if (error instanceof errors.APIConnectionTimeoutError)
          throw new TransportFailure('timeout', `no answer within ${timeoutMs} ms`, error);
        if (error instanceof errors.APIUserAbortError)
          throw new TransportFailure('timeout', 'the call was aborted', error);
        if (error instanceof errors.APIError && error.status !== undefined)
          return { status: error.status, headers: plainHeaders(error.headers), body: { error: error.error } };
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
  const common = { baseURL: baseUrl, maxRetries: 0, logLevel: 'off' } as const;
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

function plainHeaders(headers: Headers | undefined): Record<string, string> {
  return headers === undefined ? {} : Object.fromEntries(headers.entries());
}

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
