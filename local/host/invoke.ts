// One invocation of a function, step by step as the Node worker does it: arguments, pre hooks, call, post hooks, response.
// Invariants: a throwing pre hook aborts; post hooks see, and may change or clear, the result or the error; functionTimeout fails the invocation.
import { randomUUID } from 'node:crypto';
import type { CoreApi, RegisteredFunction, TypedData } from './core-api.ts';
import type { HostLog, LogLevel } from './log.ts';

export interface InvocationRequest {
  /** What the trigger delivers. `live` hands an object over without JSON text (the durable engine's replay payload). */
  trigger: TypedData | { live: unknown };
  triggerMetadata?: Record<string, TypedData>;
  invocationId?: string;
  retryContext?: { retryCount: number; maxRetryCount: number };
  traceParent?: string;
}

export interface InvocationResult {
  /** What the handler returned, after post hooks. */
  raw: unknown;
  returnValue: TypedData | null | undefined;
  outputs: { name: string; data: TypedData }[];
}

export interface InvokerDeps {
  core: CoreApi;
  log: HostLog;
  /** Value of an input binding other than the trigger; undefined gives the function undefined. */
  resolveInput(
    fn: RegisteredFunction,
    key: string,
    metadata: Record<string, TypedData>,
  ): Promise<TypedData | undefined> | TypedData | undefined;
  /** Milliseconds; undefined = unlimited. */
  functionTimeoutMs: number | undefined;
  now(): number;
}

/** Runs functions; counts what is running. */
export class Invoker {
  readonly #deps: InvokerDeps;
  /** Invocations in progress. */
  running = 0;

  constructor(deps: InvokerDeps) {
    this.#deps = deps;
  }

  /**
   * Run one function.
   * @throws whatever the function, a hook or the conversion of its result threw; nothing is wrapped
   */
  async invoke(fn: RegisteredFunction, request: InvocationRequest): Promise<InvocationResult> {
    this.running++;
    const startedMs = this.#deps.now();
    const invocationId = request.invocationId ?? randomUUID();
    const durable = isDurableTrigger(fn.trigger.type);
    const category = `Function.${fn.metadata.name}`;
    try {
      const result = await this.#run(fn, request, invocationId);
      const fields = { invocationId, ms: this.#deps.now() - startedMs };
      this.#deps.log.write(durable ? 'trace' : 'debug', category, 'function.succeeded', fields);
      return result;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // An orchestrator's failure arrives with its whole state after the marker: only the text before it is for reading
      const shown =
        fn.trigger.type.toLowerCase() === 'orchestrationtrigger' ? 'see the failure of the instance' : message;
      this.#deps.log.write(durable ? 'debug' : 'error', category, 'function.failed', {
        invocationId,
        ms: this.#deps.now() - startedMs,
        message: shown,
      });
      throw error;
    } finally {
      this.running--;
    }
  }

  async #run(fn: RegisteredFunction, request: InvocationRequest, invocationId: string): Promise<InvocationResult> {
    const { core } = this.#deps;
    const model = core.model;
    if (!model) throw new Error('The app has no programming model: it does not import @azure/functions 4.');
    const live = 'live' in request.trigger;
    const triggerData: TypedData = live ? {} : (request.trigger as TypedData); // `as`: excluded by `live`
    const inputData = [{ name: fn.triggerKey, data: triggerData }];
    for (const [key, binding] of Object.entries(fn.metadata.bindings)) {
      if (key === fn.triggerKey || binding.direction !== 'in') continue;
      const data = await this.#deps.resolveInput(fn, key, request.triggerMetadata ?? {});
      inputData.push({ name: key, data: data ?? {} });
    }
    const core_ = {
      invocationId,
      metadata: fn.metadata,
      state: undefined as string | undefined,
      request: {
        invocationId,
        functionId: fn.metadata.name,
        inputData,
        triggerMetadata: request.triggerMetadata ?? {},
        ...(request.retryContext ? { retryContext: request.retryContext } : {}),
        ...(request.traceParent
          ? { traceContext: { traceParent: request.traceParent, traceState: '', attributes: {} } }
          : {}),
      },
      log: (level: string, category: string, message: string) =>
        this.#userLog(fn, invocationContext, level, category, message),
    };
    let invocationContext: unknown;
    const invocation = await model.getInvocationModel(core_);
    const { context, inputs } = await invocation.getArguments();
    invocationContext = context;
    if (live) inputs[0] = (request.trigger as { live: unknown }).live; // `as`: checked above
    const hookData: Record<string, unknown> = {};
    const { appHookData, hooks } = core;
    const pre = { hookData, appHookData, invocationContext: context, inputs, functionCallback: fn.callback };
    core_.state = 'preInvocationHooks';
    for (const hook of hooks.preInvocation) await hook(pre);
    const post = {
      hookData,
      appHookData,
      invocationContext: context,
      inputs: pre.inputs,
      result: null as unknown,
      error: null as unknown,
    };
    core_.state = 'invocation';
    try {
      post.result = await this.#limited(fn, invocation.invokeFunction(context, pre.inputs, pre.functionCallback));
    } catch (error) {
      post.error = error ?? new Error('The function threw undefined.');
    }
    core_.state = 'postInvocationHooks';
    for (const hook of hooks.postInvocation) await hook(post);
    core_.state = undefined;
    if (post.error !== null && post.error !== undefined) throw post.error;
    if (live) return { raw: post.result, returnValue: undefined, outputs: [] };
    const response = await invocation.getResponse(context, post.result);
    return { raw: post.result, returnValue: response.returnValue, outputs: response.outputData ?? [] };
  }

  /** Fail when functionTimeout passes. The function itself cannot be stopped; the cloud would end its process. */
  async #limited(fn: RegisteredFunction, work: Promise<unknown>): Promise<unknown> {
    const ms = this.#deps.functionTimeoutMs;
    if (ms === undefined || isDurableTrigger(fn.trigger.type, 'orchestrationtrigger')) return work;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Timeout value of ${ms} ms exceeded by function: ${fn.metadata.name}`)),
        ms,
      );
    });
    try {
      return await Promise.race([work, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  #userLog(fn: RegisteredFunction, invocationContext: unknown, level: string, category: string, message: string): void {
    const record = { level, message, category, invocationContext, hookData: {} as Record<string, unknown> };
    for (const hook of this.#deps.core.hooks.log) hook(record);
    const suffix = category === 'user' ? '.User' : '';
    this.#deps.log.write(record.level as LogLevel, `Function.${fn.metadata.name}${suffix}`, record.message); // `as`: levels of the core API
  }
}

/** Is the trigger type one of the durable ones, or the given one? Types are compared without case. */
export function isDurableTrigger(type: string, only?: string): boolean {
  const lower = type.toLowerCase();
  if (only !== undefined) return lower === only;
  return lower === 'orchestrationtrigger' || lower === 'activitytrigger' || lower === 'entitytrigger';
}

/** JSON text of a return value; null for undefined and null. */
export function returnJson(value: TypedData | null | undefined): string | null {
  if (!value) return null;
  if (value.json !== undefined && value.json !== null) return value.json;
  if (value.string !== undefined && value.string !== null) return JSON.stringify(value.string);
  if (value.int !== undefined && value.int !== null) return JSON.stringify(value.int);
  if (value.double !== undefined && value.double !== null) return JSON.stringify(value.double);
  if (value.bytes) return JSON.stringify(Buffer.from(value.bytes).toString('base64'));
  return null;
}
