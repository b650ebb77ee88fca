// The vector of an erased text out of the models that were trained with it. Everything else of a model stays as it was registered.
// Invariants: X1 a model loads at every moment: the new file is whole before the manifest names it, the old one goes last. X2 safe to repeat:
// files with the text that no manifest names any more are deleted as well.
import { SluiceError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import { modelPaths } from '../../paths.ts';
import type { LakeStore } from '../../ports.ts';
import { type Artifact, parseManifest, verifyArtifact } from '../bundle.ts';
import { EXEMPLARS_FILE, withoutExemplar } from './stage.ts';
import { textKey } from './vector-cache.ts';

const MANIFEST = /^models\/(v\d+)\/manifest\.json$/;
const MODELS = 'models';
const DAMAGED: ReadonlySet<string> = new Set(['model.corrupt', 'model.checksum-mismatch']);
const EXEMPLARS = /\/exemplars[^/]*\.bin$/;

/**
 * Take the vector of a text out of every model.
 * @returns versions that held it. A damaged model does not load, so its files with the text are deleted whole
 */
export async function forgetExemplars(store: LakeStore, text: string): Promise<string[]> {
  const key = Buffer.from(textKey(text), 'hex');
  const paths: string[] = [];
  for await (const { path } of store.list(MODELS)) paths.push(path);
  const changed: string[] = [];
  for (const path of paths) {
    const version = MANIFEST.exec(path)?.[1];
    if (version === undefined) continue;
    const files = paths.filter((file) => file.startsWith(`${modelPaths.folder(version)}/`) && EXEMPLARS.test(file));
    if (files.length > 0 && (await forgetInModel(store, version, key, files))) changed.push(version);
  }
  return changed;
}

const MAX_RACES = 10;

async function forgetInModel(
  store: LakeStore,
  version: string,
  key: Uint8Array,
  files: readonly string[],
): Promise<boolean> {
  for (let race = 1; ; race++) {
    try {
      return await forgetIn(store, version, key, files);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      if (DAMAGED.has(error.code)) return await deleteHolders(store, key, files);
      if (error.code !== 'lake.conflict' || race === MAX_RACES) throw error; // another document is being erased
    }
  }
}

async function deleteHolders(store: LakeStore, key: Uint8Array, files: readonly string[]): Promise<boolean> {
  let hasHeld = false;
  for (const path of files) {
    const file = await store.readIfExists(path);
    if (file === undefined || !file.bytes.includes(Buffer.from(key))) continue;
    await store.delete(path);
    hasHeld = true;
  }
  return hasHeld;
}

async function forgetIn(
  store: LakeStore,
  version: string,
  key: Uint8Array,
  files: readonly string[],
): Promise<boolean> {
  const folder = modelPaths.folder(version);
  const found = await store.readIfExists(`${folder}/manifest.json`);
  if (found === undefined) return false;
  const manifest = parseManifest(found.bytes, version);
  const artifact = manifest.artifacts.find(({ name }) => name === EXEMPLARS_FILE);
  if (artifact === undefined) return false;
  let named = `${folder}/${artifact.file ?? artifact.name}`;
  const file = await store.readIfExists(named);
  if (file !== undefined) verifyArtifact(artifact, file.bytes, version);
  const left = file === undefined ? undefined : withoutExemplar(file.bytes, key);
  if (left !== undefined) {
    const sha256 = sha256Hex(left);
    const renewed: Artifact = {
      ...artifact,
      file: `exemplars-${sha256.slice(0, 12)}.bin`,
      sizeBytes: left.length,
      sha256,
    };
    const artifacts = manifest.artifacts.map((one) => (one === artifact ? renewed : one));
    named = `${folder}/${renewed.file}`;
    await store.write(named, left);
    await store.write(`${folder}/manifest.json`, JSON.stringify({ ...manifest, artifacts }, null, 1), {
      ifMatch: found.etag,
    });
  }
  // Only files with this text: one that holds less may be about to be named by whoever erases another document.
  for (const path of files.filter((one) => one !== named)) {
    const old = await store.readIfExists(path);
    if (old !== undefined && withoutExemplar(old.bytes, key) !== undefined) await store.delete(path); // X2
  }
  return left !== undefined;
}
