import { describe, expect, test } from 'vitest';
import { isRetryDue, planAsk } from '../../../../dashboard/src/views/review/plan-ask.ts';
import { emptyQueue, type Queue, type Waiting } from '../../../../dashboard/src/views/review/queue.ts';

const NOW = Date.parse('2026-05-04T10:00:00Z');
const LONG_AGO = NOW - 3_600_000;
const waiting = (leaseSeconds = 600, isBroughtBack = false) =>
  ({ isBroughtBack, leasedUntil: new Date(NOW + leaseSeconds * 1000).toISOString() }) as Waiting; // what the plan reads
const queueOf = (items: Waiting[], more: Partial<Queue> = {}): Queue => ({ ...emptyQueue, items, ...more });

describe('review queue: asking', () => {
  test('an empty queue is asked for at once', () => {
    expect(planAsk(emptyQueue, NOW, 0)).toBe(8);
  });

  test('three behind the one in focus are enough, two are not', () => {
    const five = [1, 2, 3, 4, 5].map(() => waiting());
    expect(planAsk(queueOf(five, { at: 1 }), NOW, LONG_AGO)).toBeUndefined();
    expect(planAsk(queueOf(five, { at: 2 }), NOW, LONG_AGO)).toBe(13);
  });

  test('makes room for documents whose decisions are still on the way', () => {
    const onTheWay = { sending: ['a', 'b'], held: {} as Queue['held'], unsent: [{}] as unknown as Queue['unsent'] };
    expect(planAsk(queueOf([waiting()], onTheWay), NOW, LONG_AGO)).toBe(13);
  });

  test('never two at a time, never more than the route gives', () => {
    expect(planAsk(queueOf([], { isAsking: true }), NOW, 0)).toBeUndefined();
    const many = Array.from({ length: 60 }, () => waiting());
    expect(planAsk(queueOf(many, { at: 59 }), NOW, LONG_AGO)).toBe(50);
  });

  test('where nothing more waits, asks every twenty seconds', () => {
    const queue = queueOf([], { isExhausted: true });
    expect(planAsk(queue, NOW, NOW - 19_999)).toBeUndefined();
    expect(planAsk(queue, NOW, NOW - 20_000)).toBe(8);
  });

  test('renews leases a minute and a half before they end, not those of documents brought back', () => {
    const full = (last: Waiting) => queueOf([waiting(), waiting(), waiting(), last]);
    expect(planAsk(full(waiting(91)), NOW, LONG_AGO)).toBeUndefined();
    expect(planAsk(full(waiting(89)), NOW, LONG_AGO)).toBe(12);
    expect(planAsk(full(waiting(89)), NOW, NOW - 10_000)).toBeUndefined();
    expect(planAsk(full(waiting(-5, true)), NOW, LONG_AGO)).toBeUndefined();
  });
});

test('what could not be sent goes again after fifteen seconds, at once when the network is back, and never while something is on its way', () => {
  const unsent = [{}] as unknown as Queue['unsent'];
  expect(isRetryDue(queueOf([], { unsent }), NOW, NOW - 14_999)).toBe(false);
  expect(isRetryDue(queueOf([], { unsent }), NOW, NOW - 15_000)).toBe(true);
  expect(isRetryDue(queueOf([], { unsent }), NOW, 0)).toBe(true);
  expect(isRetryDue(queueOf([], { unsent, sending: ['a'] }), NOW, 0)).toBe(false);
  expect(isRetryDue(queueOf([]), NOW, 0)).toBe(false);
});
