// An encoder whose vectors stay in a file: a benchmark that runs again encodes nothing. Records of 16 bytes of key and the vector, appended.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Encoder } from '../../shared/models/encoder/encoder.ts';
import { LocalEncoder } from '../../shared/models/encoder/local-encoder.ts';
import { readEncoderFolder } from '../../shared/models/encoder/read-folder.ts';

const KEY_BYTES = 16;
const AT_ONCE = 512;

export class KeptVectors implements Encoder {
  readonly version: string;
  readonly dimensions: number;
  readonly #encoder: Encoder;
  readonly #file: string;
  readonly #known = new Map<string, Float32Array>();

  private constructor(encoder: Encoder, file: string) {
    this.version = encoder.version;
    this.dimensions = encoder.dimensions;
    this.#encoder = encoder;
    this.#file = file;
    if (!existsSync(file)) return;
    const bytes = readFileSync(file);
    const size = KEY_BYTES + this.dimensions * 4;
    for (let at = 0; at + size <= bytes.length; at += size) {
      const vector = new Float32Array(this.dimensions);
      for (let d = 0; d < this.dimensions; d++) vector[d] = bytes.readFloatLE(at + KEY_BYTES + d * 4);
      this.#known.set(bytes.toString('hex', at, at + KEY_BYTES), vector);
    }
  }

  static async open(folder: string, file: string): Promise<KeptVectors> {
    const read = (path: string) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path)) : undefined);
    const { description, artifacts } = readEncoderFolder(read, { name: 'benchmark' });
    const bytesOf = (name: string) => artifacts[name] ?? new Uint8Array();
    const manifest = { ...description, version: 'benchmark-00000000', createdAt: '', artifacts: [] };
    const encoder = new LocalEncoder(manifest, async () => ({
      model: bytesOf('model.onnx'),
      tokenizer: bytesOf('tokenizer.json'),
    }));
    mkdirSync(dirname(file), { recursive: true });
    return new KeptVectors(encoder, file);
  }

  async encode(texts: readonly string[]): Promise<Float32Array> {
    const keys = texts.map((text) =>
      createHash('sha256')
        .update(text)
        .digest('hex')
        .slice(0, 2 * KEY_BYTES),
    );
    const unknown = [...new Map(keys.map((key, i) => [key, texts[i] ?? ''])).entries()].filter(
      ([key]) => !this.#known.has(key),
    );
    for (let from = 0; from < unknown.length; from += AT_ONCE) {
      const group = unknown.slice(from, from + AT_ONCE);
      const vectors = await this.#encoder.encode(
        group.map(([, text]) => text),
        'document',
      );
      const records = group.map(([key], i) => {
        const vector = vectors.slice(i * this.dimensions, (i + 1) * this.dimensions);
        this.#known.set(key, vector);
        return Buffer.concat([Buffer.from(key, 'hex'), Buffer.from(vector.buffer)]);
      });
      appendFileSync(this.#file, Buffer.concat(records));
      if (unknown.length > AT_ONCE) process.stderr.write(`  ${from + group.length}/${unknown.length} encoded\n`);
    }
    const out = new Float32Array(texts.length * this.dimensions);
    for (const [i, key] of keys.entries()) out.set(this.#known.get(key)!, i * this.dimensions);
    return out;
  }

  close(): Promise<void> {
    return this.#encoder.close();
  }
}
