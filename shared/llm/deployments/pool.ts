// The deployments of a stage: which one a request goes to, and when.
// Invariants: P1 documents never go to a deployment outside the allowed residency classes. P2 a refusing or failing deployment rests, the others go on.
import { TerminalError } from '../../errors.ts';
import type { Clock, Random, StateTable } from '../../ports.ts';
import { Breaker } from './breaker.ts';
import type { ChatClient } from './client.ts';
import type { DeploymentConfig, LlmSettings } from './deployment.ts';
import { LessonBook } from './lessons.ts';
import { assertParameters } from './parameters.ts';
import { type Grant, SharedQuota } from './quota.ts';

/** A deployment with its state in this process. @typeParam C  how it is asked */
export interface Member<C = ChatClient> {
  config: DeploymentConfig;
  quota: SharedQuota;
  breaker: Breaker;
  client: C;
  lessons: LessonBook;
  inFlight: number;
  /** When it was first asked, ms since the epoch. */
  firstAskedAt: number | undefined;
  /** A request of the kind we send was accepted. */
  hasSucceeded: boolean;
  /** The last call was refused for its credentials. */
  hasBeenDenied: boolean;
  /** Refusals for quota in a row. */
  refusals: number;
  /** Refusals of the configuration or a spent quota: not asked before this time, ms since the epoch. */
  givenUpUntil: number;
  givenUpCode: GivenUpCode | null;
  /** What the service said when it was given up, shortened. */
  givenUpWords: string;
  /** An answer of its could be used. */
  hasAnswered: boolean;
  /** Calls in a row that brought nothing usable, all of one kind. */
  empty: { kind: string; calls: number };
}

export type GivenUpCode = 'llm.configuration' | 'llm.quota-exhausted' | 'llm.unavailable';

export interface Turn<C = ChatClient> {
  kind: 'go';
  member: Member<C>;
  grant: Grant;
}

export interface NoTurn {
  kind: 'wait';
  until: number;
}

/** Every allowed deployment refuses for good. */
export interface Hopeless {
  kind: 'hopeless';
  code: GivenUpCode;
  /** What the service said, shortened; empty when it said nothing. */
  words: string;
}

export interface PoolOptions<C = ChatClient> {
  deployments: readonly DeploymentConfig[];
  settings: LlmSettings;
  state: StateTable;
  clock: Clock;
  random: Random;
  createClient: (deployment: DeploymentConfig) => C;
}

/** Waits this short are no reason to leave a preferred deployment. */
const PREFERENCE_MS = 250;
const GIVE_UP_MS = 60_000;
/** Answers that nobody can use may cost money: a longer rest. */
const EMPTY_REST_MS = 10 * 60_000;
const MOST_EMPTY = 3;
/** After answers that could be used it takes more: some documents bring nothing. */
const MOST_EMPTY_LATER = 10;
const START_SHARE = 0.2;
const LEAST_SLOTS = 4;

export class Pool<C = ChatClient> {
  readonly members: readonly Member<C>[];
  readonly #settings: LlmSettings;
  readonly #clock: Clock;
  readonly #freed: (() => void)[] = [];

  /** @throws {TerminalError} config.invalid when no deployment is in an allowed residency class */
  constructor({ deployments, settings, state, clock, random, createClient }: PoolOptions<C>) {
    this.#settings = settings;
    this.#clock = clock;
    const allowed = deployments.filter(
      (d) => settings.residency.length === 0 || settings.residency.includes(d.residency ?? ''),
    );
    if (allowed.length === 0)
      throw new TerminalError(
        'config.invalid',
        `no LLM deployment is allowed: have ${deployments.length}, residency must be one of ${settings.residency.join(', ') || 'any'}`,
      );
    for (const { name, parameters } of allowed) assertParameters(name, parameters);
    this.members = allowed.map((config) => ({
      config,
      quota: new SharedQuota({
        name: config.name,
        tpm: config.tpm,
        rpm: config.rpm,
        isPaced: config.kind !== 'provisioned',
        settings,
        state,
        clock,
        random,
      }),
      breaker: new Breaker(clock),
      client: createClient(config),
      lessons: new LessonBook(config, state, clock),
      inFlight: 0,
      firstAskedAt: undefined,
      hasSucceeded: false,
      hasBeenDenied: false,
      refusals: 0,
      givenUpUntil: 0,
      givenUpCode: null,
      givenUpWords: '',
      hasAnswered: false,
      empty: { kind: '', calls: 0 },
    }));
  }

