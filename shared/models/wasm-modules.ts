// WebAssembly modules that are part of the code, over a memory of their own.

/** Addresses are signed 32-bit numbers in the kernels. */
const MAX_BYTES = 2 ** 31 - 2 ** 16;
const PAGE_BYTES = 65_536;

/** Part of WebAssembly's interface that is used: the compiler's libraries describe it for browsers only. */
interface WasmApi {
  Memory: new (limits: { initial: number }) => { buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
}

export interface WasmMemory {
  exports: Record<string, unknown>;
  buffer: ArrayBuffer;
}

const compiled = new Map<string, object>();

/**
 * Functions of modules over one memory of so many bytes, all 0; undefined where there is none, or an engine without vectors.
 * @param codes  the modules in base64
 */
export function openModules(bytes: number, codes: readonly string[]): WasmMemory | undefined {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined || bytes > MAX_BYTES) return undefined;
  try {
    const memory = new api.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
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
