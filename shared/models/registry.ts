// Models in the lake: one immutable folder per version, and the pointer to the champion.
// Invariants: R1 a version's files never change once its manifest is there; the manifest is written last. R2 two registrations never
// share a version: a claim file, created if absent, decides; what is to be registered once is, by however many at the same time: a record created if
// absent holds the one manifest that is written. R3 the champion moves only to a model whose judgement speaks for it
// (promotion.ts), or by force, and only to one that loads: whoever registers what is known to load says so, as loading takes 30 MB.

import { codeOf, ERROR_REMEDIES, type ErrorCode, RetryableError, type SluiceError, TerminalError } from '../errors.ts';
import { modelPaths } from '../paths.ts';
import type { Clock, LakeStore } from '../ports.ts';
import { isCorruptRecord, parseRecord, type RecordCheck } from '../record-json.ts';
import { describeArtifacts, type ModelBundle, type ModelManifest, parseManifest, verifyArtifact } from './bundle.ts';
import { type LoadedModel, openModel } from './loaded-model.ts';
import { refusalToPromote, refusalToPromoteByItself } from './promotion.ts';
import { completeVersion, decideOnce, isConflict, MANIFEST_FILE, VERSION } from './register-once.ts';

export type { EvidenceTerm } from './evidence.ts';
export type { LoadedModel } from './loaded-model.ts';

/** One move of the champion pointer. */
export interface ChampionMove {
  version: string;
  reason: string;
  /** ISO 8601 */
  at: string;
}

interface Champion {
  version: string;
  /** Versions to roll back to, the newest last. */
  previous: string[];
  history: ChampionMove[];
}

export type RegisteredModel = ModelManifest & { champion: boolean };

/** A version whose manifest cannot be read, or `champion`: the pointer to the one that decides. */
export interface BrokenModel {
  version: string;
  path: string;
  code: ErrorCode;
  message: string;
  remedy: string;
}

export interface ModelList {
  champion: string | null;
  /** Oldest first. */
  models: RegisteredModel[];
  broken: BrokenModel[];
  /** Moves of the champion pointer, oldest first. */
  history: ChampionMove[];
}

const MAX_ATTEMPTS = 20;
const TOLD: ReadonlySet<ErrorCode> = new Set([
  'model.corrupt',
  'model.unsupported',
  'model.not-found',
  'lake.corrupt-record',
]);

export class ModelRegistry {
  readonly #store: LakeStore;
  readonly #clock: Clock;

  constructor(store: LakeStore, deps: { clock: Clock }) {
    this.#store = store;
    this.#clock = deps.clock;
  }

