// The orchestrations on a tiny deterministic engine: tasks are plain objects, a script answers them.
import { expect, test } from 'vitest';
import type { Orchestration } from '../../shared/pipeline/orchestration.ts';
import { runBatch, runDocuments, runLane, stepAll } from '../../shared/pipeline/run.ts';

type Task = { kind: string; name?: string; input?: unknown; tasks?: Task[]; at?: number; id?: string };

function engine() {
  const log: Task[] = [];
  let continued: unknown;
  const o: Orchestration<Task> = {
    call: (name, input) => ({ kind: 'call', name, input }),
    callSub: (name, input, id) => ({ kind: 'sub', name, input, id }),
    all: (tasks) => ({ kind: 'all', tasks }),
    sleepUntil: (at) => ({ kind: 'sleep', at }),
    now: () => 1000,
    continueAsNew: (input) => {
      continued = input;
    },
  };
  const drive = <R>(steps: Generator<Task, R, unknown>, answer: (task: Task) => unknown): R => {
    let next = steps.next();
    while (!next.done) {
      log.push(next.value);
      try {
        next = steps.next(answer(next.value));
      } catch (error) {
        if ((error as { isAnswer?: boolean }).isAnswer !== true) throw error;
        next = steps.throw((error as { cause: unknown }).cause);
      }
    }
    return next.value;
  };
  return { o, log, drive, continued: () => continued };
}

const fail = (message: string): never => {
  throw Object.assign(new Error('answer', { cause: new Error(message) }), { isAnswer: true });
};
const done = (outcome: unknown) => ({ kind: 'done', outcome });

test('run: an upload run sleeps until its window closes, then plans, then commits', () => {
  const { o, log, drive } = engine();
  drive(runDocuments(o, { runId: 'upload-1', startAt: 5000 }), (task) =>
    task.name === 'planRun' ? done({ batches: 3, lanes: 2 }) : done({}),
  );
  expect(log.map((t) => t.name ?? t.kind)).toEqual(['sleep', 'planRun', 'all', 'commitRun']);
  expect(log[2]?.tasks?.map((t) => t.id)).toEqual(['upload-1-0-lane0', 'upload-1-0-lane1']);
});

test('run: without batches nothing is fanned out and the run still commits', () => {
  const { o, log, drive } = engine();
  drive(runDocuments(o, { runId: 'r' }), (task) => done(task.name === 'planRun' ? { batches: 0, lanes: 4 } : {}));
  expect(log.map((t) => t.name)).toEqual(['planRun', 'commitRun']);
});

test('run: with a budget every batch is scored and the questions are ranked before the first one is asked', () => {
  const { o, log, drive } = engine();
  drive(runDocuments(o, { runId: 'r' }), (task) =>
    done(task.name === 'planRun' ? { batches: 2, lanes: 2, isBudgeted: true } : { groups: 3 }),
  );
  expect(log.map((t) => t.name ?? t.tasks?.map((sub) => sub.id).join())).toEqual([
    'planRun',
    'r-0-score-lane0,r-0-score-lane1',
    'rankQuestions',
    'r-0-ask-lane0,r-0-ask-lane1',
    'r-0-decide-lane0,r-0-decide-lane1',
    'commitRun',
  ]);
  const steps = (['score', 'decide'] as const).flatMap((phase) => {
    const one = engine();
    one.drive(runBatch(one.o, { runId: 'r', batchId: 'b00000', phase }), () => done({ documents: 1, asked: 0 }));
    return one.log.map((t) => t.name);
  });
  expect(steps).toEqual([
    'extractBatch',
    'featurizeBatch',
    'scoreBatch',
    'listQuestions',
    'classifyBatch',
    'decideBatch',
  ]);
});

test('run: with money for everything no groups are asked', () => {
  const { o, log, drive } = engine();
  drive(runDocuments(o, { runId: 'r' }), (task) =>
    done(task.name === 'planRun' ? { batches: 2, lanes: 2, isBudgeted: true } : { groups: 0 }),
  );
  expect(log.flatMap((t) => t.tasks?.map((sub) => sub.id) ?? [])).not.toContain('r-0-ask-lane0');
});

