// Flags that reader processes start with.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { wasmFlags } from '../../shared/documents/wasm-flags.ts';

describe('flags of V8 for WebAssembly', () => {
  test.each([
    ['11.3.244.8-node.30', 0],
    ['12.4.254.21-node.33', 0],
    ['13.5.212.10', 0],
    ['13.6.233.17-node.53', 3],
    ['14.6.202.34-node.34', 3],
    ['14.7.1', 0],
    ['15.0.1', 0],
    ['unknown', 0],
  ])('V8 %s gets %i', (version, count) => {
    expect(wasmFlags(version)).toHaveLength(count);
  });

  test('Node starts with those it gets: it does not with one it does not know', () => {
    const { status, stderr } = spawnSync(process.execPath, [...wasmFlags(process.versions.v8), '-e', '0'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
