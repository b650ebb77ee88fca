// Texts of queue messages over real storage: what a function or a trigger sends arrives as it is.
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/emulators/azurite.ts';
import type { RegisteredFunction } from '../../../local/host/core-api.ts';
import { OutputWriter } from '../../../local/host/outputs.ts';
import { sendText, textOf } from '../../../local/host/queue-text.ts';
import { QueueTrigger, type QueueTriggerDeps } from '../../../local/host/queue-trigger.ts';
import { StorageClients } from '../../../local/host/storage.ts';
import { systemClock } from '../../../shared/ports.ts';

const LINES = 'id,name\r\n1,"Müller & Söhne"\n\n2,<b>日本</b>\n';
let azurite: Azurite;
let storage: StorageClients;
beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  storage = new StorageClients({ AzureWebJobsStorage: azurite.connectionString });
});
afterAll(() => azurite?.close());

/** The texts of a queue as Azurite has them, in the XML of its answer. */
async function rawTexts(name: string): Promise<string> {
  const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
  const { _response } = await queue.peekMessages({ numberOfMessages: 8 });
  return _response.bodyAsText;
}
const inXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;');

test('a text keeps its line ends, and is read as it was sent', async () => {
  const queue = (await storage.queue(undefined)).getQueueClient('texts');
  await queue.create();
  for (const text of [LINES, '\n', 'a\nb', 'a\r\nb\r', ' x ', '&#xA; &amp;']) {
    await sendText(queue, text);
    const [message] = (await queue.receiveMessages()).receivedMessageItems;
    expect(textOf(message!)).toBe(text);
    await queue.deleteMessage(message!.messageId, message!.popReceipt);
  }
  await expect(sendText(queue, 'a\ufffeb')).rejects.toThrow('U+FFFE');
});

test('a queue output that is no base64 is sent with its line ends', async () => {
  const outputs = new OutputWriter(storage, {}, false);
  const fn = { metadata: { bindings: { out: { type: 'queue', direction: 'out', queueName: 'outputs' } } } };
  await outputs.write(
    fn as unknown as RegisteredFunction, // `as`: what the writer reads
    { outputs: [{ name: 'out', data: { string: LINES } }] } as unknown as Parameters<OutputWriter['write']>[1],
    {},
  );
  expect(await rawTexts('outputs')).toContain(`<MessageText>${inXml(LINES)}</MessageText>`);
});

test('a message that fails is tried again and becomes poison with its line ends', async () => {
  const queue = (await storage.queue(undefined)).getQueueClient('inputs');
  await queue.create();
  await sendText(queue, LINES);
  const seen: unknown[] = [];
  const poisoned = Promise.withResolvers<void>();
  const trigger = new QueueTrigger(
    { metadata: { name: 'f' }, trigger: { queueName: 'inputs' } } as unknown as RegisteredFunction, // `as`: what the trigger reads
    {
      storage,
      invoker: {
        invoke: async (_: unknown, { trigger: data }: { trigger: { string: string } }) => {
          seen.push(data.string);
          throw new Error('no');
        },
      },
      outputs: { write: async () => undefined },
      clock: systemClock,
      log: { warn() {}, error: () => poisoned.resolve() },
      settings: {
        batchSize: 1,
        newBatchThreshold: 0,
        maxDequeueCount: 2,
        visibilityMs: 0,
        maxPollingMs: 100,
        base64: false,
      },
      env: {},
    } as unknown as QueueTriggerDeps, // `as`: the parts that the trigger uses
  );
  trigger.start();
  await poisoned.promise;
  await trigger.stop();
  expect(seen).toEqual([LINES, LINES]);
  expect(await rawTexts('inputs-poison')).toContain(`<MessageText>${inXml(LINES)}</MessageText>`);
});
