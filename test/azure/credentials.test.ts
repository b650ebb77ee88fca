import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { expect, test } from 'vitest';
import { openCredential } from '../../shared/azure/credentials.ts';

test('credentials: in Azure exactly the user-assigned identity, elsewhere the developer’s sign-in', async () => {
  const platform = { IDENTITY_ENDPOINT: 'http://169.254.0.1/token' };
  expect(await openCredential('client-id', platform)).toBeInstanceOf(ManagedIdentityCredential);
  expect(await openCredential('client-id', {})).toBeInstanceOf(DefaultAzureCredential);
  expect(await openCredential(undefined, platform)).toBeInstanceOf(DefaultAzureCredential);
});
