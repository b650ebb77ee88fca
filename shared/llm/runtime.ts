// What a process keeps between activities: the pool with its limiters and breakers, prompt frames, caches, observed answer lengths.
import type { Clock, LakeStore, Logger, Random, StateTable } from '../ports.ts';
import type { Taxonomy } from '../taxonomy.ts';
import { type LabelIndex, labelIndex } from './answer.ts';
import { AnswerCache } from './cache.ts';
import { type ChatClient, openAiClient } from './deployments/client.ts';
import { type DeploymentConfig, type LlmSettings, pooledModelVersion } from './deployments/deployment.ts';
import { Pool } from './deployments/pool.ts';
import { Refusals } from './deployments/refusals.ts';
import { frameFor, type PromptFrame } from './prompt.ts';
import { loadTokenCounter, type TokenCounter } from './tokens.ts';

export interface LlmDeps {
  store: LakeStore;
  state: StateTable;
  clock: Clock;
  random: Random;
  logger: Logger;
  deployments: readonly DeploymentConfig[];
  settings: LlmSettings;
  /**
   * Names this process. No two living processes may share it. A restarted process may take the name of the one it replaces:
   * then calls that died with it are seen to be dead at once instead of after their timeout.
   */
  instanceId: string;
  /** Applied to every text before it is shown to a model. Default: none. */
  redact?: (text: string) => string;
  createClient?: (deployment: DeploymentConfig) => ChatClient;
}

/** Prompt frame with the spellings of its labels. */
export interface Question extends PromptFrame {
  spellings: LabelIndex;
}

/** A failing endpoint is tried at least this often while there is work; older failures say nothing about now. */
const FORGET_FAILURES_MS = 10 * 60_000;
const OBSERVED = 200;
const ENOUGH = 50;

export class LlmRuntime {
  readonly pool: Pool;
  readonly count: TokenCounter;
  readonly refusals: Refusals;
  /** Attempts this process is running: `<call key>#<attempt>`. */
  readonly inFlight = new Set<string>();
  /** Calls that failed without an answer since the last success: when the first and the last one did. */
  #failures: { first: number; last: number } | undefined;
  readonly #deps: LlmDeps;
  readonly #questions = new Map<string, Question>();
  readonly #caches = new Map<string, AnswerCache>();
  readonly #outputs: number[] = [];

  constructor(deps: LlmDeps, count: TokenCounter) {
    this.#deps = deps;
    this.count = count;
    this.refusals = new Refusals(deps.clock);
    this.pool = new Pool({ ...deps, createClient: deps.createClient ?? openAiClient });
  }

  question(taxonomy: Taxonomy): Question {
    const known = this.#questions.get(taxonomy.version);
    if (known !== undefined) return known;
    const { deployments, settings } = this.#deps;
    const identity = {
      model: pooledModelVersion(deployments),
      parameters: deployments[0]?.parameters ?? {},
      documentTokens: settings.documentTokens,
    };
    const frame = frameFor(taxonomy, identity, this.count);
    const question = { ...frame, spellings: labelIndex(frame.codes, taxonomy.labels) };
    this.#questions.set(taxonomy.version, question);
    return question;
  }

  cache(promptVersion: string): AnswerCache {
    const known = this.#caches.get(promptVersion);
    if (known !== undefined) return known;
    const cache = new AnswerCache(this.#deps.store, promptVersion, this.#deps.clock, this.#deps.logger);
    this.#caches.set(promptVersion, cache);
    return cache;
  }

  /** A call failed without an answer. */
  noteFailure(): void {
    const now = this.#deps.clock.now();
    const isSame = this.#failures !== undefined && now - this.#failures.last < FORGET_FAILURES_MS;
    this.#failures = { first: isSame ? (this.#failures?.first ?? now) : now, last: now };
  }

  noteSuccess(): void {
    this.#failures = undefined;
  }

  /** For how long calls have been failing, ms; 0 when all is well or nobody tried of late. */
  failingForMs(): number {
    const now = this.#deps.clock.now();
    if (this.#failures === undefined || now - this.#failures.last > FORGET_FAILURES_MS) return 0;
    return now - this.#failures.first;
  }

  observeOutput(completionTokens: number, documents: number): void {
    this.#outputs.push(completionTokens / documents);
    if (this.#outputs.length > OBSERVED) this.#outputs.shift();
  }

  /** Answer tokens to allow per document: the 99th percentile of what was seen, the setting until enough was. */
  outputTokensPerDocument(): number {
    if (this.#outputs.length < ENOUGH) return this.#deps.settings.outputTokensPerDocument;
    const sorted = [...this.#outputs].sort((a, b) => a - b);
    return Math.max(15, Math.ceil(sorted[Math.floor(sorted.length * 0.99)] ?? 0));
  }
}

const runtimes = new WeakMap<LlmDeps, Promise<LlmRuntime>>();

/** The runtime of these dependencies; pass the same object to share quota slots and caches. */
export function runtimeOf(deps: LlmDeps): Promise<LlmRuntime> {
  let runtime = runtimes.get(deps);
  if (runtime === undefined) {
    runtime = loadTokenCounter().then(async (count) => {
      const opened = new LlmRuntime(deps, count);
      await Promise.all(opened.pool.members.map(({ lessons }) => lessons.load()));
      return opened;
    });
    runtimes.set(deps, runtime);
    runtime.catch(() => runtimes.delete(deps)); // the caller sees the error; the next one tries again
  }
  return runtime;
}
