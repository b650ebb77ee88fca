// The decided documents of a taxonomy by their signatures, in memory: which of them does a text nearly repeat?

import { resemblance } from '../features/minhash.ts';
import { nearDuplicatePaths } from '../paths.ts';
import type { Clock, LakeStore, Logger } from '../ports.ts';
import { isCorruptRecord } from '../record-json.ts';
import { SharedLook } from '../shared-look.ts';
import { readJson } from './records.ts';
import type { PipelineServices } from './services.ts';

/** What a document takes over. */
export interface Inherited {
  /** The document it comes from. */
  from: string;
  label: string;
  confidence: number | null;
  /** Estimated Jaccard similarity of the texts. */
  similarity: number;
}

export interface IndexEntry {
  id: string;
  signature: string;
  /** null: not decided by the LLM; a person may have. */
  label: string | null;
  confidence: number | null;
}

/** Decided documents of a batch, or what a person said of one. */
interface IndexPart {
  entries?: IndexEntry[];
  id?: string;
  label?: string;
}

const REFRESH_MS = 5000;
const MAX_ENTRIES = 100_000; // about 100 MB
const BANDS = 8; // of 8 places each: texts of resemblance 0.95 share a band with probability 0.9998

/** The decided documents of one taxonomy, in memory; parts that are new in the lake are read at each look. */
class NearDuplicateIndex {
  readonly #known = new Map<string, string>();
  readonly #entries = new Map<string, IndexEntry & { places: Uint32Array }>();
  readonly #byPeople = new Map<string, string>();
  readonly #bands = new Map<number, string[]>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #newParts: SharedLook;
  /** When the last look that has ended began. */
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor({ lake, clock, logger }: PipelineServices, taxonomy: string) {
    this.#clock = clock;
    this.#logger = logger;
    this.#newParts = new SharedLook(() => this.#readNewParts(lake, taxonomy));
  }

  async refresh(): Promise<void> {
    const agoMs = this.#clock.now() - this.#refreshedAt;
    // Less than nothing: the clock was set back.
    if (agoMs >= REFRESH_MS || agoMs < 0) await this.#newParts.fresh();
  }

  async #readNewParts(lake: LakeStore, taxonomy: string): Promise<void> {
    const beganAt = this.#clock.now();
    for await (const file of lake.list(nearDuplicatePaths.folder(taxonomy))) {
      if (this.#known.get(file.path) === file.etag) continue;
      const part = await this.#readPart(lake, file.path);
      this.#known.set(file.path, file.etag);
      for (const entry of part?.entries ?? []) this.#add(entry);
      if (part?.id !== undefined && part.label !== undefined) this.#byPeople.set(part.id, part.label);
    }
    this.#refreshedAt = beganAt;
  }

  /** A damaged part is told once and its documents are unknown: they are asked like any other. */
  async #readPart(lake: LakeStore, path: string): Promise<IndexPart | undefined> {
    try {
      return await readJson<IndexPart>(lake, path);
    } catch (error) {
      if (!isCorruptRecord(error)) throw error;
      this.#logger.error('record.corrupt', { record: path });
      return undefined;
    }
  }

  /** The most similar decided document at or above the bar. */
  find(id: string, signature: Uint32Array, bar: number): Inherited | undefined {
    let best: Inherited | undefined;
    const candidates = new Set(bandKeys(signature).flatMap((key) => this.#bands.get(key) ?? []));
    for (const other of candidates) {
      const entry = this.#entries.get(other);
      if (entry === undefined || other === id) continue; // U3
      const label = this.#byPeople.get(other) ?? entry.label;
      const similarity = resemblance(signature, entry.places);
      if (label === null || similarity < bar || (best !== undefined && best.similarity >= similarity)) continue;
      best = { from: other, label, confidence: this.#byPeople.has(other) ? null : entry.confidence, similarity };
    }
    return best;
  }

  #add(entry: IndexEntry): void {
    const known = this.#entries.get(entry.id);
    // Asked again by a later run: its newest answer counts.
    if (known !== undefined)
      this.#entries.set(entry.id, { ...known, label: entry.label, confidence: entry.confidence });
    if (known !== undefined || this.#entries.size >= MAX_ENTRIES) return;
    const bytes = Buffer.from(entry.signature, 'base64');
    const places = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    this.#entries.set(entry.id, { ...entry, places });
    for (const key of bandKeys(places)) {
      const ids = this.#bands.get(key);
      if (ids === undefined) this.#bands.set(key, [entry.id]);
      else ids.push(entry.id);
    }
  }
}

function bandKeys(signature: Uint32Array): number[] {
  const rows = signature.length / BANDS;
  return Array.from({ length: BANDS }, (_, band) => {
    let hash = 0x811c9dc5;
    for (let i = 0; i < rows; i++) hash = Math.imul(hash ^ signature[band * rows + i]!, 0x01000193); // within the signature
    return band * 2 ** 32 + (hash >>> 0);
  });
}

const indexes = new WeakMap<LakeStore, Map<string, NearDuplicateIndex>>();

/** The index of a taxonomy, with everything that has been offered until some seconds ago. */
export async function indexOf(services: PipelineServices, taxonomy: string): Promise<NearDuplicateIndex> {
  const ofLake = indexes.get(services.lake) ?? new Map<string, NearDuplicateIndex>();
  indexes.set(services.lake, ofLake);
  const index = ofLake.get(taxonomy) ?? new NearDuplicateIndex(services, taxonomy);
  ofLake.set(taxonomy, index);
  await index.refresh();
  return index;
}
