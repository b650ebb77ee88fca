// Derived identifiers. The same input gives the same id on every machine: that is what makes duplicate events harmless.
import { createHash } from 'node:crypto';

/** Lower-case hex SHA-256 of UTF-8 text or bytes. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Identity of a document across runs: container, path, path inside the archive, row of the data set.
 * Parts are separated by NUL, which none of them can hold.
 */
export function documentId(container: string, path: string, archivePath = '', rowKey = ''): string {
  return sha256Hex([container, path, archivePath, rowKey].join('\0'));
}

/** JSON with sorted object keys, so that equal values give equal text. Undefined members are left out, as JSON.stringify does. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : v,
  );
}

/** `b00042`: batches sort by name in the order of the plan. */
export function batchId(index: number): string {
  return `b${String(index).padStart(5, '0')}`;
}