test('run: a lane asks its groups in order and stops at the first one that the money does not reach', () => {
  const { o, log, drive } = engine();
  drive(runLane(o, { runId: 'r', prefix: 'r-0', lanes: 2, batches: 9, next: 1, phase: 'ask' }), (task) =>
    done({ documents: (task.input as { group: number }).group < 5 ? 3 : 0, asked: 0 }),
  );
  expect(log.map((t) => [t.name, (t.input as { group: number }).group])).toEqual([
    ['askGroup', 1],
    ['askGroup', 3],
    ['askGroup', 5],
  ]);
});

test('run: lanes together cover every batch exactly once', () => {
  const covered: unknown[] = [];
  for (let lane = 0; lane < 4; lane++) {
    const { o, log, drive } = engine();
    drive(runLane(o, { runId: 'r', prefix: 'r-0', lanes: 4, batches: 11, next: lane, isWhole: true }), () => done({}));
    covered.push(...log.map((t) => [t.name, (t.input as { batchId: string }).batchId]));
  }
  expect(covered.sort()).toEqual(Array.from({ length: 11 }, (_, i) => ['workBatch', `b${String(i).padStart(5, '0')}`]));
});

test('run: a lane that began in an earlier version goes on as its history says', () => {
  const { o, log, drive } = engine();
  drive(runLane(o, { runId: 'r', prefix: 'r-0', lanes: 4, batches: 11, next: 2 }), () => null);
  expect(log.map((t) => [t.kind, t.name, t.id])).toEqual([
    ['sub', 'batch', 'r-0-b00002'],
    ['sub', 'batch', 'r-0-b00006'],
    ['sub', 'batch', 'r-0-b00010'],
  ]);
});

test('run: a batch that must wait sleeps on a timer, and its lane goes on with it', () => {
  const { o, log, drive } = engine();
  let asked = 0;
  const input = { runId: 'r', prefix: 'r-0', lanes: 1, batches: 2, next: 0, isWhole: true };
  drive(runLane(o, input), () => (asked++ === 0 ? { kind: 'waiting', retryAt: 1000 } : done({})));
  expect(log.map((t) => t.at ?? (t.input as { batchId: string; attempt: number }))).toEqual([
    expect.objectContaining({ batchId: 'b00000', attempt: 0 }),
    1000,
    expect.objectContaining({ batchId: 'b00000', attempt: 1 }),
    expect.objectContaining({ batchId: 'b00001', attempt: 0 }),
  ]);
});

test('run: a long lane continues as new and goes on with the next batch', () => {
  const { o, log, drive, continued } = engine();
  drive(runLane(o, { runId: 'r', prefix: 'r-0', lanes: 2, batches: 1000, next: 1 }), () => null);
  expect(log).toHaveLength(40);
  expect(continued()).toEqual({ runId: 'r', prefix: 'r-0', lanes: 2, batches: 1000, next: 81 });
});

test('run: a step that must wait sleeps on a timer and is asked again with the next attempt', () => {
  const { o, log, drive } = engine();
  let asked = 0;
  drive(runBatch(o, { runId: 'r', batchId: 'b00000' }), (task) => {
    if (task.name === 'classifyBatch' && asked++ < 2) return { kind: 'waiting', retryAt: 1000 * asked };
    return done({ documents: 1, asked: 1 });
  });
  expect(log.map((t) => t.name ?? `sleep ${t.at}`)).toEqual([
    'extractBatch',
    'featurizeBatch',
    'scoreBatch',
    'classifyBatch',
    'sleep 1000',
    'classifyBatch',
    'sleep 2000',
    'classifyBatch',
    'decideBatch',
  ]);
  expect(log.filter((t) => t.name === 'classifyBatch').map((t) => (t.input as { attempt: number }).attempt)).toEqual([
    0, 1, 2,
  ]);
});

