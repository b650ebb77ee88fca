// Single documents over HTTP: what was read from one, the file it was read from, and the privacy request that takes it out of the lake.
import { eraseSchema } from '../shared/api/decisions.ts';
import { documentTextSchema, pagePictureSchema } from '../shared/api/insights.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { getApp, whoCalls } from '../shared/app.ts';
import { openDocumentPage } from '../shared/insight/document-page.ts';
import { readDocumentSource } from '../shared/insight/document-source.ts';
import { readDocumentText } from '../shared/insight/document-text.ts';
import { eraseDocument } from '../shared/upkeep/erase.ts';
import { access, parameter, queryOf, respond } from './http.ts';
import { app } from './registry.ts';

app.http('eraseDocument', {
  ...access,
  route: 'documents/{documentId}',
  methods: ['DELETE'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      whoCalls(request.headers.get('x-ms-client-principal'), 'operator');
      const documentId = parameter(request, 'documentId');
      const { source } = parseRequest(eraseSchema, queryOf(request));
      return { jsonBody: await eraseDocument(await getApp(), documentId, { deleteSource: source === 'delete' }) };
    }),
});

app.http('documentText', {
  ...access,
  route: 'documents/{documentId}/text',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const documentId = parameter(request, 'documentId');
      const options = parseRequest(documentTextSchema, queryOf(request));
      return {
        headers: { 'cache-control': 'no-store' },
        jsonBody: await readDocumentText(await getApp(), documentId, options),
      };
    }),
});

app.http('documentPage', {
  ...access,
  route: 'documents/{documentId}/pages/{pageFile}',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const documentId = parameter(request, 'documentId');
      const [number, format] = parameter(request, 'pageFile').split('.');
      const { width } = parseRequest(pagePictureSchema, queryOf(request));
      const page = await openDocumentPage(await getApp(), documentId, Number(number));
      if (format === 'json') return { asOf: page.asOf, make: () => page.places() };
      const type = { 'content-type': 'image/png', 'x-content-type-options': 'nosniff' };
      const headers = { ...type, 'content-security-policy': "sandbox; default-src 'none'" };
      return { asOf: page.asOf, headers, make: () => page.picture(width) };
    }),
});

app.http('documentSource', {
  ...access,
  route: 'documents/{documentId}/source',
  methods: ['GET'],
  handler: (request, context) =>
    respond(context, request, 'reviewer', async () => {
      const documentId = parameter(request, 'documentId');
      const { bytes, disposition, isChanged } = await readDocumentSource(await getApp(), documentId);
      return {
        headers: {
          // Whatever somebody uploaded: saved, never shown on our origin.
          'content-type': 'application/octet-stream',
          'content-disposition': disposition,
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'",
          'cache-control': 'no-store',
          ...(isChanged ? { 'x-sluice-source-changed': 'true' } : {}),
        },
        body: bytes,
      };
    }),
});
