// The thread of an encoder: what its end does to whom, and what a tokenizer too large for it is called.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { describeArtifacts } from '../../../shared/models/bundle.ts';
import { type EncoderFiles, LocalEncoder } from '../../../shared/models/encoder/local-encoder.ts';
import type { OnnxManifest } from '../../../shared/models/encoder/manifest.ts';
import { readEncoderFolder } from '../../../shared/models/encoder/read-folder.ts';
import { tryEncoder } from '../../../shared/models/encoder/registry.ts';
import { TextTokens } from '../../../shared/models/encoder/tokens.ts';
import { TINY_DIMENSIONS, tinyEncoder } from './tiny-encoder.ts';

const folder = tinyEncoder();
const { description, artifacts } = readEncoderFolder((path) => folder.get(path), { name: 'tiny' });
const manifest: OnnxManifest = {
  ...description,
  version: 'tiny-00000000',
  createdAt: '2026-01-01T00:00:00.000Z',
  artifacts: await describeArtifacts(artifacts),
};
const filesOf = (changed: Partial<EncoderFiles> = {}): EncoderFiles => ({
  model: Uint8Array.from(artifacts['model.onnx'] ?? []),
  tokenizer: Uint8Array.from(artifacts['tokenizer.json'] ?? []),
  ...changed,
});

let encoder: LocalEncoder | undefined;
let begun = 0;
const open = (files: () => EncoderFiles = filesOf, options?: { entry?: string; clock?: { now(): number } }) => {
  begun = 0;
  encoder = new LocalEncoder(
    manifest,
    async () => {
      begun++;
      return files();
    },
    options,
  );
  return encoder;
};
afterEach(async () => {
  await encoder?.close();
  encoder = undefined;
});

describe('encoder thread', () => {
  test('one that is closed takes nothing from the next: texts given meanwhile are answered by a thread of their own', async () => {
    const local = open();
    await local.encode(['invoice'], 'document');
    for (let round = 0; round < 2; round++) {
      const closing = local.close();
      const answers = await Promise.all(['invoice', 'doctor', 'card'].map((text) => local.encode([text], 'document')));
      await closing;
      expect(answers.map((vectors) => vectors.length)).toEqual([TINY_DIMENSIONS, TINY_DIMENSIONS, TINY_DIMENSIONS]);
    }
    await local.encode(['invoice'], 'document');
    expect(begun).toBe(3); // a thread that was lost from sight would have begun a fourth
  });

  test('what a closed thread held may be tried again, and is not begun anew by itself', async () => {
    const local = open();
    const held = local.encode(['invoice'], 'document');
    const failed = expect(held).rejects.toMatchObject({ code: 'encoder.unavailable', retryAfterMs: undefined });
    await Promise.resolve();
    await local.close();
    await failed;
    expect(begun).toBe(1);
  });

  test.each([
    ['twice in a row', 'process.exit(1);', 'encoder.crashed', 2],
    [
      'for want of memory',
      "throw Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });",
      'encoder.out-of-memory',
      1,
    ],
  ])('one that dies %s fails for good, with its code', async (_, death, code, tries) => {
    const entry = join(mkdtempSync(join(tmpdir(), 'sluice-thread-')), 'thread.mjs');
    writeFileSync(
      entry,
      `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { ${death} });`,
    );
    try {
      const local = open(filesOf, { entry });
      const failed = expect(local.encode(['invoice'], 'document')).rejects;
      await failed.toMatchObject({ name: 'TerminalError', code });
      expect(begun).toBe(tries);
    } finally {
      rmSync(dirname(entry), { recursive: true });
    }
  });

  test('a vocabulary that no thread could hold is refused before it is built', () => {
    const vocab = Object.fromEntries(Array.from({ length: 300_001 }, (_, i) => [`w${i}`, i]));
    const error = (() => {
      try {
        return new TextTokens({ model: { type: 'WordPiece', vocab } });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'encoder.unsupported', message: expect.stringContaining('300001 pieces') });
  });

  test('one whose tokens an earlier build gave otherwise is not used until it is imported again', async () => {
    const file = JSON.parse(Buffer.from(artifacts['tokenizer.json'] ?? '').toString()) as object;
    const words = Buffer.from(JSON.stringify({ ...file, pre_tokenizer: { type: 'Whitespace' } }));
    const again = readEncoderFolder((path) => (path === 'tokenizer.json' ? words : folder.get(path)), { name: 'tiny' });
    expect(again.description.reading).toBe(2);
    const local = open(() => filesOf({ tokenizer: Uint8Array.from(words) }));
    await expect(local.encode(['invoice'], 'document')).rejects.toMatchObject({ code: 'encoder.outdated' });
    expect(description.reading).toBeUndefined();
    encoder = new LocalEncoder({ ...manifest, ...again.description }, async () =>
      filesOf({ tokenizer: Uint8Array.from(words) }),
    );
    await expect(encoder.encode(['invoice'], 'document')).resolves.toHaveLength(TINY_DIMENSIONS);
  });

  test('an error that is not ours is the encoder’s, with its kind and without its words', async () => {
    const local = open(() => filesOf({ tokenizer: Buffer.from('{"secret of a document') }));
    const failed = await local.encode(['invoice'], 'document').catch((error: Error) => error);
    expect(failed).toMatchObject({ code: 'encoder.bad-output' });
    expect(String((failed as Error).message)).not.toContain('secret');
  });

  test('one that cannot work at all rests: its files are read once, not for every batch, until some minutes have passed or it is imported again', async () => {
    let now = 0;
    let isMended = false;
    const local = open(() => (isMended ? filesOf() : filesOf({ tokenizer: Buffer.from('{') })), {
      clock: { now: () => now },
    });
    const tries = async (count: number) => {
      for (let i = 0; i < count; i++)
        await expect(local.encode(['invoice'], 'document')).rejects.toMatchObject({ code: 'encoder.bad-output' });
    };
    await tries(20);
    expect(begun).toBe(1);
    await local.close();
    await tries(3);
    expect(begun).toBe(1);
    now = 5 * 60_000;
    await tries(3);
    expect(begun).toBe(2);
    isMended = true;
    await local.close();
    local.wake();
    expect(await local.encode(['invoice'], 'document')).toHaveLength(TINY_DIMENSIONS);
  });

  test('an import tries it in a thread of its own, and leaves the files as they are', async () => {
    await tryEncoder({ description, artifacts });
    expect(artifacts['model.onnx']?.length).toBeGreaterThan(0);
    const broken = { ...artifacts, 'model.onnx': Buffer.from('no model') };
    await expect(tryEncoder({ description, artifacts: broken })).rejects.toMatchObject({ code: 'model.corrupt' });
  });
});
