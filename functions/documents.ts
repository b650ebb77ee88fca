// Privacy requests over HTTP: a document out of the lake, with all that was read and decided.
import { app } from '@azure/functions';
import { documentIdSchema, eraseSchema } from '../shared/api.ts';
import { getApp, whoCalls } from '../shared/app.ts';
import { eraseDocument } from '../shared/pipeline/erase.ts';
import { parseRequest } from '../shared/problem.ts';
import { access, respond } from './http.ts';

app.http('eraseDocument', {
  ...access,
  route: 'documents/{documentId}',
  methods: ['DELETE'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      whoCalls(request.headers.get('x-ms-client-principal'), 'operator');
      const documentId = parseRequest(documentIdSchema, request.params.documentId);
      const { source } = parseRequest(eraseSchema, Object.fromEntries(request.query));
      return { jsonBody: await eraseDocument(await getApp(), documentId, { deleteSource: source === 'delete' }) };
    }),
});
