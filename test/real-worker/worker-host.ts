// The host's side of the protocol between Azure Functions and its Node worker: a gRPC server that starts the real worker and asks it what the host asks.
// The worker is not part of this project: FUNCTIONS_WORKER names its file, dist/src/nodejsWorker.js (or the worker-bundle.js beside it, which Node
// versions that the worker does not know yet may load). It comes with Azure Functions Core Tools, in workers/node.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadPackageDefinition, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export const WORKER = process.env.FUNCTIONS_WORKER;

/** A message of the stream: one member beside requestId, named by `content`. */
interface Message {
  requestId: string;
  content: string;
  [member: string]: unknown;
}

interface Status {
  status: 'Success' | 'Failure' | 'Cancelled';
  exception: { message: string; stackTrace: string } | null;
}

export interface FunctionMetadata {
  name: string;
  functionId: string;
  bindings: Record<string, { type: string; direction: string; properties: Record<string, string> }>;
  rawBindings: string[];
}

export type TypedData =
  | { string: string }
  | { json: string }
  | { modelBindingData: { version: string; source: string; contentType: string; content: Buffer } };

export interface WorkerOptions {
  /** Default: the Node of this process. */
  node?: string;
  env?: Readonly<Record<string, string>>;
  /** Flags of Node. */
  flags?: readonly string[];
}

/** The largest message of the real host, bytes. */
const MAX_MESSAGE = 2_147_483_647;
const ANSWER_LIMIT_MS = 60_000;

export class WorkerHost {
  readonly child: ChildProcess;
  /** What the worker wrote and sent as log lines. */
  readonly log: string[] = [];
  readonly #server: Server;
  #stream: ServerDuplexStream<Message, object> | undefined;
  readonly #open = new Map<string, { resolve(message: Message): void; reject(error: Error): void }>();
  #requests = 0;

  private constructor(server: Server, child: ChildProcess) {
    this.#server = server;
    this.child = child;
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    child.once('exit', (code) => {
      for (const { reject } of this.#open.values())
        reject(new Error(`the worker ended with code ${code}: ${this.tail}`));
    });
  }

  /** Start a worker; resolves when it has opened its stream, as it does before it knows of any app. */
  static async start(worker: string, { node = process.execPath, env = {}, flags = [] }: WorkerOptions = {}) {
    const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
    const definition = loadSync(join(import.meta.dirname, 'function-rpc.proto'), {
      enums: String,
      defaults: true,
      oneofs: true,
    });
    // `as`: the shape of the loaded definition follows from the proto file
    const { AzureFunctionsRpcMessages: protocol } = loadPackageDefinition(definition) as unknown as {
      AzureFunctionsRpcMessages: { FunctionRpc: { service: Parameters<Server['addService']>[0] } };
    };
    let host: WorkerHost | undefined;
    const eventStream = (stream: ServerDuplexStream<Message, object>) => host?.attach(stream);
    server.addService(protocol.FunctionRpc.service, { eventStream });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const entry =
      basename(worker) === 'worker-bundle.js'
        ? ['-e', 'require(process.argv[1]).worker.startNodeWorker(process.argv)', '--', worker]
        : [worker];
    const named = {
      uri: `http://127.0.0.1:${port}/`,
      'worker-id': 'worker',
      'request-id': 'start',
      'grpc-max-message-length': String(MAX_MESSAGE),
    };
    const names = Object.entries(named).flatMap(([name, value]) => [`--functions-${name}`, value]);
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(node, [...flags, ...entry, ...names], {
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    host = new WorkerHost(server, child);
    try {
      await host.#answer('start');
    } catch (error) {
      await host.stop();
      throw error;
    }
    return host;
  }

  attach(stream: ServerDuplexStream<Message, object>): void {
    this.#stream = stream;
    stream.on('error', () => {}); // the end of the child is what tells
    stream.on('data', (message: Message) => {
      if (message.content === 'rpcLog') this.log.push((message.rpcLog as { message: string }).message);
      const key = message.content === 'startStream' ? 'start' : message.requestId;
      this.#open.get(key)?.resolve(message);
    });
  }

  /** The last words of the worker. */
  get tail(): string {
    return this.log.join('\n').slice(-2000);
  }

  /** Introduce the host, with the folder of an app: the app's own, or any other for a placeholder. */
  init(appDirectory: string): Promise<Message> {
    return this.#ask('workerInitRequest', {
      hostVersion: '4.1042.0',
      workerDirectory: dirname(WORKER ?? ''),
      functionAppDirectory: appDirectory,
    });
  }

  /** What makes a placeholder an app's worker. */
  reload(appDirectory: string, environmentVariables: Readonly<Record<string, string>>): Promise<Message> {
    return this.#ask('functionEnvironmentReloadRequest', { environmentVariables, functionAppDirectory: appDirectory });
  }

  async index(appDirectory: string): Promise<FunctionMetadata[]> {
    const message = await this.#ask('functionsMetadataRequest', { functionAppDirectory: appDirectory });
    return (message.functionMetadataResponse as { functionMetadataResults: FunctionMetadata[] })
      .functionMetadataResults;
  }

  async load(metadata: FunctionMetadata): Promise<void> {
    await this.#ask('functionLoadRequest', { functionId: metadata.functionId, metadata });
  }

  /** Call a loaded function. @throws Error with the message of the function */
  async invoke(metadata: FunctionMetadata, inputs: Readonly<Record<string, TypedData>>): Promise<void> {
    const inputData = Object.entries(inputs).map(([name, data]) => ({ name, data }));
    await this.#ask('invocationRequest', {
      invocationId: crypto.randomUUID(),
      functionId: metadata.functionId,
      inputData,
    });
  }

  async #ask(name: string, request: object): Promise<Message> {
    const requestId = `request-${++this.#requests}`;
    const answer = this.#answer(requestId);
    this.#stream?.write({ requestId, [name]: request });
    const message = await answer;
    const { result } = message[message.content] as { result: Status };
    if (result.status !== 'Success') throw new Error(`${name}: ${result.exception?.message ?? result.status}`);
    return message;
  }

  #answer(requestId: string): Promise<Message> {
    return new Promise<Message>((resolve, reject) => {
      const settle = (settled: () => void) => {
        clearTimeout(limit);
        this.#open.delete(requestId);
        settled();
      };
      const open = {
        resolve: (message: Message) => settle(() => resolve(message)),
        reject: (error: Error) => settle(() => reject(error)),
      };
      const limit = setTimeout(
        () => open.reject(new Error(`no answer to ${requestId}: ${this.tail}`)),
        ANSWER_LIMIT_MS,
      );
      this.#open.set(requestId, open);
    });
  }

  /** Memory of the worker now and at its highest since the last reset, MB; Linux only. */
  memory(): { nowMb: number; peakMb: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const read = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
    return { nowMb: read('VmRSS'), peakMb: read('VmHWM') };
  }

  /** Let the peak begin at what is used now. */
  resetPeak(): void {
    writeFileSync(`/proc/${this.child.pid}/clear_refs`, '5');
  }

  /** Processor time of the worker so far, ms; Linux only (its unit is a hundredth of a second). */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    this.#server.forceShutdown();
  }
}
