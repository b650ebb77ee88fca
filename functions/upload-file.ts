// Files into the lake over HTTP. What lands in `landing` is then noticed like any other upload.
import { app } from '@azure/functions';
import { uploadTargetSchema } from '../shared/api/insights.ts';

import { parseRequest } from '../shared/api/problem.ts';
import { getServices } from '../shared/app.ts';
import { storeUpload } from '../shared/intake/store-upload.ts';
import { access, respond } from './http.ts';

app.http('uploadFile', {
  ...access,
  route: 'uploads/{container}/{*path}',
  methods: ['PUT'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const { container, path } = request.params; // decoded once, by the host
      const announced = Number(request.headers.get('content-length') ?? Number.NaN);
      const { answer, isNew } = await storeUpload(await getServices(), {
        ...parseRequest(uploadTargetSchema, { container, path: path ?? '' }),
        ifAbsent: request.headers.get('if-none-match') === '*',
        announcedBytes: Number.isFinite(announced) ? announced : null,
        content: request.body ?? noContent(),
      });
      return { status: isNew ? 201 : 200, jsonBody: answer };
    }),
});

async function* noContent(): AsyncGenerator<Uint8Array> {}
