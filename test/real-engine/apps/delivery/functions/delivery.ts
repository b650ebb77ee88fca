// Both ways by which an upload reaches its function, as functions/uploads.ts registers them; each leaves when it was called, and of what, in SEEN_LOG.
import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { type BlobReference, registerBlobReferences } from '../../../../../shared/azure/blob-reference.ts';

function note(path: string): void {
  appendFileSync(process.env.SEEN_LOG ?? '', `${JSON.stringify({ path, at: Date.now() })}\n`);
  if (path.includes('fails')) throw new Error('as asked');
}

if (process.env.DELIVERY === 'queue')
  app.storageQueue('uploadEvents', {
    queueName: 'landing-events',
    connection: 'LAKE',
    handler: async (message) => note(String((message as { subject: string }).subject.split('/blobs/')[1])),
  });
else {
  registerBlobReferences();
  app.storageBlob<BlobReference>('documentUploaded', {
    path: 'landing/{name}',
    connection: 'LAKE',
    source: 'EventGrid',
    sdkBinding: true,
    handler: async ({ path }) => note(path),
  });
}
