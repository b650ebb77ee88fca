// What makes of several registrations of the same training one version: a record, created if absent, holds the one manifest that is written.
// Invariant: whoever meets the record can finish what it says: the artifacts of its version were there before it was.
import { SluiceError } from '../errors.ts';
import { modelPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord, type RecordCheck } from '../record-json.ts';

export const MANIFEST_FILE = 'manifest.json';
export const VERSION = /^v[1-9]\d{0,8}$/;

/** The manifest that is registered for a record: ours, unless another was first. */
export async function decideOnce(store: LakeStore, record: string, ours: Buffer): Promise<Buffer> {
  try {
    await store.write(record, ours, { ifAbsent: true });
    return ours;
  } catch (error) {
    if (!isConflict(error)) throw error;
    return await store.read(record);
  }
}

/**
 * Make a version whole whose artifacts are there.
 * @param path  where its manifest is from
 * @returns the version
 * @throws {TerminalError} lake.corrupt-record
 */
export async function completeVersion(store: LakeStore, manifest: Buffer, path: string): Promise<string> {
  const { version } = parseRecord<{ version: string }>(manifest, path, namesVersion);
  try {
    await store.write(`${modelPaths.folder(version)}/${MANIFEST_FILE}`, manifest, { ifAbsent: true });
  } catch (error) {
    if (!isConflict(error)) throw error; // it is whole already
  }
  return version;
}

const namesVersion: RecordCheck = ({ version }) => typeof version === 'string' && VERSION.test(version);

export const isConflict = (error: unknown): boolean => error instanceof SluiceError && error.code === 'lake.conflict';
