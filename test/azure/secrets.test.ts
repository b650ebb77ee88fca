import { describe, expect, test } from 'vitest';
import { openSecrets, type SecretSource, Secrets } from '../../shared/azure/secrets.ts';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import type { Clock } from '../../shared/ports.ts';

const status = (statusCode: number) => Object.assign(new Error('https://vault/secrets/x?token=SECRET'), { statusCode });

function vault(values: (string | undefined | Error)[]): { source: SecretSource; reads: () => number } {
  let reads = 0;
  return {
    reads: () => reads,
    source: {
      async getSecret() {
        const value = values[Math.min(reads++, values.length - 1)];
        if (value instanceof Error) throw value;
        return { value };
      },
    },
  };
}

function clockAt(start = 0): Clock & { pass(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    sleep: async () => {},
    pass: (ms) => {
      now += ms;
    },
  };
}

describe('secrets', () => {
  test('a value is read once until it is old, and once for all who ask together', async () => {
    const clock = clockAt();
    const { source, reads } = vault(['a', 'b']);
    const secrets = new Secrets(source, clock, 1000);
    expect(await Promise.all([secrets.get('key'), secrets.get('key'), secrets.get('key')])).toEqual(['a', 'a', 'a']);
    expect(reads()).toBe(1);
    clock.pass(999);
    expect(await secrets.get('key')).toBe('a');
    clock.pass(1);
    expect(await secrets.get('key')).toBe('b');
    expect(reads()).toBe(2);
  });

  test.each([401, 403])('a service that answers %i gets the rotated value, once', async (code) => {
    const { source, reads } = vault(['old', 'new']);
    const secrets = new Secrets(source, clockAt());
    const used: string[] = [];
    const answer = await secrets.use('key', async (value) => {
      used.push(value);
      if (value === 'old') throw status(code);
      return 'ok';
    });
    expect([answer, used, reads()]).toEqual(['ok', ['old', 'new'], 2]);
  });

  test('an unchanged value is not tried again, and other errors pass through unread', async () => {
    const { source, reads } = vault(['same']);
    const secrets = new Secrets(source, clockAt());
    let calls = 0;
    const refuse = async () => {
      calls += 1;
      throw status(401);
    };
    await expect(secrets.use('key', refuse)).rejects.toMatchObject({ statusCode: 401 });
    expect([calls, reads()]).toEqual([1, 2]);
    const broken = new Error('timeout');
    await expect(secrets.use('key', () => Promise.reject(broken))).rejects.toBe(broken);
    expect(reads()).toBe(2);
  });

  test.each([
    [404, 'secret.not-found'],
    [401, 'secret.forbidden'],
    [403, 'secret.forbidden'],
  ])('the vault answers %i: %s, with a remedy and without the vault’s own text', async (code, expected) => {
    const error = await new Secrets(vault([status(code)]).source, clockAt()).get('key').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TerminalError);
    expect(error).toMatchObject({ code: expected });
    expect((error as TerminalError).message).not.toContain('SECRET');
    expect((error as TerminalError).remedy.length).toBeGreaterThan(20);
  });

  test('an outage may pass; a failed read is not remembered', async () => {
    const { source } = vault([status(503), 'value']);
    const secrets = new Secrets(source, clockAt());
    await expect(secrets.get('key')).rejects.toBeInstanceOf(RetryableError);
    expect(await secrets.get('key')).toBe('value');
  });

  test('an empty secret, a vault that does not exist and no vault at all are told apart', async () => {
    const credential = { getToken: async () => null };
    await expect(new Secrets(vault(['']).source, clockAt()).get('k')).rejects.toThrow('has no value');
    await expect(openSecrets(undefined, credential, clockAt()).get('k')).rejects.toThrow('set KEY_VAULT_URI');
    const gone = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    await expect(new Secrets(vault([gone]).source, clockAt()).get('k')).rejects.toThrow('there is no vault');
  });
});
