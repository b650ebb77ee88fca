// A whole LLM stage in memory: simulator core, lake and state fakes, virtual clock.

import type { FaultPlan } from '../../local/emulators/faults.ts';
import { SimulatorCore } from '../../local/emulators/openai-core.ts';
import { type DeploymentSettings, defaultDeploymentSettings } from '../../local/emulators/openai-deployment.ts';
import { loadTokenCounter } from '../../local/emulators/openai-tokens.ts';
import { type ClassifyOutcome, classifyDocuments, type LlmDocument } from '../../shared/llm/classify.ts';
import { type ChatClient, TransportFailure } from '../../shared/llm/deployments/client.ts';
import {
  type DeploymentConfig,
  defaultLlmSettings,
  type LlmSettings,
  nanoPerMillion,
} from '../../shared/llm/deployments/deployment.ts';
import type { LlmDeps } from '../../shared/llm/runtime.ts';
import { type Clock, seededRandom, silentLogger } from '../../shared/ports.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { MemoryStateTable } from '../fakes/memory-state-table.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

export const taxonomy = parseTaxonomy({
  name: 'test',
  labels: [
    { name: 'Invoices', description: 'Bills with an invoice number, line items, amounts due and bank details.' },
    { name: 'Contracts', description: 'Agreements between parties with obligations, termination and governing law.' },
    { name: 'Customs', description: 'Import declarations, tariff codes, duty and origin of goods.' },
  ],
});

export const price = {
  id: 'test-1',
  effectiveFrom: '2020-01-01',
  input: nanoPerMillion(0.4),
  cached: nanoPerMillion(0.1),
  cacheWrite: nanoPerMillion(0.4),
  output: nanoPerMillion(1.6),
};

export function deployment(change: Partial<DeploymentConfig> = {}): DeploymentConfig {
  return {
    name: 'sim',
    model: 'sim',
    modelVersion: 'sim',
    baseUrl: 'http://sim',
    apiKey: 'k',
    tpm: 200_000,
    rpm: 200,
    prices: [price],
    ...change,
  };
}

/** A budget's record in the state table. */
export interface BudgetRecord {
  spent: string;
  open: Record<string, string>;
}

/** Spent and set aside, nano-dollars. */
export const countedNano = ({ spent, open }: BudgetRecord): number =>
  Object.values(open).reduce((sum, entry) => sum + Number(entry.split(' ')[0]), Number(spent));

export interface StageOptions {
  server?: Partial<DeploymentSettings>;
  servers?: Record<string, Partial<DeploymentSettings>>;
  faults?: FaultPlan;
  seed?: number;
  deployments?: DeploymentConfig[];
  settings?: Partial<LlmSettings>;
}

export class Stage {
  readonly clock = new VirtualClock();
  readonly lake = new MemoryLake('lake');
  readonly state = new MemoryStateTable();
  readonly core: SimulatorCore;
  readonly #options: StageOptions;
  /** Clients of a killed process stop here: nothing of what is in flight is ever stored. */
  #generation = 0;
  #instances = 0;

  private constructor(options: StageOptions, countTokens: (text: string) => number) {
    this.#options = options;
    this.core = new SimulatorCore({
      seed: options.seed ?? 1,
      clock: this.clock,
      countTokens,
      deployment: { ...defaultDeploymentSettings, ...options.server },
      deployments: options.servers ?? {},
      faults: options.faults ?? {},
    });
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    return new Stage(options, await loadTokenCounter());
  }

  /** Dependencies of a new process. `own` names it; default is a fresh name. */
  instance(own?: string): LlmDeps {
    const name = own ?? `i${++this.#instances}`;
    return {
      store: this.lake,
      state: this.state,
      clock: this.clock,
      random: seededRandom((this.#options.seed ?? 1) * 1000 + this.#instances),
      logger: silentLogger,
      deployments: this.#options.deployments ?? [deployment()],
      settings: { ...defaultLlmSettings, ...this.#options.settings },
      instanceId: name,
      createClient: ({ model }) => simulatorClient(this.core, model, this.clock),
    };
  }

  get generation(): number {
    return this.#generation;
  }

  /** Run a batch to its end, coming back whenever the stage asks to wait. */
  async finish(
    deps: LlmDeps,
    runId: string,
    batchId: string,
    documents: readonly LlmDocument[],
    extra: { runUsd?: number; activityMs?: number } = {},
  ): Promise<Extract<ClassifyOutcome, { status: 'done' }>> {
    for (;;) {
      const outcome = await classifyDocuments(
        {
          runId,
          batchId,
          taxonomy,
          documents,
          deadlineMs: this.clock.now() + (extra.activityMs ?? 240_000),
          budget: { runUsd: extra.runUsd },
        },
        deps,
      );
      if (outcome.status === 'done') return outcome;
      await this.clock.sleep(Math.max(1, outcome.retryAt - this.clock.now()));
    }
  }
}

/** A client that talks to the simulator without a socket, in virtual time. */
export function simulatorClient(core: SimulatorCore, name: string, clock: Clock): ChatClient {
  return {
    async send(body, { timeoutMs }) {
      const started = clock.now();
      const reply = core.complete(name, JSON.parse(JSON.stringify(body)));
      if (reply.kind === 'hang' || reply.delayMs > timeoutMs) {
        await clock.sleep(timeoutMs);
        throw new TransportFailure('timeout', `no answer within ${timeoutMs} ms`);
      }
      await clock.sleep(reply.delayMs);
      if (reply.kind === 'drop' && clock.now() - started <= 1) throw new TransportFailure('not-sent', 'no connection');
      if (reply.kind !== 'answer') throw new TransportFailure('lost', 'the connection ended before the answer');
      // Results call the simulator by its name, whatever its deployment is called; here it plays the deployments of tests.
      const answer = reply.body as { model?: unknown } | null; // the simulator's own
      const played = answer?.model === undefined ? answer : { ...answer, model: name };
      return { status: reply.status, headers: lowerCase(reply.headers), body: played };
    },
  };
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const WORDS: Record<string, string[]> = {
  Invoices: 'invoice number line items amount due bank details payment terms total bill supplier'.split(' '),
  Contracts: 'agreement parties obligations termination governing law clause notice signature term'.split(' '),
  Customs: 'import declaration tariff code duty origin goods customs broker consignment entry'.split(' '),
};

/** Documents of about `words` words; each text is distinct. */
export function documents(
  count: number,
  options: { words?: number; poisonEvery?: number; from?: number } = {},
): (LlmDocument & { truth: string })[] {
  const random = seededRandom(count + (options.from ?? 0));
  const names = Object.keys(WORDS);
  return Array.from({ length: count }, (_, index) => {
    const i = index + (options.from ?? 0);
    const truth = names[Math.floor(random.next() * names.length)] ?? 'Invoices';
    const own = WORDS[truth] ?? [];
    const filler = 'the company sent this paper to the office last week and asked for an early reply about it'.split(
      ' ',
    );
    const words = Array.from({ length: options.words ?? 60 }, () => {
      const from = random.next() < 0.35 ? own : filler;
      return from[Math.floor(random.next() * from.length)] ?? '';
    });
    const poison =
      options.poisonEvery !== undefined && i % options.poisonEvery === options.poisonEvery - 1 ? ' POISON' : '';
    return {
      id: `d${i}`,
      contentSha256: `h${i}`,
      text: `Paper ${i}: ${words.join(' ')}.${poison}`,
      topLabels: [],
      truth,
    };
  });
}