  /**
   * Wait for a deployment's slot. `release` must follow a turn.
   * @param charge       tokens charged at arrival
   * @param latestStart  ms since the epoch
   * @param avoid        deployment that has just failed this request
   */
  async take(
    charge: number,
    latestStart: number,
    options: { avoid?: string | undefined; isRetry?: boolean } = {},
  ): Promise<Turn<C> | NoTurn | Hopeless> {
    for (;;) {
      const now = this.#clock.now();
      const isHopeful = ({ givenUpUntil: until }: Member<C>) => until <= now || until > now + EMPTY_REST_MS; // the clock was set back
      const hopeful = this.members.filter(isHopeful);
      if (hopeful.length === 0) {
        const [first] = this.members;
        return { kind: 'hopeless', code: first?.givenUpCode ?? 'llm.configuration', words: first?.givenUpWords ?? '' };
      }
      const ranked = hopeful
        .map((member) => ({
          member,
          at:
            Math.max(member.quota.earliest(), member.breaker.opensAt()) +
            (member.config.name === options.avoid ? PREFERENCE_MS + 1 : 0),
          priority: member.config.priority ?? 0,
        }))
        .sort((a, b) => a.at - b.at || a.priority - b.priority);
      const soonest = ranked[0]?.at ?? now;
      const preferred = ranked
        .filter((r) => r.at <= Math.max(soonest, now) + PREFERENCE_MS)
        .sort((a, b) => a.priority - b.priority || a.at - b.at);
      const chosen =
        preferred.find((r) => r.member.inFlight < this.#slots(r.member, now)) ??
        ranked.find((r) => r.member.inFlight < this.#slots(r.member, now) && r.at <= now);
      if (chosen === undefined) {
        if (now >= latestStart) return { kind: 'wait', until: now + 1000 };
        await this.#someFreed(Math.min(latestStart - now, 1000));
        continue;
      }
      const { member } = chosen;
      const healthyAt = member.breaker.opensAt();
      if (healthyAt > latestStart) return { kind: 'wait', until: healthyAt };
      if (healthyAt > now) {
        await this.#clock.sleep(healthyAt - now);
        continue;
      }
      member.inFlight++;
      member.firstAskedAt ??= now;
      member.breaker.begin();
      try {
        const grant = await member.quota.acquire(charge, latestStart, options.isRetry ? { isRetry: true } : {});
        if (grant.kind === 'go') return { kind: 'go', member, grant };
        this.release(member);
        member.breaker.abstain();
        const others = hopeful.filter(
          (m) => m !== member && m.quota.earliest() <= latestStart && m.breaker.opensAt() <= latestStart,
        );
        if (others.length === 0) return { kind: 'wait', until: grant.until };
      } catch (error) {
        this.release(member);
        member.breaker.abstain();
        throw error;
      }
    }
  }

  /** Calls that may be in flight: services answer a sudden load with refusals, so a process begins with few. */
  #slots({ firstAskedAt }: Member<C>, now: number): number {
    const { concurrency, rampMs } = this.#settings;
    const age = firstAskedAt === undefined ? 0 : now - firstAskedAt;
    if (age >= rampMs) return concurrency;
    const grown = START_SHARE + (1 - START_SHARE) * (age / rampMs);
    return Math.min(concurrency, Math.max(LEAST_SLOTS, Math.ceil(concurrency * grown)));
  }

  release(member: Member<C>): void {
    member.inFlight--;
    this.#freed.shift()?.();
  }

  /** Stop asking a deployment for a minute: its configuration is wrong, or its quota is spent. */
  giveUp(member: Member<C>, code: GivenUpCode, words = '', restMs = GIVE_UP_MS): void {
    member.givenUpUntil = this.#clock.now() + restMs;
    member.givenUpCode = code;
    member.givenUpWords = words;
  }

  /**
   * A call brought nothing that can be used, and may be billed: after three in a row of one kind the deployment rests.
   * @returns it rests from now on
   */
  noteEmpty(member: Member<C>, kind: string, code: GivenUpCode, words: string): boolean {
    member.empty = { kind, calls: member.empty.kind === kind ? member.empty.calls + 1 : 1 };
    if (member.empty.calls < (member.hasAnswered ? MOST_EMPTY_LATER : MOST_EMPTY)) return false;
    member.empty = { kind: '', calls: 0 };
    this.giveUp(member, code, words, EMPTY_REST_MS);
    return true;
  }

  /** A call brought something usable. */
  noteAnswer(member: Member<C>): void {
    member.hasAnswered = true;
    member.empty = { kind: '', calls: 0 };
  }

  #someFreed(atMostMs: number): Promise<void> {
    const timer = new AbortController();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        const at = this.#freed.indexOf(done);
        if (at >= 0) this.#freed.splice(at, 1);
        timer.abort();
        resolve();
      };
      this.#freed.push(done);
      this.#clock
        .sleep(atMostMs, timer.signal)
        .then(done, (error: unknown) => (timer.signal.aborted ? undefined : reject(error)));
    });
  }
}
