// Names that a listing could give back: Azurite writes them into XML as they are, and one that XML cannot hold makes every listing of its container unreadable.
import type { IncomingMessage } from 'node:http';
import { UNLISTABLE } from '../../shared/ports.ts';
import { DfsError } from './dfs-errors.ts';

/** @throws {DfsError} 400 InvalidResourceName for a write to such a name; what lies there already can be read and deleted */
export function requireListable({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): void {
  if (method !== 'PUT' && method !== 'PATCH') return;
  requireListableName(decoded(url.split('?', 1)[0] ?? ''));
}

/** @throws {DfsError} 400 InvalidResourceName */
export function requireListableName(name: string): void {
  if (UNLISTABLE.test(name)) throw new DfsError(400, 'InvalidResourceName', 'The name holds a control character.');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // no valid name: the service refuses it in its own words
  }
}
