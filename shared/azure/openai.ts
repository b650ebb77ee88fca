// How calls to Azure OpenAI prove who they are: the identity's token, or a key read from Key Vault at run time.
// Invariants: a token is fetched once for all callers that ask at the same time (no stampede on a cold start); a key is never a setting.
import { getBearerTokenProvider, type TokenCredential } from '@azure/identity';
import type { Clock } from '../ports.ts';

/** Scope of both `*.openai.azure.com` and `*.services.ai.azure.com`; older resources want https://cognitiveservices.azure.com/.default. */
export const AZURE_OPENAI_SCOPE = 'https://ai.azure.com/.default';

/**
 * A provider of bearer tokens, for DeploymentConfig.apiKey.
 * The identity needs the role Cognitive Services OpenAI User on the resource.
 */
export function azureOpenAiToken(
  credential: TokenCredential,
  scope: string = AZURE_OPENAI_SCOPE,
): () => Promise<string> {
  return shareConcurrent(getBearerTokenProvider(credential, scope));
}

/** Anything that reads secrets by name, e.g. SecretClient of @azure/keyvault-secrets. */
export interface SecretReader {
  getSecret(name: string): Promise<{ value?: string | undefined }>;
}

const KEY_TTL_MS = 15 * 60_000;

/** A provider of a key kept in Key Vault, read again every quarter of an hour so that a rotated key is noticed. */
export function vaultKey(vault: SecretReader, secretName: string, clock: Clock): () => Promise<string> {
  let known: { value: string; until: number } | undefined;
  return shareConcurrent(async () => {
    if (known !== undefined && clock.now() < known.until) return known.value;
    const { value } = await vault.getSecret(secretName);
    if (value === undefined || value === '') throw new Error(`secret ${secretName} is empty`);
    known = { value, until: clock.now() + KEY_TTL_MS };
    return value;
  });
}

/** One run for all who call while it is under way. */
function shareConcurrent<T>(get: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= get().finally(() => {
      running = undefined;
    });
    return running;
  };
}
