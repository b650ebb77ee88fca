// Flags of V8 for processes whose work is WebAssembly: PDFium above all.
// Trap: they belong to the start of a process. Set later, V8 ends with a segmentation fault where code that it compiled before is compiled again.

/**
 * Indirect calls are inlined where they always go the same way, and more of what is called: PDFium is made of virtual calls.
 * V8 does the first by itself from 13.7 on (Node 26, Chrome 137). A version that is not known keeps its own ways; Node does not start with a flag it lacks.
 * @param version  of V8, "13.6.233.17-node.53"
 */
export function wasmFlags(version: string): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isKnown = (major === 13 && minor >= 6) || (major === 14 && minor <= 6); // Node 24 to 26
  return isKnown ? ['--wasm-inlining-call-indirect', '--wasm-inlining-factor=10', '--wasm-inlining-budget=20000'] : [];
}
