// Is the app up, and with what? Answers without touching storage, so that it stays fast under load.
import { app } from '@azure/functions';
import { describeApp } from '../shared/app.ts';

app.http('health', {
  authLevel: 'anonymous',
  route: 'health',
  methods: ['GET'],
  handler: () => ({ jsonBody: describeApp() }),
});
