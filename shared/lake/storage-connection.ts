// Where a storage account is, and how patient a call to it is.
import type { TokenCredential } from '@azure/identity';

/** How to reach the account: emulators by connection string, Azure by identity. */
export type LakeConnection =
  | { kind: 'connection-string'; connectionString: string }
  | { kind: 'identity'; dfsUrl: string; blobUrl: string; credential: TokenCredential };

/** Members of the laptop's connection string that only Sluice knows. */
const OWN_MEMBERS = /(^|;)(?:BlobOnlyEndpoint|TakesPacks)=[^;]*(?=;|$)/g;

/** Does the account take packs of files (../api/file-pack.ts)? The laptop's says so; Azure does not. */
export const takesPacks = (connectionString: string): boolean => /(?:^|;)TakesPacks=true(?:;|$)/.test(connectionString);

/** Where Blob calls go that need no other endpoint: past the DFS part of the laptop's storage. */
export const blobOnlyEndpoint = (connectionString: string): string | undefined =>
  /(?:^|;)BlobOnlyEndpoint=([^;]+)/.exec(connectionString)?.[1];

/** The connection string for other programs: .NET's SDK, and with it the Functions host, refuses one with a member that it does not know. */
export const forOthers = (connectionString: string): string =>
  connectionString.replace(OWN_MEMBERS, '').replace(/^;/, '');

/** How often and how long a call is tried. */
export interface StorageTries {
  /** Until an answer begins, and without a byte of its body, ms. */
  timeoutMs: number;
  count: number;
  /** Wait before the second try, ms; it doubles. */
  firstDelayMs: number;
}

export const DEFAULT_TRY_SECONDS = 30;
