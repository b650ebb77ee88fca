// Secrets read at run time from Key Vault: cached, read again when they are old or when the service they open refuses them.
// Invariants: V1 a value is never logged and stands in no error. V2 callers who ask at the same time cause one request.
// V3 a refused value is read again at most once per refusal, so a wrong secret does not become a stampede on the vault.
import type { TokenCredential } from '@azure/identity';
import { RetryableError, TerminalError } from '../errors.ts';
import type { Clock } from '../ports.ts';

/** The part of SecretClient that is used. */
export interface SecretSource {
  getSecret(name: string): Promise<{ value?: string | undefined }>;
}

const DEFAULT_TTL_MS = 15 * 60_000;

interface Known {
  value: string;
  until: number;
}

export class Secrets {
  readonly #source: SecretSource;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<string>>();

  /** @param ttlMs  how long a value is used before it is read again */
  constructor(source: SecretSource, clock: Clock, ttlMs: number = DEFAULT_TTL_MS) {
    this.#source = source;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /**
   * The secret's value.
   * @throws {TerminalError} secret.not-found, secret.forbidden
   * @throws {RetryableError} secret.unavailable
   */
  async get(name: string): Promise<string> {
    const known = this.#known.get(name);
    return known !== undefined && this.#clock.now() < known.until ? known.value : await this.#read(name);
  }

  /**
   * Call a service with the secret. When it refuses (`isRefused`) and the vault now holds another value, call once more with that.
   * @returns the answer of the last call
   */
  async use<T>(
    name: string,
    call: (value: string) => Promise<T>,
    isRefused: (error: unknown) => boolean = refusedStatus,
  ): Promise<T> {
    const first = await this.get(name);
    try {
      return await call(first);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const second = await this.#read(name);
      if (second === first) throw error;
      return await call(second);
    }
  }

  #read(name: string): Promise<string> {
    const running = this.#reading.get(name);
    if (running !== undefined) return running;
    const reading = this.#fetch(name).finally(() => this.#reading.delete(name));
    this.#reading.set(name, reading);
    return reading;
  }

  async #fetch(name: string): Promise<string> {
    const { value } = await this.#source.getSecret(name).catch((error: unknown) => {
      throw toSecretError(name, error);
    });
    if (value === undefined || value === '')
      throw new TerminalError('secret.not-found', `secret ${name}: has no value`, { ids: { secret: name } });
    this.#known.set(name, { value, until: this.#clock.now() + this.#ttlMs });
    return value;
  }
}

/** Secrets of a vault; nothing is sent before the first read. @param vaultUri  KEY_VAULT_URI */
export function openSecrets(vaultUri: string | undefined, credential: TokenCredential, clock: Clock): Secrets {
  return new Secrets(vaultUri === undefined ? noVault : vaultSource(vaultUri, credential), clock);
}

const noVault: SecretSource = {
  async getSecret(name) {
    throw new TerminalError('secret.not-found', `secret ${name}: no vault is configured, set KEY_VAULT_URI`, {
      ids: { secret: name },
    });
  },
};

function vaultSource(vaultUri: string, credential: TokenCredential): SecretSource {
  let opening: Promise<SecretSource> | undefined;
  return {
    async getSecret(name) {
      opening ??= import('@azure/keyvault-secrets').then(({ SecretClient }) => new SecretClient(vaultUri, credential));
      return await (await opening).getSecret(name);
    },
  };
}

const statusOf = (error: unknown): number | undefined => {
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown; status?: unknown }; // foreign errors: either name
  return [statusCode, status].find((value): value is number => typeof value === 'number');
};

const refusedStatus = (error: unknown): boolean => [401, 403].includes(statusOf(error) ?? 0);

/** Foreign messages are not repeated: they can hold addresses and tokens. */
function toSecretError(name: string, error: unknown): Error {
  if (error instanceof TerminalError) return error;
  const status = statusOf(error);
  const options = { ids: { secret: name }, cause: error };
  if (status === 404) return new TerminalError('secret.not-found', `secret ${name}: is not in the vault`, options);
  if (status === 401 || status === 403)
    return new TerminalError(
      'secret.forbidden',
      `secret ${name}: the vault refused the identity (HTTP ${status})`,
      options,
    );
  const isMissing = (error as { code?: unknown } | undefined)?.code === 'ENOTFOUND';
  if (isMissing)
    return new TerminalError('secret.not-found', `secret ${name}: there is no vault at KEY_VAULT_URI`, options);
  return new RetryableError(
    'secret.unavailable',
    `secret ${name}: the vault did not answer (${status ?? 'no reply'})`,
    options,
  );
}
