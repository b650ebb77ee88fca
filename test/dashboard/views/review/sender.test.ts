import { expect, test } from 'vitest';
import type { Decision } from '../../../../dashboard/src/views/review/queue.ts';
import { createSender } from '../../../../dashboard/src/views/review/sender.ts';
import type { BatchDecision } from '../../../../shared/api/answers.ts';

const decision = (id: string, note = '') => ({ item: { documentId: id }, label: 'Rent', note }) as Decision; // all that is sent
const answerTo = (id: string, part: Partial<BatchDecision> = {}): BatchDecision => ({
  ...{ documentId: id, label: 'Rent', state: 'decided', previousLabel: null, code: null, message: null },
  ...part,
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A transport whose requests wait until they are answered. */
function desk() {
  const requests: string[] = [];
  const open: (() => void)[] = [];
  const told: string[] = [];
  let refused: Partial<BatchDecision> = {};
  const answered = () => new Promise<void>((resolve) => open.push(resolve));
  const idsOf = (decisions: readonly Decision[]) => decisions.map(({ item }) => item.documentId).join('+');
  const sender = createSender(
    {
      async one(one, keepalive) {
        requests.push(`${idsOf([one])}${keepalive ? '!' : ''}`);
        await answered();
      },
      async many(decisions, keepalive) {
        requests.push(`${idsOf(decisions)}${keepalive ? '!' : ''}`);
        await answered();
        return decisions.map(({ item }, at) => answerTo(item.documentId, at === 0 ? refused : {}));
      },
    },
    {
      stored: ({ item }) => told.push(item.documentId),
      failed: ({ item }, error) => told.push(`${item.documentId}: ${(error as { status: number }).status}`),
    },
  );
  return {
    sender,
    requests,
    told,
    refuseFirst: (code: string) => {
      refused = { state: 'refused', code, message: 'no' };
    },
    async answer() {
      open.shift()?.();
      await turn();
    },
  };
}

test('sending decisions: one request at a time, and what was decided meanwhile goes together in the next', async () => {
  const { sender, requests, told, answer } = desk();
  sender.add(decision('a'));
  await turn();
  for (const id of ['b', 'c', 'd']) sender.add(decision(id));
  await turn();
  expect(requests).toEqual(['a!']); // under way it outlives the page
  await answer();
  expect(requests).toEqual(['a!', 'b+c+d!']);
  await answer();
  expect(told).toEqual(['a', 'b', 'c', 'd']);
});

test('sending decisions: a window that closes leaves none behind, whatever the request under way becomes', async () => {
  const { sender, requests, answer } = desk();
  sender.add(decision('a'));
  await turn();
  for (const id of ['b', 'c']) sender.add(decision(id));
  sender.close();
  expect(requests).toEqual(['a!', 'b+c!']);
  await answer();
  await answer();
  await turn();
  expect(requests).toHaveLength(2);
});

test('sending decisions: what a batch refuses is told as the route for one would have', async () => {
  const { sender, told, refuseFirst, answer } = desk();
  refuseFirst('lake.conflict');
  sender.add(decision('a'));
  sender.add(decision('b'));
  await turn();
  await answer();
  expect(told).toEqual(['a: 409', 'b']);
});

test('sending decisions: what may not outlive the page waits its turn, unanswered until then; nothing is sent twice', async () => {
  const { sender, requests, told, answer } = desk();
  const long = 'x'.repeat(2000);
  const ids = Array.from({ length: 20 }, (_, n) => `d${n}`);
  for (const id of ids) sender.add(decision(id, long));
  sender.close(); // eight of them fit 48 KiB at three bytes a character
  expect(requests).toHaveLength(1);
  const first = requests[0]?.split('+') ?? [];
  expect(first.length).toBeGreaterThan(4);
  expect(first.length).toBeLessThan(10);
  expect(sender.unanswered()).toHaveLength(20);
  await turn();
  expect(requests).toHaveLength(2); // the page lives: the rest follows, without outliving it
  expect(requests[1]).toMatch(/^d\d+(\+d\d+)*$/);
  await answer();
  await answer();
  expect(sender.unanswered()).toEqual([]);
  expect([...told].sort()).toEqual([...ids].sort());
});
