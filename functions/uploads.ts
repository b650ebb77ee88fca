// Uploads: every document that lands is put into its intake window, whose run starts when the window closes.
import { app } from '@azure/functions';
import df from 'durable-functions';
import { getConfig, getServices } from '../shared/app.ts';
import { takeInUpload } from '../shared/pipeline/uploads.ts';
import { durableRuns } from './durable-runs.ts';

const { LANDING_CONTAINER, UPLOAD_TRIGGER_SOURCE } = getConfig();

app.storageBlob('documentUploaded', {
  path: `${LANDING_CONTAINER}/{name}`,
  connection: 'LAKE',
  source: UPLOAD_TRIGGER_SOURCE === 'EventGrid' ? 'EventGrid' : 'LogsAndContainerScan',
  extraInputs: [df.input.durableClient()],
  handler: async (_content, context) => {
    const path = String(context.triggerMetadata?.blobTrigger ?? '').slice(LANDING_CONTAINER.length + 1);
    await takeInUpload(await getServices(), durableRuns(context), path);
  },
});
