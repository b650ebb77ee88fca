// WebAssembly modules that are part of the code, over a memory of their own.

/** Addresses are signed 32-bit numbers in the kernels. */
const MAX_BYTES = 2 ** 31 - 2 ** 16;
const PAGE_BYTES = 65_536;

/** Part of WebAssembly's interface that is used: the compiler's libraries describe it for browsers only. */
interface WasmApi {
  Memory: new (limits: { initial: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmMemory {
  exports: Record<string, unknown>;
  buffer: ArrayBuffer;
}

/** A memory that goes to the next who asks after `release`. */
export interface ReusedMemory extends WasmMemory {
  /** All of it is 0, not only its beginning. */
  isFresh: boolean;
  release(): void;
}

/** A memory that was released: collecting it would wait for a while, and trainings come one after the other. */
let spare: WeakRef<Memory> | undefined;

const compiled = new Map<string, object>();

/**
 * Functions of modules over one memory of so many bytes, all 0; undefined where there is none, or an engine without vectors.
 * @param codes  the modules in base64
 */
export function openModules(bytes: number, codes: readonly string[]): WasmMemory | undefined {
  return open(bytes, codes, (api, pages) => new api.Memory({ initial: pages }));
}

/**
 * The same over a memory that was released, if there is one.
 * @param cleared  so many bytes from the beginning are 0
 */
export function reopenModules(bytes: number, codes: readonly string[], cleared: number): ReusedMemory | undefined {
  let isFresh = true;
  let memory: Memory | undefined;
  const opened = open(bytes, codes, (api, pages) => {
    const released = spare?.deref();
    spare = undefined;
    isFresh = released === undefined;
    memory = released ?? new api.Memory({ initial: pages });
    const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) memory.grow(missing);
    return memory;
  });
  if (opened === undefined || memory === undefined) return undefined;
  if (!isFresh) new Uint8Array(opened.buffer, 0, cleared).fill(0);
  const own = memory;
  const release = () => {
    spare = new WeakRef(own);
  };
  return { ...opened, isFresh, release };
}

function open(
  bytes: number,
  codes: readonly string[],
  take: (api: WasmApi, pages: number) => Memory,
): WasmMemory | undefined {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined || bytes > MAX_BYTES) return undefined;
  try {
    const memory = take(api, Math.ceil(bytes / PAGE_BYTES));
    const exports: Record<string, unknown> = {};
    for (const code of codes) {
      const module = compiled.get(code) ?? new api.Module(Buffer.from(code, 'base64'));
      compiled.set(code, module);
      Object.assign(exports, new api.Instance(module, { env: { memory } }).exports);
    }
    return { exports, buffer: memory.buffer };
  } catch {
    return undefined; // no memory, or an engine without vectors: the callers do without
  }
}

/** Hands out places in a memory that is not there yet, each at a multiple of 64 bytes. */
export class Places {
  end = 0;

  take(bytes: number): number {
    const at = this.end;
    this.end = Math.ceil((at + bytes) / 64) * 64;
    return at;
  }
}
