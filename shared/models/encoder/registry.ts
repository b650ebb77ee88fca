// Encoders in the lake: one immutable folder per version, and the name of the one in use.
// Invariants: E1 a version is made of its settings and the checksums of its files, so it cannot drift from them; importing the same folder again
// gives the same version. E2 the manifest is written last. E3 what is loaded is what was imported, or loading fails with a code.
import { ERROR_REMEDIES, SluiceError, TerminalError } from '../../errors.ts';
import { canonicalJson, sha256Hex } from '../../ids.ts';
import { encoderPaths } from '../../paths.ts';
import type { Clock, LakeStore } from '../../ports.ts';
import { type BrokenRecord, parseRecord } from '../../record-json.ts';
import { describeArtifacts } from '../bundle.ts';
import type { Encoder } from './encoder.ts';
import { LocalEncoder } from './local-encoder.ts';
import {
  type EncoderManifest,
  MODEL_FILE,
  parseEncoderManifest,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from './manifest.ts';
import type { ReadEncoder } from './read-folder.ts';
import { VectorCache } from './vector-cache.ts';

export interface RegisteredEncoder extends EncoderManifest {
  inUse: boolean;
}

/** encoders/current.json: what trainings and cold starts use; null: none. */
interface CurrentEncoder {
  version: string | null;
  /** ISO 8601 */
  at: string;
}

const VERSION = /^[a-z0-9][a-z0-9-]{0,79}-[0-9a-f]{8}$/;

/**
 * Does an encoder work as runs will use it, in the same thread with the same memory?
 * @throws as LocalEncoder.encode
 */
export async function tryEncoder({
  description,
  artifacts,
}: Pick<ReadEncoder, 'description' | 'artifacts'>): Promise<void> {
  const manifest = { ...description, version: description.name, createdAt: '', artifacts: [] };
  const copy = (name: string) => Uint8Array.from(artifacts[name] ?? []); // the thread takes what it is given
  const encoder = new LocalEncoder(manifest, async () => ({
    model: copy(MODEL_FILE),
    tokenizer: copy(TOKENIZER_FILE),
    tokenizerConfig: copy(TOKENIZER_CONFIG_FILE),
  }));
  try {
    await encoder.encode(['The invoice has not been paid.'], 'document');
  } finally {
    await encoder.close();
  }
}

export class EncoderRegistry {
  readonly #store: LakeStore;
  readonly #clock: Clock;
  readonly #open = new Map<string, { encoder: Encoder; vectors: VectorCache }>();

  constructor(store: LakeStore, deps: { clock: Clock }) {
    this.#store = store;
    this.#clock = deps.clock;
  }

  /** Store an encoder; the one in use stays. Returns its version. */
  async register({ description, artifacts }: Pick<ReadEncoder, 'description' | 'artifacts'>): Promise<string> {
    const described = describeArtifacts(artifacts);
    const slug = description.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60);
    const identity = canonicalJson({ ...description, files: described.map(({ name, sha256 }) => [name, sha256]) });
    const version = `${slug || 'encoder'}-${sha256Hex(identity).slice(0, 8)}`;
    const folder = encoderPaths.folder(version);
    // Written anew even where it exists: that mends a damaged file, and equal content changes nothing.
    for (const [name, bytes] of Object.entries(artifacts)) await this.#store.write(`${folder}/${name}`, bytes);
    const manifest: EncoderManifest = {
      ...description,
      version,
      createdAt: new Date(this.#clock.now()).toISOString(),
      artifacts: described,
    };
    try {
      await this.#store.write(`${folder}/manifest.json`, JSON.stringify(manifest, null, 1), { ifAbsent: true });
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === 'lake.conflict')) throw error; // E1: it is there already
    }
    return version;
  }

  /** Every encoder whose manifest can be read, by name; broken ones stand apart. */
  async list(): Promise<{ encoders: RegisteredEncoder[]; broken: BrokenRecord[] }> {
    const encoders: RegisteredEncoder[] = [];
    const broken: BrokenRecord[] = [];
    const tell = (id: string, path: string, error: unknown): void => {
      if (!(error instanceof TerminalError)) throw error;
      const { code, message } = error;
      broken.push({ id, path, code, message, remedy: ERROR_REMEDIES[code] });
    };
    const current = await this.current().catch((error: unknown) => {
      tell('current', encoderPaths.current, error);
      return undefined;
    });
    for await (const { path } of this.#store.list(encoderPaths.root)) {
      const version = /^encoders\/([^/]+)\/manifest\.json$/.exec(path)?.[1];
      if (version === undefined) continue;
      try {
        encoders.push({ ...(await this.manifest(version)), inUse: version === current });
      } catch (error) {
        tell(version, path, error);
      }
    }
    return { encoders: encoders.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)), broken };
  }

  /** The version that trainings and cold starts use. @throws {TerminalError} lake.corrupt-record; `use` mends it */
  async current(): Promise<string | undefined> {
    const found = await this.#store.readIfExists(encoderPaths.current);
    if (found === undefined) return undefined;
    const isCurrent = ({ version }: Record<string, unknown>) => version === null || typeof version === 'string';
    return parseRecord<CurrentEncoder>(found.bytes, encoderPaths.current, isCurrent).version ?? undefined;
  }

  /** Make a version the one in use; null: none. @throws {TerminalError} encoder.not-found, encoder.corrupt */
  async use(version: string | null): Promise<void> {
    if (version !== null) await this.manifest(version);
    const current: CurrentEncoder = { version, at: new Date(this.#clock.now()).toISOString() };
    await this.#store.write(encoderPaths.current, JSON.stringify(current));
  }

  /** @throws {TerminalError} encoder.not-found, encoder.corrupt */
  async manifest(version: string): Promise<EncoderManifest> {
    const found = VERSION.test(version)
      ? await this.#store.readIfExists(`${encoderPaths.folder(version)}/manifest.json`)
      : undefined;
    if (found === undefined)
      throw new TerminalError('encoder.not-found', `No encoder ${version.slice(0, 100)}`, {
        ids: { encoder: version.slice(0, 100) },
      });
    return parseEncoderManifest(found.bytes, version);
  }

  /**
   * An encoder ready to work and the vectors it has made; one per version and process. Its files are read and checked when its thread begins.
   * @throws {TerminalError} encoder.not-found, encoder.corrupt; `encode` then also encoder.checksum-mismatch
   */
  async open(version: string): Promise<{ encoder: Encoder; vectors: VectorCache }> {
    const known = this.#open.get(version);
    if (known !== undefined) return known;
    const manifest = await this.manifest(version);
    const raced = this.#open.get(version);
    if (raced !== undefined) return raced;
    const encoder = new LocalEncoder(manifest, async () => ({
      model: await this.#file(manifest, MODEL_FILE),
      tokenizer: await this.#file(manifest, TOKENIZER_FILE),
      tokenizerConfig: await this.#file(manifest, TOKENIZER_CONFIG_FILE),
    }));
    const opened = { encoder, vectors: new VectorCache(this.#store, encoder, this.#clock) };
    this.#open.set(version, opened);
    return opened;
  }

  /** End all threads. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ encoder }) => encoder.close()));
  }

  async #file(manifest: EncoderManifest, name: string): Promise<Uint8Array> {
    const { version } = manifest;
    const artifact = manifest.artifacts.find((known) => known.name === name);
    const found = await this.#store.readIfExists(`${encoderPaths.folder(version)}/${name}`);
    if (artifact === undefined || found === undefined)
      throw new TerminalError('encoder.corrupt', `Encoder ${version} lacks ${name}`, { ids: { encoder: version } });
    const sha256 = sha256Hex(found.bytes);
    if (sha256 !== artifact.sha256)
      throw new TerminalError(
        'encoder.checksum-mismatch',
        `Encoder ${version}: ${name} should have SHA-256 ${artifact.sha256.slice(0, 12)}…; it has ${sha256.slice(0, 12)}…`,
        { ids: { encoder: version, artifact: name } },
      );
    return found.bytes;
  }
}
