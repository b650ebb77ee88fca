// The DFS endpoint of ADLS Gen2 in front of Azurite, which has only the Blob endpoint: one port serves both kinds of call.
// Invariants: D1 Blob calls pass through byte for byte, streamed both ways, with their own signature. D2 DFS calls are verified, then
// done on the Blob API (dfs-operations.ts). D3 bodies are streamed, never held. D4 listens on 127.0.0.1 only, and
// answers no page of another site (../loopback.ts). D5 a write that would leave less than RESERVE_BYTES on the disk gets 507 DiskFull: Azurite answers 500 for
// it, and with no room at all it cannot save its metadata, so what it has taken is lost with it.
// Limits: one account; renaming or deleting a folder is not atomic; ACLs are accepted and not kept; listings may exceed a page's size
// by the folders that exist only as a prefix of blobs.
// Operations: https://learn.microsoft.com/rest/api/storageservices/data-lake-storage-gen2

import { randomUUID } from 'node:crypto';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { answerForeigners } from '../loopback.ts';
import { ACCOUNT, emulatorConnectionString } from './azurite.ts';
import { authenticate, type Caller } from './dfs-auth.ts';
import { DfsError, toDfsError } from './dfs-errors.ts';
import { listPaths } from './dfs-list.ts';
import { type DfsRequest, runOperation } from './dfs-operations.ts';
import { renamePath } from './dfs-rename.ts';
import { requireListable } from './listable.ts';
import { freeBytesOf, Room } from './room.ts';

export interface DfsOptions {
  /** Azurite's blob endpoint, path-style: http://127.0.0.1:10000/devstoreaccount1 */
  blobEndpoint: string;
  /** Default: the emulator account. */
  account?: string;
  key: string;
  /** Default 0: any free port. */
  port?: number;
  /** Azurite's folder; null or absent: it keeps nothing on a disk. */
  folder?: string | null;
  /** Free bytes of the folder's disk; default: asked of the system. */
  freeBytes?: (folder: string) => number;
  /** Passed on into the connection string. */
  queueEndpoint?: string;
  tableEndpoint?: string;
}

export interface DfsShim {
  readonly port: number;
  /** http://127.0.0.1:<port>/<account>; serves DFS and Blob calls. */
  readonly url: string;
  /** BlobEndpoint is the shim: every storage SDK can be given it. BlobOnlyEndpoint spares Blob calls the way through it. */
  readonly connectionString: string;
  close(): Promise<void>;
}

/** Start the shim. Azurite must be up. */
export async function startDfs(options: DfsOptions): Promise<DfsShim> {
  const { folder = null, freeBytes = freeBytesOf } = options;
  const room = folder === null ? undefined : new Room(() => freeBytes(folder));
  const shim = new Shim(options.blobEndpoint, options.account ?? ACCOUNT, options.key, room);
  let closing: Promise<void> | undefined;
  const server = createServer((request, response) => {
    if (closing !== undefined) {
      request.socket.destroy(); // a kept-alive connection that goes on asking
      return;
    }
    if (answerForeigners(request, response)) return;
    shim.active++;
    response.once('close', () => shim.active--);
    void shim.serve(request, response);
  });
  server.requestTimeout = 0; // uploads of hours are fine
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server's address is never a string
  const url = `http://127.0.0.1:${port}/${shim.account}`;
  return {
    port,
    url,
    connectionString: emulatorConnectionString({
      blobEndpoint: url,
      blobOnlyEndpoint: options.blobEndpoint,
      takesPacks: true,
      account: shim.account,
      key: shim.key,
      ...(options.queueEndpoint === undefined ? {} : { queueEndpoint: options.queueEndpoint }),
      ...(options.tableEndpoint === undefined ? {} : { tableEndpoint: options.tableEndpoint }),
    }),
    close: () => {
      closing ??= (async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        // What has begun is finished: a write cut off while Azurite saves its metadata would leave a blob without content.
        for (let waited = 0; shim.active > 0 && waited < DRAIN_MS; waited += DRAIN_STEP_MS) await sleep(DRAIN_STEP_MS);
        server.closeAllConnections();
        shim.agent.destroy();
        await closed;
      })();
      return closing;
    },
  };
}

const DRAIN_MS = 5000;
const DRAIN_STEP_MS = 20;

class Shim {
  /** Requests being answered. */
  active = 0;
  readonly account: string;
  readonly key: string;
  readonly agent = new Agent({ keepAlive: true });
  readonly #room: Room | undefined;
  readonly #upstream: URL;
  readonly #own: BlobServiceClient;