test('run: a step whose process ended under it is done again after 5, 10 and 20 s; the fourth time the batch fails with it', () => {
  const dying = (deaths: number) => {
    const { o, log, drive } = engine();
    let died = 0;
    const run = () =>
      drive(runBatch(o, { runId: 'r', batchId: 'b00000' }), (task) => {
        if (task.kind === 'sleep') return null;
        if (task.name !== 'scoreBatch' || died++ === deaths) return done({ documents: 1, asked: 0 });
        return fail("Activity function 'scoreBatch' failed:  node exited with code 137 (0x89).");
      });
    return { run, log };
  };
  const three = dying(3);
  expect(three.run()).toEqual({ documents: 1, asked: 0 });
  expect(three.log.map((t) => t.name ?? t.at)).toEqual([
    'extractBatch',
    'featurizeBatch',
    'scoreBatch',
    6000,
    'scoreBatch',
    11_000,
    'scoreBatch',
    21_000,
    'scoreBatch',
    'classifyBatch',
    'decideBatch',
  ]);
  const four = dying(4);
  expect(four.run).toThrow('node exited');
  expect(four.log.filter((t) => t.name === 'scoreBatch')).toHaveLength(4);
});

test('run: a batch, and all lanes, are begun again when the process that ran their turn ended; what a step said is final', () => {
  for (const kind of ['sub', 'all'] as const) {
    let died = 0;
    const { o, log, drive } = engine();
    const answer = (task: Task) => {
      if (task.kind === kind && died++ === 0) return fail(`Orchestrator function 'lane' failed: node exited`);
      return task.name === 'planRun' ? done({ batches: 1, lanes: 1 }) : done({});
    };
    if (kind === 'all') drive(runDocuments(o, { runId: 'r' }), answer);
    else drive(runLane(o, { runId: 'r', prefix: 'r-0', lanes: 1, batches: 1, next: 0 }), answer);
    const begun = log.filter((t) => t.kind === kind);
    expect(begun).toHaveLength(2);
    expect(begun[1]).toEqual(begun[0]); // the same ids: what was done is found
  }
});

test('run: of several calls at once one whose process ended makes all be asked again', () => {
  const { o, log, drive } = engine();
  let asked = 0;
  const outcomes = drive(stepAll<Task, number>(o, 'gradientShards', [{ n: 1 }, { n: 2 }]), (task) => {
    if (task.kind === 'sleep') return null;
    return asked++ === 0 ? fail('the worker is gone') : task.tasks?.map(() => done(1));
  });
  expect(outcomes).toEqual([1, 1]);
  expect(log.map((t) => t.tasks?.length ?? t.at)).toEqual([2, 6000, 2]);
});

test('run: a failing batch ends the run with its message and fails the orchestration', () => {
  const { o, log, drive } = engine();
  const run = () =>
    drive(runDocuments(o, { runId: 'r' }), (task) => {
      if (task.name === 'planRun') return done({ batches: 1, lanes: 1 });
      return task.kind === 'all' ? fail('[lake.forbidden] no access') : done({ state: 'failed' });
    });
  expect(run).toThrow('[lake.forbidden] no access');
  expect(log.at(-1)).toMatchObject({ name: 'endRun', input: { message: '[lake.forbidden] no access' } });
});

test('run: a cancelled run ends without failing the orchestration', () => {
  const { o, drive } = engine();
  const result = drive(runDocuments(o, { runId: 'r' }), (task) => {
    if (task.name === 'planRun') return done({ batches: 1, lanes: 1 });
    return task.kind === 'all' ? fail('[run.cancelled] run r was cancelled') : done({ state: 'cancelled' });
  });
  expect(result).toBeNull();
});

test('run: of several calls at once only those that must wait are asked again, and results keep their order', () => {
  const { o, log, drive } = engine();
  let asked = 0;
  const outcomes = drive(stepAll<Task, number>(o, 'gradientShards', [{ n: 1 }, { n: 2 }, { n: 3 }]), (task) => {
    if (task.kind === 'sleep') return null;
    asked++;
    return task.tasks?.map((t) => {
      const { n } = t.input as { n: number };
      return asked === 1 && n !== 2 ? { kind: 'waiting', retryAt: n * 100 } : done(n * 10);
    });
  });
  expect(outcomes).toEqual([10, 20, 30]);
  expect(log.map((t) => (t.kind === 'sleep' ? t.at : t.tasks?.length))).toEqual([3, 300, 2]);
});
