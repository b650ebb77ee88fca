// Encoders in the lake: one immutable folder per version, and the name of the one in use.
// Invariants: E1 a version is made of its settings and the checksums of its files, so it cannot drift from them; importing the same folder again
// gives the same version. E2 the manifest is written last. E3 what is loaded is what was imported, or loading fails with a code.
import { ERROR_REMEDIES, SluiceError, TerminalError } from '../../errors.ts';
import { canonicalJson, sha256Hex } from '../../ids.ts';
import { encoderPaths } from '../../paths.ts';
import type { Clock, LakeStore } from '../../ports.ts';
import { type BrokenRecord, parseRecord } from '../../record-json.ts';
import { describeArtifacts } from '../bundle.ts';
import type { Encoder, EncoderAccount } from './encoder.ts';
import { LocalEncoder } from './local-encoder.ts';
import {
  type DeploymentDescription,
  type DeploymentManifest,
  type EncoderManifest,
  MODEL_FILE,
  type OnnxManifest,
  parseEncoderManifest,
  TOKENIZER_FILE,
} from './manifest.ts';
import type { ReadEncoder } from './read-folder.ts';
import { VectorCache } from './vector-cache.ts';

export type RegisteredEncoder = EncoderManifest & { inUse: boolean };

/** Opens the encoders that are deployments. */
export interface EncoderDeployments {
  /**
   * @param account  for whom; undefined: nobody pays, so nothing is sent
   * @throws {TerminalError} encoder.not-allowed, encoder.no-deployment
   */
  open(manifest: DeploymentManifest, account: EncoderAccount | undefined): Encoder;
  /** What vectors of these texts would cost at most; nothing is sent. @throws {TerminalError} encoder.no-deployment */
  quote(manifest: DeploymentManifest, texts: readonly string[]): Promise<{ tokens: number; usd: number }>;
  /** Names what a text is turned into before it is sent: vectors of another rule are other vectors. */
  readonly shownAs: string;
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
  const manifest: OnnxManifest = { ...description, version: description.name, createdAt: '', artifacts: [] };
  const copy = (name: string) => Uint8Array.from(artifacts[name] ?? []); // the thread takes what it is given
  const encoder = new LocalEncoder(manifest, async () => ({
    model: copy(MODEL_FILE),
    tokenizer: copy(TOKENIZER_FILE),
  }));
  try {
    await encoder.encode(['The invoice has not been paid.'], 'document');
  } finally {
    await encoder.close();
  }
}