  /**
   * Store a model under the next version. The champion stays who it is.
   * @param once  path of a record that decides: the model of whoever creates it is registered, and all others, a repetition too, get that version
   */
  async register(bundle: ModelBundle, { once }: { once?: string } = {}): Promise<string> {
    const decided = once === undefined ? undefined : await this.#store.readIfExists(once);
    if (once !== undefined && decided !== undefined) return await completeVersion(this.#store, decided.bytes, once);
    const version = await this.#claimVersion();
    const folder = modelPaths.folder(version);
    const store = async () => {
      for (const [name, bytes] of Object.entries(bundle.artifacts))
        await this.#store.write(`${folder}/${name}`, bytes, { ifAbsent: true });
    };
    const [artifacts] = await Promise.all([describeArtifacts(bundle.artifacts), store()]);
    const manifest: ModelManifest = {
      ...bundle.description,
      version,
      createdAt: new Date(this.#clock.now()).toISOString(),
      artifacts,
    };
    const ours = Buffer.from(JSON.stringify(manifest, null, 1));
    if (once === undefined) {
      await this.#store.write(`${folder}/${MANIFEST_FILE}`, ours, { ifAbsent: true });
      return version;
    }
    const registered = await completeVersion(this.#store, await decideOnce(this.#store, once, ours), once);
    // Another was first. The claim stays, as after a crash: nobody else writes into the folder while its files go.
    if (registered !== version)
      for (const name of Object.keys(bundle.artifacts)) await this.#store.delete(`${folder}/${name}`);
    return registered;
  }

  /** Every registered model that can be read, oldest first. */
  async list(): Promise<RegisteredModel[]> {
    return (await this.inspect()).models;
  }

  /** Every registered model, oldest first; those whose manifest cannot be read stand apart and keep nobody from the others. */
  async inspect(): Promise<ModelList> {
    const models: RegisteredModel[] = [];
    const broken: BrokenModel[] = [];
    const tell = (version: string, path: string, error: unknown): void => {
      const code = codeOf(error);
      if (!TOLD.has(code)) throw error;
      broken.push({ version, path, code, message: (error as SluiceError).message, remedy: ERROR_REMEDIES[code] }); // codeOf named its code
    };
    const pointer = await this.#readChampion().catch((error) => tell('champion', modelPaths.champion, error));
    const champion = pointer?.champion.version ?? null;
    const versions = (await this.#versions()).filter(({ isComplete }) => isComplete);
    for (const { version } of versions.sort((a, b) => a.number - b.number))
      try {
        models.push({ ...(await this.manifest(version)), champion: version === champion });
      } catch (error) {
        tell(version, `${modelPaths.folder(version)}/${MANIFEST_FILE}`, error);
      }
    return { champion, models, broken, history: pointer?.champion.history ?? [] };
  }

  async championVersion(): Promise<string | undefined> {
    return (await this.#readChampion())?.champion.version;
  }

  /** Moves of the champion pointer, oldest first. */
  async history(): Promise<ChampionMove[]> {
    return (await this.#readChampion())?.champion.history ?? [];
  }

  /**
   * Make a version the champion.
   * @param force  also a model whose judgement does not speak for it; why it does not is kept with the reason
   * @param isKnownToLoad  it is not loaded first
   * @throws {TerminalError} model.not-found, model.not-evaluated, model.not-better, model.corrupt, model.checksum-mismatch: the champion
   *   then stays
   */
  async promote(version: string, reason: string, { force = false, isKnownToLoad = false } = {}): Promise<void> {
    const refusal = refusalToPromote(await this.manifest(version));
    if (refusal !== undefined && !force) throw refusal;
    if (!isKnownToLoad) await this.load(version); // R3
    await this.#moveChampion((champion) => ({
      version,
      previous:
        champion === undefined || champion.version === version
          ? (champion?.previous ?? [])
          : [...champion.previous, champion.version],
      reason: refusal === undefined ? reason : `${reason} (forced: ${refusal.message})`,
    }));
  }

  /** Promote a model that has just been trained, once for the same reason, so that a repeated step undoes no rollback; undefined, or why it stays a mere version. */
  async promoteTrained(
    version: string,
    reason: string,
    {
      labels,
      isAsked = false,
      isKnownToLoad = false,
    }: { labels?: readonly string[] | undefined; isAsked?: boolean; isKnownToLoad?: boolean } = {},
  ): Promise<TerminalError | undefined> {
    const manifest = await this.manifest(version);
    const refusal = refusalToPromote(manifest) ?? (isAsked ? undefined : refusalToPromoteByItself(manifest, labels));
    if (refusal !== undefined) return refusal;
    const isDone = (await this.history()).some((move) => move.version === version && move.reason === reason);
    if (!isDone) await this.promote(version, reason, { isKnownToLoad });
    return undefined;
  }

  /** Back to the champion before. @throws {TerminalError} model.not-found when there was none */
  async rollback(reason = 'rolled back'): Promise<string> {
    const found = await this.#readChampion();
    const back = found?.champion.previous.at(-1);
    if (back === undefined) throw new TerminalError('model.not-found', 'No earlier champion to roll back to');
    await this.load(back); // R3
    await this.#moveChampion((champion) => {
      if (champion?.previous.at(-1) !== back)
        throw new TerminalError('lake.conflict', 'The champion was moved by somebody else');
      return { version: back, previous: champion.previous.slice(0, -1), reason };
    });
    return back;
  }

  /** What a version is. @throws {TerminalError} model.not-found, model.corrupt */
  async manifest(version: string): Promise<ModelManifest> {
    const found = VERSION.test(version)
      ? await this.#store.readIfExists(`${modelPaths.folder(version)}/${MANIFEST_FILE}`)
      : undefined;
    if (found === undefined)
      throw new TerminalError('model.not-found', `No model ${version}`, { ids: { version: version.slice(0, 40) } });
    return parseManifest(found.bytes, version);
  }

  /** @throws {TerminalError} model.not-found, model.corrupt, model.checksum-mismatch, model.unsupported */
  async load(version: string): Promise<LoadedModel> {
    const manifest = await this.manifest(version);
    try {
      return await this.#loadAs(manifest);
    } catch (error) {
      // A document was erased between the two reads: another file holds what is left.
      const renewed = await this.manifest(version);
      if (JSON.stringify(renewed.artifacts) === JSON.stringify(manifest.artifacts)) throw error;
      return await this.#loadAs(renewed);
    }
  }

  async #loadAs(manifest: ModelManifest): Promise<LoadedModel> {
    const artifacts: Record<string, Uint8Array> = {};
    for (const artifact of manifest.artifacts) artifacts[artifact.name] = await this.#readArtifact(manifest, artifact);
    return await openModel(manifest, artifacts);
  }

