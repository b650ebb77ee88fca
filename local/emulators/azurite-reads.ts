// Plain reads of small blobs past Azurite's layers: whoever reads a folder's files one by one asks for each of them, and nineteen twentieths of such an
// answer are routers, validators and serializers.
// Invariants: L1 the answer is Azurite's, header by header. What is not plain (a query, a range, a condition, a lease, a tier, blocks, anything that would
// be refused) is left to Azurite. L2 only a request that the account's key has signed is answered.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { PLAIN_PROPERTIES } from './azurite-blob.ts';
import { authenticate } from './dfs-auth.ts';
import { nameOf } from './names.ts';

/** Larger ones are streamed by Azurite. */
const MAX_BYTES = 1024 * 1024;
/** Headers that change nothing of the answer but what it repeats. */
const PLAIN = new Set(
  'host connection accept accept-encoding user-agent x-ms-version x-ms-client-request-id x-ms-date authorization'.split(
    ' ',
  ),
);

interface Blob {
  isCommitted: boolean;
  metadata?: Record<string, string> | undefined;
  blobTags?: unknown;
  committedBlocksInOrder?: unknown[] | undefined;
  persistency?: { id: string; offset: number; count: number } | undefined;
  properties: Record<string, unknown> & {
    creationTime: Date | string;
    lastModified: Date | string;
    etag: string;
    contentLength: number;
    /** None once headers were set without one. */
    contentType?: string | undefined;
    contentMD5?: Uint8Array | undefined;
  };
}

/** Azurite's server of blobs, as far as it is used here. */
interface BlobServer {
  httpServer: Server;
  accountDataStore: { getAccount(name: string): { key1: Buffer } | undefined };
  metadataStore: {
    downloadBlob(context: object, account: string, container: string, blob: string): Promise<Blob>;
  };
  extentStore: {
    metadataStore: { getExtentLocationId(id: string): Promise<string> };
    /** Of extents in files; those in memory have none. */
    generateExtentPath?(location: string, id: string): string;
  };
  afterStart(): Promise<void>;
}

/** Properties of a blob that is as plain as this answers; others would be more headers. */
const KNOWN = new Map<string, unknown>(Object.entries(PLAIN_PROPERTIES));
const ANSWERED = new Set(
  'creationTime lastModified etag contentLength contentType contentMD5 accessTierChangeTime'.split(' '),
);

/** Have Azurite's server of blobs answer plain reads here. @param ofAzurite  require as Azurite's entry file has it */
export function answerPlainReads(ofAzurite: NodeJS.Require): void {
  const { default: server } = ofAzurite('./blob/BlobServer') as { default: { prototype: BlobServer } };
  const { BLOB_API_VERSION, VERSION } = ofAzurite('./blob/utils/constants') as Record<string, string>;
  const { afterStart } = server.prototype;
  server.prototype.afterStart = async function begin(this: BlobServer): Promise<void> {
    await afterStart.call(this);
    const { httpServer } = this;
    const others = httpServer.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    httpServer.removeAllListeners('request');
    httpServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const rest = () => {
        for (const listener of others) listener.call(httpServer, request, response);
      };
      if (!isPlain(request)) rest();
      else
        void plainBlob(this, request, BLOB_API_VERSION ?? '').then((found) => {
          if (found === undefined) return rest();
          response.writeHead(200, ['Server', `Azurite-Blob/${VERSION}`, ...found.headers]);
          response.end(found.bytes);
        }, rest); // what is not there, or may not be read, Azurite says in its own words
    });
  };
}

const isPlain = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && !url.includes('?') && Object.keys(headers).every((name) => PLAIN.has(name));

/** Undefined: not plain (L1). @throws what is wrong with the request */
async function plainBlob(
  { accountDataStore, metadataStore, extentStore }: BlobServer,
  request: IncomingMessage,
  version: string,
): Promise<{ headers: string[]; bytes: Buffer } | undefined> {
  const url = new URL(request.url ?? '', 'http://127.0.0.1');
  if (url.pathname !== request.url) return undefined; // Azurite looks at it as it was sent
  const [, account = '', container = '', ...path] = decodeURIComponent(url.pathname).split('/');
  const name = nameOf(path.join('/'));
  const key = accountDataStore.getAccount(account)?.key1;
  if (key === undefined || container === '' || name === '' || extentStore.generateExtentPath === undefined)
    return undefined;
  authenticate(request, url, account, key.toString('base64')); // L2
  const context = { contextId: '', startTime: new Date() };
  const blob = await metadataStore.downloadBlob(context, account, container, name);
  const { persistency, properties } = blob;
  if (
    !blob.isCommitted ||
    persistency === undefined ||
    persistency.count !== properties.contentLength ||
    persistency.count > MAX_BYTES ||
    properties.contentType === undefined ||
    properties.contentMD5 === undefined ||
    (blob.committedBlocksInOrder ?? []).length > 0 ||
    blob.blobTags !== undefined ||
    !Object.entries(properties).every(([k, v]) => v === undefined || ANSWERED.has(k) || KNOWN.get(k) === v)
  )
    return undefined;
  const headers = headersOf(blob, properties.contentType, request, version);
  if (persistency.count === 0) return { headers, bytes: Buffer.alloc(0) };
  const location = await extentStore.metadataStore.getExtentLocationId(persistency.id);
  const bytes = readPiece(extentStore.generateExtentPath(location, persistency.id), persistency);
  return bytes.byteLength === persistency.count ? { headers, bytes } : undefined;
}

/** At once: a few kilobytes of a file that was written a moment ago cost less than a way through the pool of threads. */
function readPiece(file: string, { offset, count }: { offset: number; count: number }): Buffer {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.allocUnsafe(count);
    return bytes.subarray(0, readSync(fd, bytes, 0, count, offset));
  } finally {
    closeSync(fd);
  }
}

/** In Azurite's order. */
function headersOf(
  { metadata = {}, properties }: Blob,
  contentType: string,
  { headers }: IncomingMessage,
  version: string,
): string[] {
  const at = (time: Date | string) => new Date(time).toUTCString();
  const md5 = Buffer.from(properties.contentMD5 ?? []).toString('base64');
  const client = headers['x-ms-client-request-id'];
  return [
    ...['last-modified', at(properties.lastModified)],
    ...Object.entries(metadata).flatMap(([name, value]) => [`x-ms-meta-${name}`, value]),
    ...['x-ms-creation-time', at(properties.creationTime)],
    ...['content-length', String(properties.contentLength)],
    ...['content-type', contentType],
    ...['etag', properties.etag],
    ...['content-md5', md5],
    ...['x-ms-blob-type', 'BlockBlob'],
    ...['x-ms-lease-state', 'available'],
    ...['x-ms-lease-status', 'unlocked'],
    ...(client === undefined ? [] : ['x-ms-client-request-id', String(client)]),
    ...['x-ms-request-id', randomUUID()],
    ...['x-ms-version', version],
    ...['accept-ranges', 'bytes'],
    ...['date', new Date().toUTCString()],
    ...['x-ms-server-encrypted', 'true'],
    ...['x-ms-blob-content-md5', md5],
  ];
}