/** E1. */
function versionOf(name: string, identity: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${slug || 'encoder'}-${sha256Hex(identity).slice(0, 8)}`;
}

/** Answer of GET /api/encoders. */
export interface EncoderList {
  encoders: RegisteredEncoder[];
  broken: BrokenRecord[];
}

export class EncoderRegistry {
  readonly #store: LakeStore;
  readonly #clock: Clock;
  readonly #deployments: EncoderDeployments | undefined;
  readonly #open = new Map<string, { encoder: LocalEncoder; vectors: VectorCache }>();
  readonly #remote = new Map<string, { manifest: DeploymentManifest; vectors: VectorCache }>();

  constructor(store: LakeStore, deps: { clock: Clock; deployments?: EncoderDeployments }) {
    this.#deployments = deps.deployments;
    this.#store = store;
    this.#clock = deps.clock;
  }

  /** Store an encoder; the one in use stays. Returns its version. */
  async register({
    description,
    artifacts,
    understands,
  }: Pick<ReadEncoder, 'description' | 'artifacts'> & Partial<Pick<ReadEncoder, 'understands'>>): Promise<string> {
    const described = await describeArtifacts(artifacts);
    const identity = canonicalJson({ ...description, files: described.map(({ name, sha256 }) => [name, sha256]) });
    const version = versionOf(description.name, identity);
    const folder = encoderPaths.folder(version);
    // Written anew even where it exists: that mends a damaged file, and equal content changes nothing.
    for (const [name, bytes] of Object.entries(artifacts)) await this.#store.write(`${folder}/${name}`, bytes);
    const measured = understands === undefined ? {} : { understands };
    await this.#keepManifest({
      ...description,
      version,
      createdAt: this.#nowText(),
      artifacts: described,
      ...measured,
    });
    this.#open.get(version)?.encoder.wake();
    return version;
  }

  /** Note a deployment as an encoder; the same name, model and dimensions give the same version. */
  async registerDeployment(description: DeploymentDescription): Promise<string> {
    const version = versionOf(description.name, canonicalJson(description));
    await this.#keepManifest({ ...description, version, createdAt: this.#nowText(), artifacts: [] });
    return version;
  }

  #nowText(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  async #keepManifest(manifest: EncoderManifest): Promise<void> {
    const folder = encoderPaths.folder(manifest.version);
    try {
      await this.#store.write(`${folder}/manifest.json`, JSON.stringify(manifest, null, 1), { ifAbsent: true });
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === 'lake.conflict')) throw error; // E1: it is there already
      if (manifest.kind === 'onnx' && manifest.understands !== undefined) await this.#addUnderstood(manifest);
    }
  }

  /** A manifest of an earlier build did not say which languages are understood. */
  async #addUnderstood({ version, understands }: OnnxManifest): Promise<void> {
    const known = await this.manifest(version);
    if (known.kind !== 'onnx' || known.understands !== undefined) return;
    const path = `${encoderPaths.folder(version)}/manifest.json`;
    await this.#store.write(path, JSON.stringify({ ...known, understands }, null, 1));
  }

  /** Every encoder whose manifest can be read, by name; broken ones stand apart. */
  async list(): Promise<EncoderList> {
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

  /** Is it a deployment, so that texts leave the house for it? @throws {TerminalError} encoder.not-found, encoder.corrupt */
  async isDeployment(version: string): Promise<boolean> {
    if (this.#remote.has(version)) return true;
    return !this.#open.has(version) && (await this.manifest(version)).kind === 'deployment';
  }

  /**
   * What a deployment would take for vectors of these texts, if it has made none of them yet; nothing is sent. Undefined for an encoder that costs nothing.
   * @throws {TerminalError} encoder.not-found, encoder.corrupt, encoder.no-deployment
   */
  async quote(version: string, texts: readonly string[]): Promise<{ tokens: number; usd: number } | undefined> {
    const manifest = await this.manifest(version);
    return manifest.kind === 'deployment' ? await this.#deployments?.quote(manifest, texts) : undefined;
  }

  /**
   * An encoder ready to work and the vectors it has made; one per version and process. Its files are read and checked when its thread begins.
   * @param account  for whom, where it is a deployment: without one it sends nothing
   * @throws {TerminalError} encoder.not-found, encoder.corrupt, encoder.not-allowed, encoder.no-deployment; `encode` then also
   *   encoder.checksum-mismatch
   */
  async open(version: string, account?: EncoderAccount): Promise<{ encoder: Encoder; vectors: VectorCache }> {
    const known = this.#open.get(version);
    if (known !== undefined) return known;
    const manifest = this.#remote.get(version)?.manifest ?? (await this.manifest(version));
    if (manifest.kind === 'deployment') return this.#openDeployment(manifest, account);
    const raced = this.#open.get(version);
    if (raced !== undefined) return raced;
    const files = async () => ({
      model: await this.#file(manifest, MODEL_FILE),
      tokenizer: await this.#file(manifest, TOKENIZER_FILE),
    });
    const encoder = new LocalEncoder(manifest, files, { clock: this.#clock });
    const opened = { encoder, vectors: new VectorCache(this.#store, encoder, this.#clock) };
    this.#open.set(version, opened);
    return opened;
  }

  #openDeployment(manifest: DeploymentManifest, account: EncoderAccount | undefined) {
    const { version } = manifest;
    if (this.#deployments === undefined)
      throw new TerminalError('encoder.not-allowed', `Encoder ${version} is a deployment, and none may be asked here`, {
        ids: { encoder: version },
      });
    const encoder = this.#deployments.open(manifest, account);
    const { shownAs } = this.#deployments;
    const { vectors } = this.#remote.get(version) ?? {
      vectors: new VectorCache(this.#store, { ...manifest, version: `${version}.${shownAs}` }, this.#clock),
    };
    this.#remote.set(version, { manifest, vectors });
    return { encoder, vectors };
  }

  /** End all threads. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ encoder }) => encoder.close()));
  }

  async #file(manifest: OnnxManifest, name: string): Promise<Uint8Array> {
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