  constructor(blobEndpoint: string, account: string, key: string, room: Room | undefined) {
    this.account = account;
    this.key = key;
    this.#room = room;
    this.#upstream = new URL(blobEndpoint);
    this.#own = new BlobServiceClient(blobEndpoint, new StorageSharedKeyCredential(account, key), NO_RETRIES);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    try {
      requireListable(request);
      this.#room?.require(request); // D5
      if (isDfs(request, url)) await this.#dfs(request, response, url);
      else if (isQueryOrExpiry(url)) throw new DfsError(501, 'NotImplemented', 'The emulator has no query or expiry.');
      else await this.#passThrough(request, response, url);
    } catch (error) {
      respondError(request, response, error);
    }
  }

  async #dfs(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const caller = authenticate(request, url, this.account, this.key);
    const { fileSystem, path } = splitPath(url.pathname, this.account);
    const operation: DfsRequest = {
      method: request.method ?? '',
      query: url.searchParams,
      headers: request.headers,
      body: request,
      path,
      container: this.#clientFor(caller).getContainerClient(fileSystem),
      own: this.#own.getContainerClient(fileSystem),
    };
    const rename = request.method === 'PUT' && request.headers['x-ms-rename-source'] !== undefined;
    const isListing = request.method === 'GET' && url.searchParams.get('resource') === 'filesystem';
    const answer = rename
      ? await renamePath(operation, this.#own, this.account)
      : isListing
        ? await listPaths(operation)
        : await runOperation(operation);
    request.resume(); // a body nobody needed
    const body = answer.json === undefined ? '' : JSON.stringify(answer.json);
    response.writeHead(answer.status, {
      ...serviceHeaders(request),
      ...answer.headers,
      ...(request.method === 'HEAD' ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...(body === '' ? {} : { 'content-type': 'application/json;charset=utf-8' }),
    });
    response.end(body);
  }

  #clientFor(caller: Caller): BlobServiceClient {
    if (caller.kind === 'key') return this.#own;
    return new BlobServiceClient(`${this.#upstream.href}?${caller.token}`, undefined, NO_RETRIES);
  }

  /** D1. The path and the headers stay as signed; Azurite verifies. */
  async #passThrough(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const forward = httpRequest(
        {
          host: this.#upstream.hostname,
          port: this.#upstream.port,
          method: request.method,
          path: request.url,
          headers: request.headers,
          agent: this.agent,
        },
        resolve,
      );
      forward.once('error', reject);
      // A caller that goes away takes its upstream request with it.
      response.once('close', () => forward.destroy());
      request.once('error', (error) => forward.destroy(error));
      request.pipe(forward);
    });
    if (request.method === 'HEAD' && answer.statusCode === 404 && !url.searchParams.has('restype')) {
      answer.resume();
      if (await this.#isImplicitFolder(request, url)) {
        response.writeHead(200, { ...serviceHeaders(request), ...FOLDER_HEADERS });
        response.end();
        return;
      }
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    await pipeline(answer, response);
  }

  /** On an account with hierarchical namespace a file's parents exist; with Azurite they may be only a prefix of its name. */
  async #isImplicitFolder(request: IncomingMessage, url: URL): Promise<boolean> {
    const caller = authenticate(request, url, this.account, this.key);
    const { fileSystem, path } = splitPath(url.pathname, this.account);
    if (fileSystem === '' || path === '') return false;
    const pages = this.#clientFor(caller)
      .getContainerClient(fileSystem)
      .listBlobsFlat({ prefix: `${path}/` })
      .byPage({ maxPageSize: 1 });
    try {
      const page = await pages.next();
      return !page.done && page.value.segment.blobItems.length > 0;
    } catch (error) {
      // No container, or a SAS that may read but not list: the 404 stands.
      if (toDfsError(error).status === 404 || toDfsError(error).status === 403) return false;
      throw error;
    }
  }
}

const NO_RETRIES = { retryOptions: { maxTries: 1 } }; // the caller's SDK is the retry owner
const FOLDER_HEADERS = {
  'content-length': '0',
  'content-type': 'application/octet-stream',
  etag: '"0x1"',
  'last-modified': new Date(0).toUTCString(),
  'x-ms-blob-type': 'BlockBlob',
  'x-ms-meta-hdi_isfolder': 'true',
  'x-ms-resource-type': 'directory',
};

/** The signs by which a DFS call differs from a Blob call on the same URL. */
function isDfs(request: IncomingMessage, url: URL): boolean {
  const query = url.searchParams;
  switch (request.method) {
    case 'PATCH':
      return true;
    case 'PUT':
      return query.has('resource') || request.headers['x-ms-rename-source'] !== undefined;
    case 'GET':
      return query.has('resource');
    case 'HEAD':
      return query.has('action') || query.has('resource');
    case 'DELETE':
      return query.has('paginated') || query.has('recursive') || query.has('resource');
    default:
      return false;
  }
}

function isQueryOrExpiry(url: URL): boolean {
  const comp = url.searchParams.get('comp');
  return comp === 'query' || comp === 'expiry';
}

/**
 * `/account/fs/a%2Fb` → fs, `a/b`. Renames come without the account segment (the SDK drops it), so it is optional.
 * Decoded once: directory clients encode the slash.
 */
export function splitPath(pathname: string, account: string): { fileSystem: string; path: string } {
  const segments = pathname.split('/').slice(1);
  if (segments[0] === account) segments.shift();
  const [fileSystem = '', ...rest] = segments;
  try {
    const path = decodeURIComponent(rest.join('/')).replace(/\/+$/, '');
    return { fileSystem: decodeURIComponent(fileSystem), path };
  } catch {
    throw new DfsError(400, 'InvalidUri', 'The path is not valid percent-encoding.');
  }
}

function serviceHeaders(request: IncomingMessage): Record<string, string> {
  return {
    server: 'Sluice-DFS-emulator',
    'x-ms-request-id': randomUUID(),
    'x-ms-version': String(request.headers['x-ms-version'] ?? '2021-12-02'),
  };
}

function respondError(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  const error = toDfsError(thrown);
  if (response.headersSent || error.code === 'InternalError') {
    // Azurite broke off: a broken connection is what the caller's SDK knows how to retry.
    response.destroy();
    return;
  }
  request.resume();
  const headers = serviceHeaders(request);
  const message = `${error.message}\nRequestId:${headers['x-ms-request-id']}\nTime:${new Date().toISOString()}`;
  const body = request.method === 'HEAD' ? '' : JSON.stringify({ error: { code: error.code, message } });
  response.writeHead(error.status, {
    ...headers,
    'x-ms-error-code': error.code,
    ...(body === '' ? {} : { 'content-type': 'application/json;charset=utf-8' }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
