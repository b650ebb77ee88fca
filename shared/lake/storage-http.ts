// The HTTP client under every call to storage: no try waits for ever, and a body that stops is an error that may be tried again.
// Invariants: P1 a try that is not answered in time ends with ETIMEDOUT, which the SDK's retry policy repeats (its own `tryTimeoutInMs` is a wish
// to the server only). P2 a body that breaks off or stands still ends with an error that is not an AbortError: the SDK resumes it where it stopped.
import { pipeline, Transform } from 'node:stream';
import { type RequestPolicy, toHttpHeadersLike } from '@azure/core-http-compat';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type PipelineRequest,
  RestError,
} from '@azure/core-rest-pipeline';

/** Bodies get time for their length on top: a slow line is no dead one. */
const LEAST_UPLOAD_BYTES_PER_SECOND = 100_000;

/** The client as the Blob and DFS packages take it: in the words of the SDK's first generation. */
export function blobHttpClient(tryTimeoutMs: number): RequestPolicy {
  const client = storageHttpClient(tryTimeoutMs);
  return {
    async sendRequest(request) {
      const { keepAlive, headers, ...same } = request;
      const response = await client.sendRequest(
        createPipelineRequest({
          ...same,
          headers: createHttpHeaders(headers.toJson({ preserveCase: true })),
          disableKeepAlive: keepAlive === true, // the name says the opposite of what the SDK puts into it
          allowInsecureConnection: true, // emulators speak http on the loopback; Azure accounts refuse it
        }),
      );
      // The request must be the one that came in: the SDK finds the operation by it.
      return { ...response, request, headers: toHttpHeadersLike(response.headers) };
    },
  };
}

/** @param tryTimeoutMs  until the answer begins, and without a byte of its body */
export function storageHttpClient(tryTimeoutMs: number): HttpClient {
  const inner = createDefaultHttpClient();
  return {
    async sendRequest(request) {
      const controller = new AbortController();
      const given = request.abortSignal;
      given?.addEventListener('abort', () => controller.abort());
      const limitMs = tryTimeoutMs + (1000 * bytesOf(request)) / LEAST_UPLOAD_BYTES_PER_SECOND;
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        controller.abort();
      }, limitMs);
      request.abortSignal = controller.signal;
      try {
        const response = await inner.sendRequest(request);
        const { readableStreamBody: body } = response;
        return body === undefined ? response : { ...response, readableStreamBody: watched(body, tryTimeoutMs) };
      } catch (error) {
        if (!isLate) throw error;
        throw new RestError(`no answer within ${Math.round(limitMs / 1000)} s`, { code: 'ETIMEDOUT', request });
      } finally {
        clearTimeout(timer);
        if (given === undefined) delete request.abortSignal;
        else request.abortSignal = given;
      }
    },
  };
}

function bytesOf({ body, headers }: PipelineRequest): number {
  if (typeof body === 'string') return body.length;
  return (body as { byteLength?: number } | undefined)?.byteLength ?? Number(headers.get('content-length') ?? 0); // a stream tells its length there
}

/** P2. */
function watched(body: NodeJS.ReadableStream, idleMs: number): NodeJS.ReadableStream {
  const out = new Transform({
    transform(chunk, _encoding, done) {
      timer.refresh();
      done(null, chunk);
    },
  });
  const timer = setTimeout(() => {
    if (out.readableLength > 0)
      timer.refresh(); // nobody reads: it is not the sender who waits
    else out.destroy(broken(`no byte within ${Math.round(idleMs / 1000)} s`, 'ETIMEDOUT'));
  }, idleMs);
  pipeline(body, out, (error) => {
    clearTimeout(timer);
    if (error && !out.destroyed) out.destroy(broken(error.message, 'ECONNRESET'));
  });
  return out;
}

const broken = (message: string, code: string): Error => Object.assign(new Error(message), { code });