  /** One file of a version, checked against its checksum. */
  async artifact(version: string, name: string): Promise<Buffer> {
    const manifest = await this.manifest(version);
    const artifact = manifest.artifacts.find((candidate) => candidate.name === name);
    if (artifact === undefined)
      throw new TerminalError('model.not-found', `Model ${version} has no file ${name}`, { ids: { version } });
    return await this.#readArtifact(manifest, artifact);
  }

  /** A file of a version as it is stored: its manifest, or one that the manifest names. @throws {TerminalError} model.not-found, model.corrupt */
  async file(version: string, file: string): Promise<Buffer> {
    const manifest = await this.manifest(version);
    if (file === MANIFEST_FILE) return await this.#store.read(`${modelPaths.folder(version)}/${file}`);
    const artifact = manifest.artifacts.find((one) => (one.file ?? one.name) === file);
    if (artifact === undefined)
      throw new TerminalError('model.not-found', `Model ${version} has no such file`, { ids: { version } });
    return await this.#readArtifact(manifest, artifact);
  }

  async #readArtifact({ version }: ModelManifest, artifact: ModelManifest['artifacts'][number]): Promise<Buffer> {
    const found = await this.#store.readIfExists(`${modelPaths.folder(version)}/${artifact.file ?? artifact.name}`);
    if (found === undefined)
      throw new TerminalError('model.corrupt', `Model ${version}: file ${artifact.name} is missing`, {
        ids: { version, artifact: artifact.name },
      });
    verifyArtifact(artifact, found.bytes, version);
    return found.bytes;
  }

  async #claimVersion(): Promise<string> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const numbers = (await this.#versions()).map(({ number }) => number);
      const version = `v${Math.max(0, ...numbers) + 1}`;
      const claim = JSON.stringify({ claimedAt: new Date(this.#clock.now()).toISOString() });
      try {
        await this.#store.write(`${modelPaths.folder(version)}/claim.json`, claim, { ifAbsent: true });
        return version;
      } catch (error) {
        if (!isConflict(error)) throw error; // lost the race: somebody else has this version now
      }
    }
    throw new RetryableError('lake.unavailable', `No free model version after ${MAX_ATTEMPTS} attempts`);
  }

  async #versions(): Promise<{ version: string; number: number; isComplete: boolean }[]> {
    const found = new Map<string, boolean>();
    for await (const { path } of this.#store.list('models')) {
      const [, version = '', file] = path.split('/');
      if (VERSION.test(version)) found.set(version, found.get(version) === true || file === 'manifest.json');
    }
    return [...found].map(([version, isComplete]) => ({ version, number: Number(version.slice(1)), isComplete }));
  }

  async #readChampion(): Promise<{ champion: Champion; etag: string } | undefined> {
    const found = await this.#store.readIfExists(modelPaths.champion);
    if (found === undefined) return undefined;
    return { champion: parseRecord<Champion>(found.bytes, modelPaths.champion, isChampion), etag: found.etag };
  }

  /** A damaged pointer is replaced by the next promotion; where it pointed before is lost with it. */
  async #readReplaceable(): Promise<{ champion: Champion | undefined; etag: string } | undefined> {
    try {
      return await this.#readChampion();
    } catch (error) {
      if (!isCorruptRecord(error)) throw error;
      const found = await this.#store.readIfExists(modelPaths.champion);
      return found && { champion: undefined, etag: found.etag };
    }
  }

  async #moveChampion(
    move: (champion: Champion | undefined) => { version: string; previous: string[]; reason: string },
  ): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.#readReplaceable();
      const { version, previous, reason } = move(found?.champion);
      const entry: ChampionMove = { version, reason, at: new Date(this.#clock.now()).toISOString() };
      const next: Champion = { version, previous, history: [...(found?.champion?.history ?? []), entry] };
      const condition = found === undefined ? { ifAbsent: true } : { ifMatch: found.etag };
      try {
        await this.#store.write(modelPaths.champion, JSON.stringify(next, null, 1), condition);
        return;
      } catch (error) {
        if (!isConflict(error)) throw error; // moved meanwhile: read it again
      }
    }
    throw new RetryableError('lake.conflict', `The champion kept moving for ${MAX_ATTEMPTS} attempts`);
  }
}

const isChampion: RecordCheck = ({ version, previous, history }) =>
  typeof version === 'string' && Array.isArray(previous) && Array.isArray(history);
