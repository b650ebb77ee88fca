// Messages that take long: their lease is renewed, and the receipt by which they are deleted is the last one.
import { afterEach, expect, test, vi } from 'vitest';
import type { RegisteredFunction } from '../../../local/host/core-api.ts';
import { QueueTrigger, type QueueTriggerDeps } from '../../../local/host/queue-trigger.ts';
import { systemClock } from '../../../shared/ports.ts';

afterEach(() => void vi.useRealTimers());

test('queue trigger: a message whose function ends while its lease is being renewed is deleted by the new receipt', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let endFunction: () => void = () => {};
  let endRenewal: (answer: object) => void = () => {};
  let begun: () => void = () => {};
  const atWork = new Promise<void>((resolve) => (begun = resolve));
  const deleted = Promise.withResolvers<string>();
  const message = {
    ...{ messageId: 'm', popReceipt: 'first', messageText: 'text', dequeueCount: 1 },
    ...{ expiresOn: new Date(0), insertedOn: new Date(0), nextVisibleOn: new Date(0) },
  };
  const waiting = [message];
  const queue = {
    receiveMessages: async () => ({ receivedMessageItems: waiting.splice(0) }),
    updateMessage: () => new Promise((resolve) => (endRenewal = resolve)),
    deleteMessage: async (_id: string, receipt: string) => deleted.resolve(receipt),
  };
  const trigger = new QueueTrigger(
    { metadata: { name: 'f' }, trigger: { queueName: 'q' } } as unknown as RegisteredFunction, // `as`: what the trigger reads
    {
      storage: { queue: async () => ({ getQueueClient: () => queue }) },
      invoker: {
        invoke: () => {
          begun();
          return new Promise<void>((resolve) => (endFunction = resolve));
        },
      },
      outputs: { write: async () => undefined },
      clock: systemClock,
      log: { warn() {}, error() {} },
      settings: {
        batchSize: 1,
        newBatchThreshold: 0,
        maxDequeueCount: 5,
        visibilityMs: 0,
        maxPollingMs: 100,
        base64: false,
      },
      env: {},
    } as unknown as QueueTriggerDeps, // `as`: the parts that the trigger uses
  );
  trigger.start();
  await atWork;
  vi.advanceTimersByTime(300_000); // half of the lease
  endFunction();
  await new Promise((resolve) => setTimeout(resolve, 0));
  endRenewal({ popReceipt: 'second' });
  expect(await deleted.promise).toBe('second');
  await trigger.stop();
});
