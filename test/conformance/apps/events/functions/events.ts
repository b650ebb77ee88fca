// A blob trigger that hears of blobs by Event Grid. It leaves what it saw as a JSON line in SEEN_LOG.
import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';

app.storageBlob('events', {
  path: 'events/{name}',
  connection: 'STORE',
  source: 'EventGrid',
  handler: async (content, context) => {
    const { name = null, blobTrigger } = context.triggerMetadata ?? {};
    const line = { event: name, blob: blobTrigger, text: (content as Buffer).toString() };
    appendFileSync(process.env.SEEN_LOG ?? '', `${JSON.stringify(line)}\n`);
    if (String(name).startsWith('bad')) throw new Error('cannot read');
  },
});
