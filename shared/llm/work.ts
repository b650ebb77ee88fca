// The packs of one batch: those of the plan, those that follow from answers (bisecting, repair, shorter texts), and parts of packs that are too dear.
// Invariants: W1 the tree follows from the plan, the stored answers and the stored splits; replaying asks nothing twice.
//             W3 while others hold the money that a pack lacks, none after it is begun: the least certain documents are served first.
//             W2 after `run`, each document is decided, not asked for a reason, or waiting (then retryAt is set).
import type { ErrorCode } from '../errors.ts';
import { type AskContext, type Asked, ask, costAtMost } from './ask.ts';
import type { CachedDecision } from './cache.ts';
import { type Judgement, judge, makePack, type Pack } from './judge.ts';
import { leastNano } from './money/price.ts';
import { type BatchPlan, type Shown, shrunkText } from './prepare.ts';
import { documentsMessage } from './prompt.ts';

type Resolved =
  | { kind: 'answered'; next: Pack[] }
  | { kind: 'reserved'; until: number }
  | Extract<Asked, { kind: 'wait' | 'hopeless' }>;

/** The tree of packs of one batch: planned ones, and those that follow from answers. */
export class Work {
  readonly decisions = new Map<string, CachedDecision & { isCached: boolean }>();
  /** Documents decided by the answer of each call. */
  readonly answered = new Map<string, number>();
  /** Tokens and money by document key. */
  readonly spent = new Map<string, { tokensIn: number; tokensOut: number; nano: number }>();
  /** Why documents were not asked. */
  readonly notAsked = new Map<string, ErrorCode>();
  retryAt: number | undefined;
  /** Some pack waits for money that others have set aside. */
  isShortOfMoney = false;
  readonly #context: AskContext;
  readonly #plan: BatchPlan;
  readonly #shown: ReadonlyMap<string, Shown>;
  readonly #planned: Set<string>;
  readonly #order: ReadonlyMap<string, number>;
  #hopeless: ErrorCode | undefined;
  /** What the service said when it was given up, shortened. */
  words = '';

  constructor(context: AskContext, plan: BatchPlan, shown: ReadonlyMap<string, Shown>) {
    this.#context = context;
    this.#plan = plan;
    this.#shown = shown;
    this.#planned = new Set(plan.packs.map(({ key }) => key));
    this.#order = new Map([...shown.keys()].map((key, index) => [key, index]));
    for (const [key, hit] of Object.entries(plan.hits)) this.decisions.set(key, { ...hit, isCached: true });
  }

