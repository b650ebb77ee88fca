// What every part of a lane works with: the deployment, the question, what is shown of each document, and where its files lie.
import { SluiceError } from '../../errors.ts';
import type { LakeStore } from '../../ports.ts';
import { parseRecord } from '../../record-json.ts';
import { chatBody, outputTokens } from '../chat-body.ts';
import type { ChatBody } from '../deployments/client.ts';
import type { DeploymentConfig, Price } from '../deployments/deployment.ts';
import type { LessonBook, Lessons } from '../deployments/lessons.ts';
import type { Pack } from '../judge.ts';
import { batchPriceOn } from '../money/price.ts';
import { type Shown, showDocuments } from '../prepare.ts';
import { documentsMessage } from '../prompt.ts';
import { type LlmDeps, type LlmRuntime, type Question, runtimeOf } from '../runtime.ts';
import { batchLaneFolder } from './cancel.ts';
import type { BatchLaneRequest } from './lane-request.ts';
import { BATCH_ENDPOINT, type BatchTransport } from './transport.ts';

export interface PlannedPack {
  batchId: string;
  pack: Pack;
}

export class LaneContext {
  readonly request: BatchLaneRequest;
  readonly deps: LlmDeps;
  readonly transport: BatchTransport;
  readonly runtime: LlmRuntime;
  readonly question: Question;
  readonly deployment: DeploymentConfig;
  readonly batch: NonNullable<DeploymentConfig['batch']>;
  /** What the deployment teaches, the same as live. */
  readonly book: LessonBook;
  /** What it had taught when the lane began: the form of all lines. */
  readonly lessons: Lessons;
  readonly shown = new Map<string, ReadonlyMap<string, Shown>>();

  /** @throws {SluiceError} config.invalid when no deployment takes batch jobs */
  static async open(request: BatchLaneRequest, deps: LlmDeps, transport: BatchTransport): Promise<LaneContext> {
    const runtime = await runtimeOf(deps);
    const context = new LaneContext(request, deps, transport, runtime);
    for (const { batchId, documents } of request.batches)
      context.shown.set(batchId, await showDocuments(documents, context.question, runtime, deps));
    return context;
  }

  private constructor(request: BatchLaneRequest, deps: LlmDeps, transport: BatchTransport, runtime: LlmRuntime) {
    // The pool has left out what the documents may not be sent to.
    const member = runtime.pool.members.find(({ config }) => config.batch !== undefined);
    const deployment = member?.config;
    if (member === undefined || deployment?.batch === undefined)
      throw new SluiceError('config.invalid', 'no deployment takes batch jobs');
    this.request = request;
    this.deps = deps;
    this.transport = transport;
    this.runtime = runtime;
    this.question = runtime.question(request.taxonomy);
    this.deployment = deployment;
    this.book = member.lessons;
    this.lessons = member.lessons.current;
    this.batch = deployment.batch;
  }

  price(): Price {
    return batchPriceOn(this.deployment, this.deps.clock.now());
  }

  promptTokens(planned: PlannedPack): number {
    return this.question.overheadTokens + this.runtime.count(this.user(planned));
  }

  user({ batchId, pack }: PlannedPack): string {
    return documentsMessage(pack.documents.map((key) => this.shown.get(batchId)?.get(key)?.text ?? ''));
  }

  line(planned: PlannedPack): string {
    const line = { custom_id: customId(planned), method: 'POST', url: BATCH_ENDPOINT, body: this.body(planned) };
    return JSON.stringify(line);
  }

  body(planned: PlannedPack): ChatBody {
    const body = chatBody(this.question, planned.pack, this.user(planned), this.deployment, this.lessons);
    return { ...body, model: this.batch.model };
  }

  /** Answer tokens asked for. */
  outputTokens({ pack }: PlannedPack): number {
    return outputTokens(pack, this.deployment, this.lessons);
  }

  path(name: string): string {
    const { runId, name: lane } = this.request;
    return `${batchLaneFolder(runId)}/${lane === undefined ? '' : `${lane}/`}${name}.json`;
  }
}

/** Id of a pack in a job. */
export const customId = ({ batchId, pack }: PlannedPack): string => `${batchId}.${pack.key}`;

/** A file of the lane; undefined while there is none. */
export async function readJson<T>(store: LakeStore, path: string): Promise<T | undefined> {
  const stored = await store.readIfExists(path);
  return stored === undefined ? undefined : parseRecord<T>(stored.bytes, path);
}

/** The same file for whoever comes first and for all after. */
export async function readOrWrite<T>(store: LakeStore, path: string, make: () => Promise<T>): Promise<T> {
  const known = await readJson<T>(store, path);
  if (known !== undefined) return known;
  const made = await make();
  try {
    await store.write(path, JSON.stringify(made), { ifAbsent: true });
    return made;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'lake.conflict') throw error;
    const first = await readJson<T>(store, path);
    if (first === undefined) throw error;
    return first;
  }
}
