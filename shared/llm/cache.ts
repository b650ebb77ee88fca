// Answers by document: the same text, prompt and model are never paid for twice, in any run.
// Layout: one immutable part per batch, `keys/<part>.bin` (8 bytes a document) and `answers/<part>.json`. A process keeps the key files
// in memory (8 MB for a million documents) and reads an answer file only when a key is found in it. One blob per document would cost more than many models.
// Invariants: H1 a hit is confirmed by the full key. H2 refused documents are remembered for a while only: filters change. H3 a look-up finds what any
// had stored before it began: a listing costs a thousandth of a call, so no unknown key is taken for new without one. H4 a damaged part is told and
// counts as not there: its documents are asked again, nobody else's.
import { sha256Hex } from '../ids.ts';
import { llmCacheFolder } from '../paths.ts';
import { type Clock, type LakeStore, type Logger, silentLogger } from '../ports.ts';
import { isCorruptRecord, parseRecord } from '../record-json.ts';
import { SharedLook } from '../shared-look.ts';
import type { Decision } from './judge.ts';

export interface CachedDecision {
  decision: Decision;
  deployment: string | null;
}

interface StoredAnswers {
  answers: Record<string, CachedDecision & { at: number }>;
}

const REFUSAL_TTL_MS = 7 * 24 * 3_600_000;
const READS_AT_ONCE = 16;
const KEPT_ANSWER_FILES = 32;

/** Identity of a question: the text as it is shown and everything else that decides the answer. */
export function documentKey(shownText: string, promptVersion: string): string {
  return sha256Hex(`${promptVersion}\0${shownText}`);
}

export class AnswerCache {
  readonly #store: LakeStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #folder: (kind: 'keys' | 'answers') => string;
  readonly #parts = new Map<string, BigUint64Array>();
  readonly #answers = new Map<string, StoredAnswers>();
  readonly #newParts = new SharedLook(() => this.#readNewParts());

  constructor(store: LakeStore, promptVersion: string, clock: Clock, logger: Logger = silentLogger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#folder = (kind) => llmCacheFolder(promptVersion, kind);
  }

  /** Decisions known for these keys. */
  async lookup(keys: readonly string[]): Promise<Map<string, CachedDecision>> {
    const hits = await this.#find(keys);
    const missing = keys.filter((key) => !hits.has(key));
    if (missing.length === 0) return hits;
    await this.#newParts.fresh(); // H3
    return new Map([...hits, ...(await this.#find(missing))]);
  }

  /** What the parts that this process knows say. */
  async #find(keys: readonly string[]): Promise<Map<string, CachedDecision>> {
    const hits = new Map<string, CachedDecision>();
    const wanted = new Map<string, string[]>();
    for (const key of keys) {
      const short = shortKey(key);
      for (const [part, shorts] of this.#parts)
        if (contains(shorts, short)) wanted.set(part, [...(wanted.get(part) ?? []), key]);
    }
    for (const [part, partKeys] of wanted) {
      const { answers } = (await this.#answersOf(part)) ?? { answers: {} };
      for (const key of partKeys) {
        const found = answers[key];
        if (found === undefined) continue;
        if (found.decision.kind === 'failed' && this.#clock.now() - found.at > REFUSAL_TTL_MS) continue;
        hits.set(key, found);
      }
    }
    return hits;
  }

  /** Store the decisions of a batch under a name of its own; storing the same batch again changes nothing. */
  async keep(partName: string, decisions: ReadonlyMap<string, CachedDecision>): Promise<void> {
    if (decisions.size === 0) return;
    const at = this.#clock.now();
    const answers = Object.fromEntries([...decisions].map(([key, decision]) => [key, { ...decision, at }]));
    const shorts = BigUint64Array.from([...decisions.keys()].map(shortKey)).sort();
    const part = sha256Hex(partName).slice(0, 24);
    // Answers first: a key file that is visible must find its answers.
    await this.#store.write(
      `${this.#folder('answers')}/${part}.json`,
      JSON.stringify({ answers } satisfies StoredAnswers),
    );
    await this.#store.write(`${this.#folder('keys')}/${part}.bin`, new Uint8Array(shorts.buffer));
    this.#parts.set(part, shorts);
  }

  async #readNewParts(): Promise<void> {
    const unknown: string[] = [];
    for await (const { path } of this.#store.list(this.#folder('keys')))
      if (!this.#parts.has(partOf(path))) unknown.push(path);
    for (let i = 0; i < unknown.length; i += READS_AT_ONCE)
      await Promise.all(
        unknown.slice(i, i + READS_AT_ONCE).map(async (path) => {
          const found = await this.#store.readIfExists(path);
          if (found !== undefined) this.#parts.set(partOf(path), wholeKeys(found.bytes));
        }),
      );
  }

  /** Undefined, and the part is forgotten, when somebody has deleted it from the lake. */
  async #answersOf(part: string): Promise<StoredAnswers | undefined> {
    const known = this.#answers.get(part);
    if (known !== undefined) return known;
    const read = await this.#readAnswers(`${this.#folder('answers')}/${part}.json`);
    if (read === undefined) {
      this.#parts.delete(part);
      return undefined;
    }
    if (this.#answers.size >= KEPT_ANSWER_FILES) this.#answers.delete(this.#answers.keys().next().value ?? '');
    this.#answers.set(part, read);
    return read;
  }

  async #readAnswers(path: string): Promise<StoredAnswers | undefined> {
    const stored = await this.#store.readIfExists(path);
    try {
      return stored && parseRecord<StoredAnswers>(stored.bytes, path, ({ answers }) => isObject(answers));
    } catch (error) {
      if (!isCorruptRecord(error)) throw error;
      this.#logger.error('record.corrupt', { record: path }); // H4
      return undefined;
    }
  }
}

/** A part that was cut short holds its whole keys. */
const wholeKeys = (bytes: Buffer): BigUint64Array =>
  new BigUint64Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 8))).buffer); // copied: the buffer may be unaligned

function partOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function shortKey(key: string): bigint {
  return BigInt(`0x${key.slice(0, 16)}`);
}

function contains(sorted: BigUint64Array, wanted: bigint): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0n;
    if (value === wanted) return true;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
