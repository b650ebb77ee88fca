// Input and output bindings other than triggers: durable client, blob input, queue and blob output.
// Invariant: a binding type that the host does not serve is reported when the app is loaded, not when it is first used.
import { randomUUID } from 'node:crypto';
import { fillPath } from './blob-path.ts';
import type { BindingInfo, RegisteredFunction, TypedData } from './core-api.ts';
import type { InvocationResult } from './invoke.ts';
import { sendText } from './queue-text.ts';
import { resolveSettingReferences } from './settings.ts';
import { type StorageClients, storageStatus } from './storage.ts';

const INPUTS: ReadonlySet<string> = new Set(['durableclient', 'orchestrationclient', 'blob']);
const OUTPUTS: ReadonlySet<string> = new Set(['http', 'queue', 'blob']);

/** Bindings of a function that this host cannot serve, as readable texts. */
export function unsupportedBindings(fn: RegisteredFunction): string[] {
  return Object.entries(fn.metadata.bindings).flatMap(([key, binding]) => {
    if (key === fn.triggerKey) return [];
    const served = (binding.direction === 'out' ? OUTPUTS : INPUTS).has(binding.type.toLowerCase());
    return served ? [] : [`${binding.direction ?? 'in'} binding ${key} of type ${binding.type}`];
  });
}

export class OutputWriter {
  readonly #storage: StorageClients;
  readonly #env: NodeJS.ProcessEnv;
  readonly #base64: boolean;

  constructor(storage: StorageClients, env: NodeJS.ProcessEnv, base64: boolean) {
    this.#storage = storage;
    this.#env = env;
    this.#base64 = base64;
  }

  /** Carry out the outputs that an invocation set. `tokens` fill paths such as `out/{name}`. */
  async write(
    fn: RegisteredFunction,
    result: InvocationResult,
    tokens: Readonly<Record<string, string>>,
  ): Promise<void> {
    const outputs = [...result.outputs];
    const returned = fn.metadata.bindings.$return;
    if (returned && returned.type.toLowerCase() !== 'http' && result.returnValue)
      outputs.push({ name: '$return', data: result.returnValue });
    for (const { name, data } of outputs) {
      const binding = fn.metadata.bindings[name];
      const type = binding?.type.toLowerCase();
      if (binding && type === 'queue') await this.#writeQueue(binding, data);
      else if (binding && type === 'blob') await this.#writeBlob(binding, data, tokens);
    }
  }

  /** Bytes of a blob input; undefined when there is no such blob. */
  async readBlob(binding: BindingInfo, tokens: Readonly<Record<string, string>>): Promise<TypedData | undefined> {
    const { container, blob } = this.#target(binding, tokens);
    const client = (await this.#storage.blob(text(binding.connection)))
      .getContainerClient(container)
      .getBlobClient(blob);
    try {
      return { bytes: await client.downloadToBuffer() };
    } catch (error) {
      if (storageStatus(error) === 404) return undefined;
      throw error;
    }
  }

  async #writeQueue(binding: BindingInfo, data: TypedData): Promise<void> {
    const name = resolveSettingReferences(text(binding.queueName) ?? '', this.#env);
    const client = (await this.#storage.queue(text(binding.connection))).getQueueClient(name);
    await client.createIfNotExists();
    for (const message of queueMessages(data)) {
      await sendText(client, this.#base64 ? message.toString('base64') : message.toString());
    }
  }

  async #writeBlob(binding: BindingInfo, data: TypedData, tokens: Readonly<Record<string, string>>): Promise<void> {
    const { container, blob } = this.#target(binding, tokens);
    const client = (await this.#storage.blob(text(binding.connection))).getContainerClient(container);
    await client.createIfNotExists();
    const bytes = contentOf(data);
    await client.getBlockBlobClient(blob).upload(bytes, bytes.length);
  }

  #target(binding: BindingInfo, tokens: Readonly<Record<string, string>>): { container: string; blob: string } {
    const path = fillPath(
      resolveSettingReferences(text(binding.path) ?? '', this.#env),
      tokens,
      new Date(),
      randomUUID,
    );
    const slash = path.indexOf('/');
    if (slash <= 0) throw new Error(`The blob path "${path}" must be container/name.`);
    return { container: path.slice(0, slash), blob: path.slice(slash + 1) };
  }
}

/** A JSON array is one message per element, as in Azure; anything else is one message. */
function queueMessages(data: TypedData): Buffer[] {
  if (!data.json) return [contentOf(data)];
  const value: unknown = JSON.parse(data.json);
  if (!Array.isArray(value)) return [Buffer.from(data.json)];
  return value.map((item) => Buffer.from(typeof item === 'string' ? item : JSON.stringify(item)));
}

function contentOf(data: TypedData): Buffer {
  if (data.bytes) return Buffer.from(data.bytes);
  return Buffer.from(data.string ?? data.json ?? String(data.int ?? data.double ?? ''));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
