// The module '@azure/functions-core' that the Functions worker would provide: registrations, hooks, programming model, log.
// Invariants: the object is installed before the first app.* call; after start-up no function can be registered.
// Contract: types-core of @azure/functions 4.16 and the Node worker's core module.
import Module from 'node:module';

export interface BindingInfo {
  type: string;
  name?: string;
  direction?: string;
  [option: string]: unknown;
}

export interface RetryOptions {
  retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  maxRetryCount: number;
  delayInterval?: { seconds: number };
  minimumInterval?: { seconds: number };
  maximumInterval?: { seconds: number };
}

export interface FunctionMetadata {
  name: string;
  functionId?: string;
  bindings: Record<string, BindingInfo>;
  retryOptions?: RetryOptions | undefined;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

export interface RegisteredFunction {
  metadata: FunctionMetadata;
  callback: FunctionCallback;
  /** Binding key and binding of the trigger. */
  triggerKey: string;
  trigger: BindingInfo;
}

export interface TypedData {
  string?: string | null;
  json?: string | null;
  bytes?: Uint8Array | null;
  int?: number | null;
  double?: number | null;
  http?: unknown;
  /** A reference instead of content (deferred binding); `content` is JSON. */
  modelBindingData?: { version: string; source: string; contentType: string; content: Buffer };
}

export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(
    context: object,
    result: unknown,
  ): Promise<{ outputData?: { name: string; data: TypedData }[]; returnValue?: TypedData | null }>;
}

export interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(context: unknown): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}

const HOOKS = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
export type HookName = (typeof HOOKS)[number];
export type HookCallback = (context: Record<string, unknown>) => unknown;

/** What the app registered, plus the object handed to `require('@azure/functions-core')`. */
export class CoreApi {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  /** Shared by all hooks of the app. */
  readonly appHookData: Record<string, unknown> = {};
  model: ProgrammingModel | undefined;
  #frozen = false;
  readonly #log: (level: string, category: string, message: string) => void;

  constructor(log: (level: string, category: string, message: string) => void) {
    this.#log = log;
  }

  /** From now on registerFunction throws, as in the worker once the app is loaded. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Answer `require('@azure/functions-core')` in this process with this object. Returns a function that undoes it. */
  install(): () => void {
    // `as`: _load is the loader's internal entry; the worker patches the same place
    const loader = Module as unknown as { _load(id: string, parent: unknown, isMain: boolean): unknown };
    const original = loader._load;
    const core = this.#moduleObject();
    loader._load = function load(this: unknown, id, parent, isMain) {
      return id === '@azure/functions-core' ? core : original.call(this, id, parent, isMain);
    };
    return () => {
      loader._load = original;
    };
  }

  #moduleObject(): object {
    return {
      version: '4.0.0',
      hostVersion: '4.1042.0',
      Disposable,
      log: (level: string, category: string, message: string) => this.#log(level, category, message),
      setProgrammingModel: (model: ProgrammingModel) => {
        this.model = model;
      },
      getProgrammingModel: () => this.model,
      registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => this.#register(metadata, callback),
      registerHook: (name: string, callback: HookCallback) => this.#registerHook(name, callback),
    };
  }

  #register(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    const { name } = metadata;
    if (this.#frozen) throw systemError(new Error(`A function can only be registered during app startup: "${name}".`));
    if (this.functions.has(name))
      throw systemError(new Error(`A function with the name "${name}" has already been registered.`));
    const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
    if (!found) throw systemError(new Error(`Function "${name}" has no trigger binding.`));
    metadata.functionId = name;
    this.functions.set(name, { metadata, callback, triggerKey: found[0], trigger: found[1] });
    return new Disposable(() => this.functions.delete(name));
  }

  #registerHook(name: string, callback: HookCallback): Disposable {
    const known = HOOKS.find((hook) => hook === name);
    if (!known) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
    const list = this.hooks[known];
    list.push(callback);
    return new Disposable(() => {
      const at = list.indexOf(callback);
      if (at >= 0) list.splice(at, 1);
    });
  }
}

class Disposable {
  readonly #dispose: () => unknown;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...items: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const item of items) item.dispose();
    });
  }

  dispose(): void {
    this.#dispose();
  }
}

function systemError<T extends Error>(error: T): T {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}
