import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { OpenRequests } from '../../../local/emulators/azurite-ends.ts';

class Response extends EventEmitter {
  writableFinished = false;
  end(isFinished: boolean): void {
    this.writableFinished = isFinished;
    this.emit('close');
  }
}

/** Time passes only while somebody waits; `at` says what happens when. */
function clocked(at: Record<number, () => void> = {}) {
  let now = 0;
  const requests = new OpenRequests(
    () => now,
    async (ms) => {
      now += ms;
      at[now]?.();
    },
  );
  return { requests, now: () => now };
}

test('with nothing under way it closes at once, after what lies unread in a connection', async () => {
  const { requests, now } = clocked();
  const answered = new Response();
  requests.add(answered as never);
  answered.end(true);
  await requests.ended();
  expect(now()).toBe(10);
});

test('what is being answered is waited for', async () => {
  const response = new Response();
  const { requests, now } = clocked({ 500: () => response.end(true) });
  requests.add(response as never);
  await requests.ended();
  expect(now()).toBe(500);
});

test('a request whose caller was killed gets 300 ms from then on: nobody sees its end', async () => {
  const late = new Response();
  const { requests, now } = clocked({ 10: () => requests.add(late as never), 50: () => late.end(false) });
  const cut = new Response();
  requests.add(cut as never);
  cut.end(false);
  await requests.ended();
  expect(now()).toBe(350);
});

test('an answer that does not end keeps it for two seconds', async () => {
  const { requests, now } = clocked();
  requests.add(new Response() as never);
  await requests.ended();
  expect(now()).toBe(2000);
});
