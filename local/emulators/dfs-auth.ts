// Who may do what at the DFS shim: shared keys are verified here, SAS tokens are handed to Azurite, which enforces them.
// Invariant: no request of the DFS kind runs without one of the two.
// String to sign: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { DfsError } from './dfs-errors.ts';

/** Query keys that make up a SAS token. */
const SAS_KEYS = new Set(
  'sv ss srt st se sp spr sip sig sr si sdd saoid suoid scid skoid sktid skt ske sks skv skdutid ses rscc rscd rsce rscl rsct'.split(
    ' ',
  ),
);

/** How Azurite is to be called for a request: with the account key, or with the caller's SAS token. */
export type Caller = { kind: 'key' } | { kind: 'sas'; token: string };

/**
 * Decide the caller of a DFS request.
 * @param url   the request's URL as sent; its pathname is what was signed
 * @throws {DfsError} AuthenticationFailed (403) for a wrong key, NoAuthenticationInformation (401) for none at all
 */
export function authenticate(request: IncomingMessage, url: URL, account: string, key: string): Caller {
  const token = sasToken(url.searchParams);
  if (token !== '') return { kind: 'sas', token };
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new DfsError(401, 'NoAuthenticationInformation', 'Server failed to authenticate the request.');
  }
  const expected = `SharedKey ${account}:${sign(request, url, account, key)}`;
  const [a, b] = [Buffer.from(header), Buffer.from(expected)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw new DfsError(
      403,
      'AuthenticationFailed',
      'Server failed to authenticate the request. Check the account key.',
    );
  }
  return { kind: 'key' };
}

/** The SAS part of a query, encoded; empty when there is no signature. */
export function sasToken(query: URLSearchParams): string {
  if (!query.has('sig')) return '';
  return new URLSearchParams([...query].filter(([name]) => SAS_KEYS.has(name))).toString();
}

function sign(request: IncomingMessage, url: URL, account: string, key: string): string {
  const header = (name: string) => String(request.headers[name] ?? '');
  const length = header('content-length');
  const lines = [
    request.method ?? '',
    header('content-encoding'),
    header('content-language'),
    length === '0' ? '' : length,
    header('content-md5'),
    header('content-type'),
    '', // Date: x-ms-date is signed with the other x-ms- headers
    header('if-modified-since'),
    header('if-match'),
    header('if-none-match'),
    header('if-unmodified-since'),
    header('range'),
  ];
  const custom = Object.entries(request.headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${String(value).trim()}`);
  // Path-style: the pathname starts with the account, so it appears twice.
  const query = [...url.searchParams]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`)
    .join('');
  const text = [...lines, ...custom, `/${account}${url.pathname}${query}`].join('\n');
  return createHmac('sha256', secretOf(key)).update(text, 'utf8').digest('base64');
}

/** Bytes cost more than a key object: they are looked at anew in each call. */
function secretOf(key: string): KeyObject {
  if (known?.key !== key) known = { key, secret: createSecretKey(key, 'base64') };
  return known.secret;
}

let known: { key: string; secret: KeyObject } | undefined;
