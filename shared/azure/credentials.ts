// Who the process is towards Azure: the user-assigned identity where there is one, the developer's own sign-in elsewhere.
// Invariant: never a key. In Azure exactly one credential is tried, so a wrong role is an error of that identity and not of the last link of a chain.
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { readEnvironment } from '../config.ts';

/**
 * @param clientId  client id of the user-assigned identity (AZURE_CLIENT_ID); undefined where there is none
 * @param env       tells whether the platform offers managed identities (IDENTITY_ENDPOINT)
 */
export function createCredential(
  clientId: string | undefined,
  env: Readonly<Record<string, string | undefined>> = readEnvironment(),
): TokenCredential {
  const isInAzure = env.IDENTITY_ENDPOINT !== undefined;
  if (isInAzure && clientId !== undefined) return new ManagedIdentityCredential({ clientId });
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
}
