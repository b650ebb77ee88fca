// Who the process is towards Azure: the user-assigned identity where there is one, the developer's own sign-in elsewhere.
// Invariant: never a key. In Azure exactly one credential is tried, so a wrong role is an error of that identity and not of the last link of a chain.
import type { TokenCredential } from '@azure/identity';
import { readEnvironment } from '../config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The credential of `openCredential`, loaded when a token is first asked for: the sign-in library is a fifth of what a process loads. */
export function createCredential(clientId: string | undefined, env: Environment = readEnvironment()): TokenCredential {
  let opened: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      opened ??= openCredential(clientId, env);
      return await (await opened).getToken(scopes, options);
    },
  };
}

/**
 * @param clientId  client id of the user-assigned identity (AZURE_CLIENT_ID); undefined where there is none
 * @param env       tells whether the platform offers managed identities (IDENTITY_ENDPOINT)
 */
export async function openCredential(clientId: string | undefined, env: Environment): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  const isInAzure = env.IDENTITY_ENDPOINT !== undefined;
  if (isInAzure && clientId !== undefined) return new ManagedIdentityCredential({ clientId });
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
}
