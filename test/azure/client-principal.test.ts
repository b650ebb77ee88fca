import { describe, expect, test } from 'vitest';
import { readPrincipal, requireRole } from '../../shared/azure/client-principal.ts';
import fc from '../fakes/property.ts';

const header = (roles: readonly string[], more: object = {}): string =>
  Buffer.from(
    JSON.stringify({
      auth_typ: 'aad',
      name_typ: 'preferred_username',
      role_typ: 'roles',
      claims: [
        { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: 'oid-1' },
        { typ: 'preferred_username', val: 'ada@example.com' },
        ...roles.map((val) => ({ typ: 'roles', val })),
      ],
      ...more,
    }),
  ).toString('base64');

const codeOf = (call: () => unknown): unknown => {
  try {
    call();
    return 'allowed';
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

describe('client principal', () => {
  test('a higher role includes the lower ones', () => {
    const allowed = (roles: string[]) =>
      (['reader', 'reviewer', 'operator'] as const).filter(
        (role) => codeOf(() => requireRole('entra', header(roles), role)) === 'allowed',
      );
    expect(allowed(['Sluice.Reader'])).toEqual(['reader']);
    expect(allowed(['Sluice.Reviewer'])).toEqual(['reader', 'reviewer']);
    expect(allowed(['Sluice.Operator'])).toEqual(['reader', 'reviewer', 'operator']);
    expect(allowed(['Sluice.Reader', 'Sluice.Operator'])).toEqual(['reader', 'reviewer', 'operator']);
    expect(allowed([])).toEqual([]);
    expect(allowed(['sluice.operator', 'Other.Operator'])).toEqual([]);
  });

  test('nobody signed in is 401, the wrong role 403', () => {
    expect(codeOf(() => requireRole('entra', null, 'reader'))).toBe('request.unauthenticated');
    expect(codeOf(() => requireRole('entra', 'not base64 json', 'reader'))).toBe('request.unauthenticated');
    expect(codeOf(() => requireRole('entra', header(['Sluice.Reader']), 'operator'))).toBe('request.forbidden');
  });

  test('with function keys the header is not believed: it names nobody', () => {
    expect(requireRole('function-keys', header(['Sluice.Reader']), 'operator')).toMatchObject({ id: 'key' });
    expect(requireRole('function-keys', null, 'operator').roles).toContain('operator');
  });

  test('name and id come from the claims, whatever the claim types are called', () => {
    expect(readPrincipal(header(['Sluice.Reviewer']))).toEqual({
      id: 'oid-1',
      name: 'ada@example.com',
      roles: ['reader', 'reviewer'],
    });
    const app = Buffer.from(
      JSON.stringify({
        role_typ: 'http://role',
        claims: [
          { typ: 'oid', val: 'app-7' },
          { typ: 'http://role', val: 'Sluice.Operator' },
        ],
      }),
    ).toString('base64');
    expect(readPrincipal(app)).toEqual({ id: 'app-7', name: 'app-7', roles: ['reader', 'reviewer', 'operator'] });
  });

  test('without an id there is no caller', () => {
    expect(
      readPrincipal(Buffer.from('{"claims":[{"typ":"roles","val":"Sluice.Operator"}]}').toString('base64')),
    ).toBeUndefined();
  });

  test('any text is read without throwing, and a random one never gains a role', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64')),
        ),
        (text) => {
          expect(readPrincipal(text)?.roles ?? []).toEqual([]);
        },
      ),
    );
    expect(readPrincipal('A'.repeat(70_000))).toBeUndefined();
  });
});
