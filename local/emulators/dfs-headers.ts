// Between the DFS endpoint's headers and the Blob client's options.

import type { IncomingHttpHeaders } from 'node:http';
import type { BlobHTTPHeaders, BlobRequestConditions, BlockBlobClient, Metadata } from '@azure/storage-blob';
import { DfsError } from './dfs-errors.ts';

/** Properties of a blob as far as an operation needs them. */
export type BlobState = Awaited<ReturnType<BlockBlobClient['getProperties']>>;

/** ETag and time of a path; placeholders for a folder that has no marker. */
export function versionHeaders(state: {
  etag?: string | undefined;
  lastModified?: Date | undefined;
}): Record<string, string> {
  const etag = state.etag === undefined ? '"0x1"' : state.etag.startsWith('"') ? state.etag : `"${state.etag}"`;
  return { etag, 'last-modified': (state.lastModified ?? new Date(0)).toUTCString() };
}

const text = (value: string | string[] | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

/** Standard conditions and the lease of a request. */
export function conditionsOf(headers: IncomingHttpHeaders, prefix = ''): BlobRequestConditions {
  const ifMatch = text(headers[`${prefix}if-match`]);
  const ifNoneMatch = text(headers[`${prefix}if-none-match`]);
  const modifiedSince = text(headers[`${prefix}if-modified-since`]);
  const unmodifiedSince = text(headers[`${prefix}if-unmodified-since`]);
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(modifiedSince === undefined ? {} : { ifModifiedSince: new Date(modifiedSince) }),
    ...(unmodifiedSince === undefined ? {} : { ifUnmodifiedSince: new Date(unmodifiedSince) }),
    ...(prefix === '' ? leaseOf(headers) : {}),
  };
}

export function leaseOf(headers: IncomingHttpHeaders): { leaseId?: string } {
  const leaseId = text(headers['x-ms-lease-id']);
  return leaseId === undefined ? {} : { leaseId };
}

/** `x-ms-properties: name=base64,name2=base64` */
export function propertiesOf(headers: IncomingHttpHeaders): Metadata {
  const entries = (text(headers['x-ms-properties']) ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    entries.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new DfsError(400, 'InvalidHeaderValue', 'x-ms-properties holds a pair without name.');
      return [pair.slice(0, equals).trim(), Buffer.from(pair.slice(equals + 1), 'base64').toString('utf8')];
    }),
  );
}

export function contentHeaders(headers: IncomingHttpHeaders): BlobHTTPHeaders {
  const named: [keyof BlobHTTPHeaders, string | undefined][] = [
    ['blobContentType', text(headers['x-ms-content-type'])],
    ['blobContentEncoding', text(headers['x-ms-content-encoding'])],
    ['blobContentLanguage', text(headers['x-ms-content-language'])],
    ['blobContentDisposition', text(headers['x-ms-content-disposition'])],
    ['blobCacheControl', text(headers['x-ms-cache-control'])],
  ];
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

export function headersOf(state: BlobState): BlobHTTPHeaders {
  const named: [keyof BlobHTTPHeaders, string | undefined][] = [
    ['blobContentType', state.contentType],
    ['blobContentEncoding', state.contentEncoding],
    ['blobContentLanguage', state.contentLanguage],
    ['blobContentDisposition', state.contentDisposition],
    ['blobCacheControl', state.cacheControl],
  ];
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}
