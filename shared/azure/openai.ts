// How calls to Azure OpenAI prove who they are: the identity's token. Keys from Key Vault are secrets.ts.
// Invariants: a token is fetched once for all callers that ask at the same time (no stampede on a cold start).
import type { TokenCredential } from '@azure/identity';

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
  let provider: Promise<() => Promise<string>> | undefined;
  return shareConcurrent(async () => {
    provider ??= import('@azure/identity').then((identity) => identity.getBearerTokenProvider(credential, scope));
    return await (await provider)();
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
