// In which languages an encoder reads meaning, by sentences of which two mean the same.
import { expect, test } from 'vitest';
import {
  isUnderstood,
  PAIRS_OF_LANGUAGE,
  understoodLanguages,
} from '../../../shared/models/encoder/known-sentences.ts';
import { readEncoderFolder } from '../../../shared/models/encoder/read-folder.ts';
import { EncoderRegistry } from '../../../shared/models/encoder/registry.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { tinyEncoder } from './tiny-encoder.ts';

/** Vectors by a rule over the texts in their order: sentence and its pair are neighbours. */
const ruled = (vectorOf: (at: number) => number[]) => ({
  encode: (texts: readonly string[]) => ({
    vectors: Float32Array.from(texts.flatMap((_, at) => vectorOf(at))),
    dimensions: vectorOf(0).length,
  }),
});
const oneHot = (at: number) => Array.from({ length: 8 }, (_, i) => Number(i === at));

test('a language counts as understood where nearly every sentence finds its pair among all others', () => {
  const all = understoodLanguages(
    ruled((at) => oneHot(at >> 1)),
    '',
  );
  expect(new Set(Object.values(all))).toEqual(new Set([PAIRS_OF_LANGUAGE]));
  expect(isUnderstood(all, 'de')).toBe(true);
  const none = understoodLanguages(
    ruled((at) => (at % 2 === 0 ? oneHot(at >> 1) : oneHot(((at >> 1) + 1) % 8))),
    '',
  );
  expect(isUnderstood(none, 'de')).toBe(false);
  expect(isUnderstood(none, 'ja')).toBeNull();
});

test('what was measured is kept beside the encoder and is no part of its version; an import adds it to what lacked it', async () => {
  const lake = new MemoryLake();
  const registry = new EncoderRegistry(lake, { clock: { now: () => 1_700_000_000_000, sleep: async () => {} } });
  const files = tinyEncoder();
  const { description, artifacts, understands } = readEncoderFolder((path) => files.get(path), { name: 'tiny' });
  const version = await registry.register({ description, artifacts });
  expect(await registry.manifest(version)).not.toHaveProperty('understands');
  expect(await registry.register({ description, artifacts, understands })).toBe(version);
  expect(await registry.manifest(version)).toMatchObject({ understands });
});
