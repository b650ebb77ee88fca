// The Batch API as the stage uses it: files and jobs of one deployment, on the `openai` package.
import { RetryableError, TerminalError } from '../../errors.ts';
import { firstWords } from '../deployments/client.ts';
import type { DeploymentConfig } from '../deployments/deployment.ts';

export interface BatchJob {
  id: string;
  /** Lower-case: services differ in case. */
  status: string;
  outputFileId: string | null;
  errorFileId: string | null;
  metadata: Readonly<Record<string, string>>;
  /** Codes of a failed job. */
  problems: readonly string[];
}

/**
 * Every method throws
 * @throws {RetryableError} llm.unavailable when the endpoint is away or busy
 * @throws {TerminalError} llm.configuration when it refuses: no such job, no batch jobs here, no permission
 */
export interface BatchTransport {
  upload(name: string, jsonl: string): Promise<string>;
  create(inputFileId: string, metadata: Record<string, string>): Promise<BatchJob>;
  get(id: string): Promise<BatchJob>;
  /** Newest jobs first, at most a few hundred. */
  recent(): Promise<BatchJob[]>;
  download(fileId: string): Promise<string>;
  remove(fileId: string): Promise<void>;
  cancel(id: string): Promise<void>;
}

/** The same in every line and at creation, or validation fails. */
export const BATCH_ENDPOINT = '/v1/chat/completions';
/** Without an expiry the quota of 500 files is reached after weeks; 14 days is the least that Azure takes. */
const FILE_LIFE_SECONDS = 14 * 24 * 3600;
const RECENT_JOBS = 200;
const TERMINAL = new Set(['completed', 'failed', 'expired', 'cancelled']);

/** Has the job ended, in whatever way? */
export function isTerminal(job: BatchJob): boolean {
  return TERMINAL.has(job.status);
}

/** Transport of a deployment. Loaded on first use. */
export function openAiBatchTransport({ baseUrl, apiKey }: DeploymentConfig): BatchTransport {
  let loading: ReturnType<typeof load> | undefined;
  const client = () => {
    loading ??= load(baseUrl, apiKey);
    return loading;
  };
  const plain: BatchTransport = {
    async upload(name, jsonl) {
      const { sdk, files } = await client();
      const file = await sdk.toFile(Buffer.from(jsonl, 'utf8'), name); // no byte order mark: validation refuses it
      return (
        await files.create({
          file,
          purpose: 'batch',
          expires_after: { anchor: 'created_at', seconds: FILE_LIFE_SECONDS },
        })
      ).id;
    },
    async create(inputFileId, metadata) {
      const { batches } = await client();
      return jobOf(
        await batches.create({
          input_file_id: inputFileId,
          endpoint: BATCH_ENDPOINT,
          completion_window: '24h',
          metadata,
        }),
      );
    },
    async get(id) {
      return jobOf(await (await client()).batches.retrieve(id));
    },
    async recent() {
      const jobs: BatchJob[] = [];
      for await (const job of (await client()).batches.list({ limit: 100 })) {
        jobs.push(jobOf(job));
        if (jobs.length >= RECENT_JOBS) break;
      }
      return jobs;
    },
    async download(fileId) {
      return (await (await client()).files.content(fileId)).text();
    },
    async remove(fileId) {
      await (await client()).files.delete(fileId);
    },
    async cancel(id) {
      await (await client()).batches.cancel(id);
    },
  };
  return {
    upload: (name, jsonl) => translated(plain.upload(name, jsonl)),
    create: (inputFileId, metadata) => translated(plain.create(inputFileId, metadata)),
    get: (id) => translated(plain.get(id)),
    recent: () => translated(plain.recent()),
    download: (fileId) => translated(plain.download(fileId)),
    remove: (fileId) => translated(plain.remove(fileId)),
    cancel: (id) => translated(plain.cancel(id)),
  };
}

const BUSY = new Set([408, 409, 425, 429]);

/** Errors of the SDK in our words. Their messages may quote what was sent, so only the status is told. */
async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { APIError, APIConnectionError, OpenAIError } = await import('openai');
    if (!(error instanceof OpenAIError)) throw error;
    if (!(error instanceof APIError))
      // no token, no secret of the vault
      throw new RetryableError('llm.unavailable', `batch jobs: nothing could be sent: ${firstWords(error)}`, {
        cause: error,
      });
    const { status } = error as { status?: number | undefined };
    const isAway = error instanceof APIConnectionError || status === undefined || status >= 500 || BUSY.has(status);
    if (isAway) throw new RetryableError('llm.unavailable', `batch jobs: status ${status ?? 'none'}`, { cause: error });
    throw new TerminalError('llm.configuration', `batch jobs: status ${status}`, { cause: error });
  }
}

async function load(baseURL: string, apiKey: DeploymentConfig['apiKey']) {
  const sdk = await import('openai');
  // Uploads and polls are not billed and safe to repeat, so here the SDK may retry.
  const { files, batches } = new sdk.OpenAI({
    baseURL,
    apiKey,
    maxRetries: 2,
    logLevel: 'off',
    organization: null,
    project: null,
  });
  return { sdk, files, batches };
}

interface WireJob {
  id: string;
  status: string;
  output_file_id?: string | null | undefined;
  error_file_id?: string | null | undefined;
  metadata?: Record<string, string> | null | undefined;
  errors?: { data?: { code?: string | undefined }[] | undefined } | null | undefined;
}

function jobOf(job: WireJob): BatchJob {
  return {
    id: job.id,
    status: job.status.toLowerCase(),
    outputFileId: job.output_file_id ?? null,
    errorFileId: job.error_file_id ?? null,
    metadata: job.metadata ?? {},
    problems: (job.errors?.data ?? []).map(({ code }) => code ?? 'unknown'),
  };
}
