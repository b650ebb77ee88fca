// Is the app up, and with what? Answers without touching storage, so that it stays fast under load. With wrong settings it says which (503).
import { app } from '@azure/functions';
import { describeApp } from '../shared/app.ts';

app.http('health', {
  authLevel: 'anonymous',
  route: 'health',
  methods: ['GET'],
  handler: () => {
    const told = describeApp();
    return { status: told.status === 'ok' ? 200 : 503, jsonBody: told };
  },
});