  async run(): Promise<void> {
    const { deps, runtime, budget } = this.#context;
    if (runtime.refusals.isStopped()) this.#hopeless = 'llm.configuration';
    const queue: Pack[] = [...this.#plan.packs];
    /** Packs that wait for money; nothing else is begun until a call of this batch has ended. */
    const parked: { pack: Pack; until: number }[] = [];
    const workers = Math.min(Math.max(1, queue.length), deps.settings.concurrency * runtime.pool.members.length);
    let busy = 0;
    const idle: (() => void)[] = [];
    const wake = () => {
      for (const resume of idle.splice(0)) resume();
    };
    let hasFailed = false;
    // Under a budget packs get their money one after the other: a small one must not overtake a large one that is less certain.
    let isFunding = false;
    const work = async (): Promise<void> => {
      for (;;) {
        const pack = hasFailed || isFunding || parked.length > 0 ? undefined : queue.shift();
        if (pack === undefined) {
          if (busy === 0) return wake();
          await new Promise<void>((resume) => idle.push(resume)); // a call in flight may bring more packs, or money
          continue;
        }
        busy++;
        let isFirst = budget.isLimited;
        isFunding = isFirst;
        const onFunded = () => {
          if (!isFirst) return;
          isFirst = false;
          isFunding = false;
          wake();
        };
        try {
          const asked = await this.#resolve(pack, onFunded);
          if (asked.kind === 'reserved') parked.push({ pack, until: asked.until });
          else queue.unshift(...parked.splice(0).map((p) => p.pack), ...(asked.kind === 'answered' ? asked.next : []));
        } catch (error) {
          hasFailed = true; // no further calls; those in flight still store their answers
          throw error;
        } finally {
          busy--;
          onFunded();
          wake();
        }
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: workers }, work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    this.isShortOfMoney = parked.length > 0;
    for (const { until } of parked) this.retryAt = Math.min(this.retryAt ?? until, until);
    this.#pardon();
  }

  /** Decisions worth remembering: answers, and refusals of single documents. */
  cacheable(): Map<string, CachedDecision> {
    return new Map(
      [...this.decisions]
        .filter(
          ([, { decision, isCached }]) =>
            !isCached &&
            (decision.kind === 'result' || decision.code === 'llm.rejected' || decision.code === 'llm.refused'),
        )
        .map(([key, { decision, deployment }]) => [key, { decision, deployment }]),
    );
  }

  async #resolve(pack: Pack, onFunded: () => void): Promise<Resolved> {
    const { log } = this.#context;
    const record = log.record(pack.key);
    if (record.splitAt !== undefined) return { kind: 'answered', next: this.#parts(pack, record.splitAt) };
    const texts = this.#texts(pack);
    if (record.answer === undefined) {
      if (this.#hopeless !== undefined) {
        this.#skip(pack, this.#hopeless);
        return { kind: 'answered', next: [] };
      }
      if (this.#isTooLong(pack, texts)) {
        if (!(await log.split(pack.key, Math.ceil(pack.documents.length / 2)))) await log.refresh(pack.key);
        return this.#resolve(pack, onFunded);
      }
      const asked = await ask(this.#context, pack, texts, onFunded);
      if (asked.kind === 'hopeless') {
        this.#hopeless = asked.code;
        this.words = asked.words;
        this.#skip(pack, asked.code);
      }
      if (asked.kind === 'unfunded') return this.#split(pack, onFunded);
      if (asked.kind === 'split') return this.#resolve(pack, onFunded);
      if (asked.kind === 'wait') this.retryAt = Math.min(this.retryAt ?? asked.until, asked.until);
      if (asked.kind !== 'answered') return asked;
      this.#watch(pack);
    }
    return { kind: 'answered', next: this.#judge(pack, texts).next };
  }

  /** No deployment reads so much, as far as answers have shown: the pack is asked in two parts. */
  #isTooLong(pack: Pack, texts: readonly string[]): boolean {
    const { runtime, question } = this.#context;
    const contexts = runtime.pool.members.map(
      ({ lessons }) => lessons.current.contextTokens ?? Number.POSITIVE_INFINITY,
    );
    const context = Math.max(...contexts);
    if (pack.documents.length === 1 || context === Number.POSITIVE_INFINITY) return false;
    return question.overheadTokens - question.schemaTokens + runtime.count(documentsMessage(texts)) > context;
  }

  /** A pack that the money left does not pay for: as many of its documents as it does pay for, the least certain first. */
  async #split(pack: Pack, onFunded: () => void): Promise<Resolved> {
    const { budget, log } = this.#context;
    const inOrder = this.#inOrder(pack);
    const costOf = (documents: readonly string[]): bigint => {
      const part = makePack(documents, this.#plan.sizing, { round: pack.round, shrink: pack.shrink });
      return costAtMost(this.#context, part, this.#texts(part));
    };
    const cheapest = leastNano(inOrder.map((key) => costOf([key])));
    const left = (await budget.probe(cheapest)).kind === 'spent' ? undefined : await budget.left();
    if (left === undefined || cheapest > left || inOrder.length === 1) {
      this.#skip(pack, 'llm.budget-spent');
      return { kind: 'answered', next: [] };
    }
    let count = inOrder.length - 1;
    while (count > 1 && costOf(inOrder.slice(0, count)) > left) count--;
    if (!(await log.split(pack.key, count))) await log.refresh(pack.key);
    return this.#resolve(pack, onFunded);
  }

  #parts(pack: Pack, splitAt: number): Pack[] {
    const inOrder = this.#inOrder(pack);
    const parts = [inOrder.slice(0, splitAt), inOrder.slice(splitAt)].map((documents) =>
      makePack(documents, this.#plan.sizing, { round: pack.round, shrink: pack.shrink }),
    );
    if (this.#planned.has(pack.key)) for (const { key } of parts) this.#planned.add(key);
    return parts;
  }

  /** Documents of a pack, the least certain first. */
  #inOrder(pack: Pack): string[] {
    return [...pack.documents].sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0));
  }

  #texts(pack: Pack): string[] {
    return pack.documents.map((key) => {
      const shown = this.#shown.get(key);
      return shown === undefined ? '' : shrunkText(shown, pack.shrink, this.#context.runtime);
    });
  }

  /** Everything refused in the same way is no poison: nothing more is asked. */
  #watch({ key }: Pack): void {
    const { deps, log, runtime } = this.#context;
    const { answer, intents } = log.record(key);
    runtime.refusals.note(answer?.rule ?? null, this.#planned.has(key));
    if (!runtime.refusals.isStopped() || this.#hopeless !== undefined) return;
    this.#hopeless = 'llm.configuration';
    const deployment = intents.get(answer?.attempt ?? 0)?.deployment;
    deps.logger.error('llm.deployment.given-up', { deployment, rule: answer?.rule ?? null });
  }

  /** Refused one by one before the stage was stopped: that says nothing about these documents. */
  #pardon(): void {
    if (this.#hopeless !== 'llm.configuration' || !this.#context.runtime.refusals.isStopped()) return;
    for (const [key, { decision, isCached }] of this.decisions)
      if (!isCached && decision.kind === 'failed' && decision.code === 'llm.rejected') {
        this.decisions.delete(key);
        this.notAsked.set(key, this.#hopeless);
      }
  }

  #judge(pack: Pack, texts: readonly string[]): Judgement {
    const { log, question } = this.#context;
    const record = log.record(pack.key);
    const { answer } = record;
    if (answer === undefined) throw new Error(`call ${pack.key} has no answer`);
    // Whatever the deployment is called, results say where labels come from that no model gave.
    const isSimulated = answer.model === 'simulator';
    const deployment = isSimulated ? 'simulator' : (record.intents.get(answer.attempt)?.deployment ?? null);
    const judgement = judge(pack, answer, texts, question.spellings, this.#plan.sizing);
    this.answered.set(pack.key, judgement.answered);
    for (const [key, decision] of judgement.decided) this.decisions.set(key, { decision, deployment, isCached: false });
    const share = pack.documents.length;
    for (const key of pack.documents) {
      const spent = this.spent.get(key) ?? { tokensIn: 0, tokensOut: 0, nano: 0 };
      spent.tokensIn += (answer.usage?.promptTokens ?? 0) / share;
      spent.tokensOut += (answer.usage?.completionTokens ?? 0) / share;
      spent.nano += Number(answer.cost ?? 0) / share;
      this.spent.set(key, spent);
    }
    return judgement;
  }

  #skip(pack: Pack, code: ErrorCode): void {
    for (const key of pack.documents) this.notAsked.set(key, code);
  }
}
