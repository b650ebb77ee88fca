// Those who wait for the end of an instance.
import { expect, test } from 'vitest';
import { DurableEngine, type EngineDeps } from '../../../local/host/engine.ts';
import { TaskHub } from '../../../local/host/task-hub.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

test('engine: whoever has waited in vain for an instance is forgotten', async () => {
  const clock = new VirtualClock();
  const hub = new TaskHub(':memory:');
  const deps = { hub, clock, core: { functions: new Map() }, log: {}, settings: {}, invoker: {}, outputs: {} };
  const engine = new DurableEngine(deps as unknown as EngineDeps); // `as`: nothing is run here
  const { id } = engine.create('forever', { input: null });
  for (let i = 0; i < 3; i++) {
    const answer = engine.untilEnded(id, 1000);
    expect(engine.waiting).toBe(1);
    expect((await clock.run(answer))?.status).toBe('Pending');
  }
  expect(engine.waiting).toBe(0);

  const answer = engine.untilEnded(id, 60_000);
  engine.terminate(id, 'enough');
  expect((await answer)?.status).toBe('Terminated');
  hub.close();
});
