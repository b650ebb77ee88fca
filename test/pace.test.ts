import { expect, test } from 'vitest';
import { Pace, PacedLook } from '../shared/pace.ts';

/** A clock on which sleeping is what makes time pass. */
function sleepingClock() {
  const slept: number[] = [];
  let now = 1_000_000;
  return {
    slept,
    pass: (ms: number) => {
      now += ms;
    },
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        slept.push(ms);
        now += ms;
      },
    },
  };
}

test('pace: without a run nobody waits; beside a run a question is followed by a pause three times as long as it took', async () => {
  const { clock, slept, pass } = sleepingClock();
  const pace = new Pace(clock);
  const question = () => pace.spare(async () => pass(100));
  await question();
  await question();
  expect(slept).toEqual([]);
  await pace.first(async () => {
    await Promise.all([question(), question(), question()]);
  });
  expect(slept).toEqual([300, 300]);
  pass(5000); // the run is over
  await question();
  expect(slept).toHaveLength(2);
});

test('pace: a failed question makes way for the next', async () => {
  const { clock } = sleepingClock();
  const pace = new Pace(clock);
  await pace.first(async () => {
    await expect(pace.spare(() => Promise.reject(new Error('wrong')))).rejects.toThrow('wrong');
    expect(await pace.spare(async () => 'next')).toBe('next');
  });
});

test('pace: a clock that was set back an hour does not hold anybody', async () => {
  const { clock, slept, pass } = sleepingClock();
  const pace = new Pace(clock);
  await pace.first(() => pace.spare(async () => pass(400)));
  pass(-3_600_000);
  expect(pace.isBusy).toBe(false);
  await pace.first(() => pace.spare(async () => 'done'));
  expect(Math.max(...slept)).toBeLessThanOrEqual(1500);
});

test('look: fifty who ask at once share one look, and each is told of a moment after the asking', async () => {
  const { clock } = sleepingClock();
  let state = 0;
  let looks = 0;
  let release = () => {};
  const look = new PacedLook(async () => {
    looks++;
    const seen = state;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return seen;
  }, new Pace(clock));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const first = look.take();
  await settle();
  state = 1; // after the first look has begun
  const others = Array.from({ length: 50 }, () => look.take());
  release();
  expect(await first).toBe(0);
  await settle();
  release();
  expect(new Set(await Promise.all(others))).toEqual(new Set([1]));
  expect(looks).toBe(2);
});

test('look: one that fails is told to those who asked, and the next begins anew', async () => {
  const { clock } = sleepingClock();
  let fails = true;
  const look = new PacedLook(async () => {
    if (fails) throw new Error('away');
    return 'here';
  }, new Pace(clock));
  await expect(Promise.all([look.take(), look.take()])).rejects.toThrow('away');
  fails = false;
  expect(await look.take()).toBe('here');
});
