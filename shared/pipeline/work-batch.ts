// All steps of a batch in one activity: what one step makes, the next takes from memory, and the lake is asked for nothing twice.
// Invariants: W1 the outcome is that of the steps one by one, whatever was done before and wherever the activity was cut short. W2 records are
// written where work must not be repeated: reading, what leads to questions, answers, the decision. W3 a stopped run stops before its next step, at
// the latest some seconds later.
import type { Step } from '../api/runs.ts';
import { BatchData } from './batch-data.ts';
import { classify } from './classify-batch.ts';
import { type Classified, costWith, decideAll, NOTHING_ASKED } from './decide-batch.ts';
import { extract } from './extract-batch.ts';
import { featurize } from './featurize-batch.ts';
import { listQuestions } from './rank-questions.ts';
import { readPlan, readStep, type StepRecord } from './records.ts';
import type { BatchInput } from './run.ts';
import { score } from './score-batch.ts';
import type { PipelineServices } from './services.ts';
import { keepRecord, pick, type StepResult, type StepWork, timed } from './step.ts';
import { refuseStopped } from './stop-marker.ts';

// Between the steps of small documents pass milliseconds: a look at the stop marker for each would be most of their requests.
const LOOK_EVERY_MS = 2000;

/** The steps of the phase that are not done yet. */
export async function workBatch(
  services: PipelineServices,
  { runId, batchId, phase = 'all' }: BatchInput,
): Promise<StepResult> {
  const input = { runId, batchId };
  const done = await recordsOf(services, { ...input, phase });
  const decided = done.get('decide');
  if (decided !== undefined) return { kind: 'done', outcome: pick(decided) };
  const plan = await readPlan(services.lake, runId);
  const data = new BatchData(services, input);
  const stop = new StopLooks(services, input);
  const work = async (step: Step, what: () => Promise<StepWork>) => {
    await stop.look();
    return timed(services, step, input, what);
  };
  /** A step that never waits. */
  const finish = async (step: Step, what: () => Promise<StepWork>): Promise<StepRecord & { runId: string }> => {
    const record = await work(step, what);
    if ('retryAt' in record) throw new Error(`step ${step} waits`);
    return record;
  };

  if (phase !== 'decide' && !done.has('extract'))
    await keepRecord(services, await finish('extract', () => extract(services, plan, data)));
  let scored = done.get('score') ?? done.get('classify');
  if (scored === undefined) {
    await finish('featurize', () => featurize(services, plan, data));
    const record = await finish('score', () => score(services, plan, data));
    // Where questions follow, what they follow from is not made again; where the batch ends here, its record says so.
    scored = record.asked > 0 || phase === 'score' ? await keepRecord(services, record) : record;
  }
  if (phase === 'score') {
    const { documents, questions } = await listQuestions(services, input, data);
    return { kind: 'done', outcome: { documents, asked: questions.length } };
  }
  const classified = done.get('classify');
  let asked: Classified = NOTHING_ASKED;
  if (classified !== undefined) asked = { ...classified, questions: 1 };
  else if (scored.asked > 0) {
    const record = await work('classify', () => classify(services, plan, data));
    if ('retryAt' in record) return { kind: 'waiting', retryAt: record.retryAt };
    asked = { ...(await keepRecord(services, record)), questions: scored.asked };
    data.lookAgain();
  }
  const { encoder } = scored;
  const costNanoUsd = costWith(asked.costNanoUsd, done.get('score') ?? (scored.step === 'score' ? scored : undefined));
  const decision = await finish('decide', () => decideAll(services, plan, data, { ...asked, costNanoUsd, encoder }));
  return { kind: 'done', outcome: pick(await keepRecord(services, decision)) };
}

/** What earlier activities have done of the batch. Steps follow each other, so where the first is missing so are the others. */
async function recordsOf(
  { lake }: PipelineServices,
  { runId, batchId, phase }: Required<BatchInput>,
): Promise<Map<Step, StepRecord>> {
  const found = new Map<Step, StepRecord>();
  const look = async (step: Step) => {
    const record = await readStep(lake, runId, batchId, step);
    if (record !== undefined) found.set(step, record);
  };
  if (phase !== 'decide') {
    await look('extract');
    if (found.size === 0) return found;
  }
  const later: readonly Step[] = phase === 'score' ? ['score'] : ['score', 'classify', 'decide'];
  await Promise.all(later.map(look));
  return found;
}

/** W3. */
class StopLooks {
  readonly #services: PipelineServices;
  readonly #ids: { runId: string; batchId: string };
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(services: PipelineServices, ids: { runId: string; batchId: string }) {
    this.#services = services;
    this.#ids = ids;
  }

  async look(): Promise<void> {
    const { lake, clock } = this.#services;
    if (Math.abs(this.#nextAt - clock.now()) <= LOOK_EVERY_MS && clock.now() < this.#nextAt) return;
    await refuseStopped(lake, this.#ids);
    this.#nextAt = clock.now() + LOOK_EVERY_MS;
  }
}
