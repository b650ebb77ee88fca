// Who calls the API, when the platform signs callers in (Easy Auth): the x-ms-client-principal header, and the roles the code asks for.
// Invariants: A1 the header is believed only in mode `entra`: without the platform in front anybody could send it. A2 a higher role includes the lower ones.
// A3 in mode `function-keys` the host has checked the key before the code runs; every caller is an operator without a name.
import { TerminalError } from '../errors.ts';

export type AuthMode = 'function-keys' | 'entra';
export type Role = 'reader' | 'reviewer' | 'operator';

/** App role values of the registration, lowest first. */
export const APP_ROLES: readonly { role: Role; value: string }[] = [
  { role: 'reader', value: 'Sluice.Reader' },
  { role: 'reviewer', value: 'Sluice.Reviewer' },
  { role: 'operator', value: 'Sluice.Operator' },
];

export interface Principal {
  /** Object id, or 'key' for callers with a function key. */
  id: string;
  /** What is stored as the reviewer of a decision. */
  name: string;
  roles: readonly Role[];
}

const MAX_HEADER_CHARS = 64 * 1024;
const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

/**
 * The caller, who must have a role.
 * @param header  value of x-ms-client-principal, null when absent
 * @throws {TerminalError} request.unauthenticated, request.forbidden
 */
export function requireRole(mode: AuthMode, header: string | null, role: Role): Principal {
  if (mode === 'function-keys') return { id: 'key', name: 'function key', roles: APP_ROLES.map((one) => one.role) };
  const principal = readPrincipal(header);
  if (principal === undefined) throw new TerminalError('request.unauthenticated', 'the request carries no sign-in');
  if (!principal.roles.includes(role))
    throw new TerminalError(
      'request.forbidden',
      `the role ${role} is needed, the caller has ${principal.roles.join(', ') || 'none'}`,
    );
  return principal;
}

/** Parse the header; undefined when it is absent or not what the platform writes. */
export function readPrincipal(header: string | null): Principal | undefined {
  if (header === null || header.length > MAX_HEADER_CHARS) return undefined;
  const parsed = parseBase64Json(header);
  if (!isObject(parsed) || !Array.isArray(parsed.claims)) return undefined;
  const claims = parsed.claims.flatMap((claim: unknown) =>
    isObject(claim) && typeof claim.typ === 'string' && typeof claim.val === 'string'
      ? [{ typ: claim.typ, val: claim.val }]
      : [],
  );
  const claimed = (...types: (string | undefined)[]) => claims.find(({ typ }) => types.includes(typ))?.val;
  const nameType = typeof parsed.name_typ === 'string' ? parsed.name_typ : undefined;
  const roleType = typeof parsed.role_typ === 'string' ? parsed.role_typ : 'roles';
  const id = claimed(OBJECT_ID, 'oid', 'sub');
  if (id === undefined) return undefined;
  const granted = new Set(claims.filter(({ typ }) => typ === roleType || typ === 'roles').map(({ val }) => val));
  const highest = APP_ROLES.findLastIndex(({ value }) => granted.has(value));
  return {
    id,
    name: claimed(nameType, 'preferred_username', 'name') ?? id,
    roles: APP_ROLES.slice(0, highest + 1).map(({ role }) => role),
  };
}

function parseBase64Json(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return undefined; // not the platform's header: the caller is unknown
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
