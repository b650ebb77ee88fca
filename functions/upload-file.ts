// Files into the lake over HTTP. What lands in `landing` is then noticed like any other upload.

import { getServices } from '../shared/app.ts';
import { storeUpload } from '../shared/intake/store-upload.ts';
import { access, parameter, respond } from './http.ts';
import { app } from './registry.ts';

app.http('uploadFile', {
  ...access,
  route: 'uploads/{container}/{*path}',
  methods: ['PUT'],
  handler: (request, context) =>
    respond(context, request, 'operator', async () => {
      const announced = Number(request.headers.get('content-length') ?? Number.NaN);
      const { answer, isNew } = await storeUpload(await getServices(), {
        container: parameter(request, 'container'),
        path: parameter(request, 'path'),
        ifAbsent: request.headers.get('if-none-match') === '*',
        announcedBytes: Number.isFinite(announced) ? announced : null,
        content: request.body ?? noContent(),
      });
      return { status: isNew ? 201 : 200, jsonBody: answer };
    }),
});

async function* noContent(): AsyncGenerator<Uint8Array> {}
