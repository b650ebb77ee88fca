// Uploads: every document that lands is put into its intake window, whose run starts when the window closes.
import type { InvocationContext } from '@azure/functions';
import df from 'durable-functions';
import { type BlobReference, configIfValid, getServices, registerBlobReferences, uploadedPath } from '../shared/app.ts';
import { takeInUpload } from '../shared/intake/uploads.ts';
import { durableRuns } from './durable-runs.ts';
import { app } from './registry.ts';

const { LANDING_CONTAINER = '', UPLOAD_TRIGGER_SOURCE } = configIfValid() ?? {}; // without a configuration nothing is registered
const extraInputs = [df.input.durableClient()];

const takeIn = async (path: string, context: InvocationContext): Promise<void> =>
  takeInUpload(await getServices(), durableRuns(context), path);

if (UPLOAD_TRIGGER_SOURCE === 'StorageQueue')
  app.storageQueue('uploadEvents', {
    queueName: 'landing-events',
    connection: 'LAKE',
    extraInputs,
    handler: async (message, context) => {
      const path = uploadedPath(message, LANDING_CONTAINER);
      if (path !== undefined) await takeIn(path, context);
    },
  });
else {
  registerBlobReferences();
  app.storageBlob<BlobReference>('documentUploaded', {
    path: `${LANDING_CONTAINER}/{name}`,
    connection: 'LAKE',
    source: UPLOAD_TRIGGER_SOURCE === 'EventGrid' ? 'EventGrid' : 'LogsAndContainerScan',
    sdkBinding: true, // a reference: the content of an upload stays where it is
    extraInputs,
    handler: ({ path }, context) => takeIn(path, context),
  });
}
