// Files and the Batch API of the simulator: upload JSONL, create a job, poll, download. Half the price is the client's arithmetic.
// Models what the services do: a zero-byte error file on success, expiry of old files, an enqueued-token quota, output in another order.
import type { Clock } from '../../shared/ports.ts';
import type { SimulatorCore } from './openai-core.ts';
import type { CompletionBody } from './openai-prompt.ts';

export interface BatchSettings {
  /** Time a job takes, ms. */
  jobMs: number;
  /** Input tokens that may be queued at a time. */
  enqueuedTokens: number;
  /** Share of lines that end in the error file. */
  errorShare: number;
}

export const defaultBatchSettings: BatchSettings = { jobMs: 2000, enqueuedTokens: 200_000_000, errorShare: 0 };

interface StoredFile {
  id: string;
  purpose: string;
  filename: string;
  bytes: number;
  created_at: number;
  content: string;
}

interface Job {
  id: string;
  inputFileId: string;
  endpoint: string;
  metadata: Record<string, string>;
  createdMs: number;
  cancelledMs: number | undefined;
  problem: { code: string; message: string } | undefined;
  output: { outputFileId: string; errorFileId: string; total: number; failed: number } | undefined;
}

interface Line {
  custom_id?: unknown;
  body?: CompletionBody;
}

/** What an HTTP route answers: JSON, or the text of a file. */
export type BatchReply = { status: number; json: unknown } | { status: number; text: string };

export class SimulatedBatches {
  readonly #core: SimulatorCore;
  readonly #clock: Clock;
  readonly #settings: BatchSettings;
  readonly #files = new Map<string, StoredFile>();
  readonly #jobs = new Map<string, Job>();
  #sequence = 0;

  constructor(core: SimulatorCore, clock: Clock, settings: Partial<BatchSettings> = {}) {
    this.#core = core;
    this.#clock = clock;
    this.#settings = { ...defaultBatchSettings, ...settings };
  }

  /** Keep an uploaded file. */
  upload(filename: string, purpose: string, content: string): BatchReply {
    return { status: 200, json: this.#shown(this.#keep(filename, purpose, content)) };
  }

  /** Serve `files…` and `batches…`; undefined when the path is neither. */
  route(method: string, path: string, body: unknown): BatchReply | undefined {
    const [kind, id, action] = path.split('/');
    if (kind === 'files') {
      const file = id === undefined ? undefined : this.#files.get(id);
      if (file === undefined) return notFound(path);
      if (method === 'DELETE') {
        this.#files.delete(file.id);
        return { status: 200, json: { id: file.id, object: 'file', deleted: true } };
      }
      return action === 'content' ? { status: 200, text: file.content } : { status: 200, json: this.#shown(file) };
    }
    if (kind !== 'batches') return undefined;
    if (id === undefined && method === 'POST') return this.#create(body);
    if (id === undefined)
      return {
        status: 200,
        json: { object: 'list', data: [...this.#jobs.values()].map((job) => this.#describe(job)), has_more: false },
      };
    const job = this.#jobs.get(id);
    if (job === undefined) return notFound(path);
    if (action === 'cancel') job.cancelledMs ??= this.#clock.now();
    return { status: 200, json: this.#describe(job) };
  }

  #create(body: unknown): BatchReply {
    const request = (body ?? {}) as { input_file_id?: unknown; endpoint?: unknown; metadata?: Record<string, string> }; // a JSON body; checked here
    const input = typeof request.input_file_id === 'string' ? this.#files.get(request.input_file_id) : undefined;
    if (input === undefined) return notFound(`files/${String(request.input_file_id)}`);
    const job: Job = {
      id: `batch_sim_${++this.#sequence}`,
      inputFileId: input.id,
      endpoint: String(request.endpoint),
      metadata: request.metadata ?? {},
      createdMs: this.#clock.now(),
      cancelledMs: undefined,
      problem: this.#problemOf(input.content),
      output: undefined,
    };
    this.#jobs.set(job.id, job);
    return { status: 200, json: this.#describe(job) };
  }

  /** What validation finds wrong with an input file. */
  #problemOf(content: string): Job['problem'] {
    if (content.startsWith('\uFEFF'))
      return { code: 'invalid_json_line', message: 'The file starts with a byte order mark.' };
    const ids = new Set<unknown>();
    const models = new Set<unknown>();
    let chars = 0;
    for (const text of content.split('\n').filter((line) => line !== '')) {
      const line = JSON.parse(text) as Line; // broken lines fail the request, as they should
      if (ids.has(line.custom_id))
        return { code: 'duplicate_custom_id', message: `custom_id ${String(line.custom_id)} occurs twice.` };
      ids.add(line.custom_id);
      models.add(line.body?.model);
      chars += text.length;
    }
    if (models.size > 1) return { code: 'model_mismatch', message: 'All lines must name the same model.' };
    if (chars / 4 > this.#settings.enqueuedTokens)
      return { code: 'token_limit_exceeded', message: 'The enqueued token limit is reached.' };
    return undefined;
  }

  #describe(job: Job): unknown {
    const seconds = (ms: number) => Math.floor(ms / 1000);
    const isOver = this.#clock.now() >= job.createdMs + this.#settings.jobMs;
    let status = isOver ? 'completed' : 'in_progress';
    if (job.problem !== undefined) status = 'failed';
    else if (job.cancelledMs !== undefined) status = 'cancelled';
    if (status === 'completed') job.output ??= this.#execute(job);
    return {
      id: job.id,
      object: 'batch',
      endpoint: job.endpoint,
      input_file_id: job.inputFileId,
      completion_window: '24h',
      status,
      metadata: job.metadata,
      created_at: seconds(job.createdMs),
      output_file_id: job.output?.outputFileId ?? null,
      error_file_id: job.output?.errorFileId ?? null,
      errors: job.problem === undefined ? null : { object: 'list', data: [job.problem] },
      request_counts: {
        total: job.output?.total ?? 0,
        completed: (job.output?.total ?? 0) - (job.output?.failed ?? 0),
        failed: job.output?.failed ?? 0,
      },
    };
  }

  #execute(job: Job): NonNullable<Job['output']> {
    const lines = (this.#files.get(job.inputFileId)?.content ?? '').split('\n').filter((line) => line !== '');
    const done: string[] = [];
    const failed: string[] = [];
    lines.forEach((text, index) => {
      const { custom_id, body } = JSON.parse(text) as Line; // validated when the job was created
      const isError = (index + 0.5) / lines.length < this.#settings.errorShare;
      if (isError) {
        failed.push(
          JSON.stringify({
            custom_id,
            response: {
              status_code: 500,
              request_id: `${job.id}-${index}`,
              body: { error: { code: 'internal_error', message: 'failed' } },
            },
            error: null,
          }),
        );
        return;
      }
      const reply = this.#core.complete(String(body?.model), body ?? {}, 'batch');
      const entry = JSON.stringify({
        custom_id,
        response: { status_code: reply.status, request_id: reply.headers['x-request-id'], body: reply.body },
        error: null,
      });
      (reply.status === 200 ? done : failed).push(entry);
    });
    const text = (entries: string[]) => entries.map((entry) => `${entry}\n`).join('');
    return {
      outputFileId: this.#keep('output.jsonl', 'batch_output', text(done.reverse())).id,
      errorFileId: this.#keep('error.jsonl', 'batch_output', text(failed)).id,
      total: lines.length,
      failed: failed.length,
    };
  }

  #keep(filename: string, purpose: string, content: string): StoredFile {
    const file: StoredFile = {
      id: `file-sim-${++this.#sequence}`,
      purpose,
      filename,
      bytes: Buffer.byteLength(content),
      created_at: Math.floor(this.#clock.now() / 1000),
      content,
    };
    this.#files.set(file.id, file);
    return file;
  }

  #shown({ content: _content, ...file }: StoredFile): unknown {
    return { ...file, object: 'file', status: 'processed' };
  }
}

function notFound(path: string): BatchReply {
  return { status: 404, json: { error: { code: 'not_found', message: `The simulator has no ${path}.` } } };
}
