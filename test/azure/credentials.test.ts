import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { expect, test } from 'vitest';
import { createCredential } from '../../shared/azure/credentials.ts';

test('credentials: in Azure exactly the user-assigned identity, elsewhere the developer’s sign-in', () => {
  const platform = { IDENTITY_ENDPOINT: 'http://169.254.0.1/token' };
  expect(createCredential('client-id', platform)).toBeInstanceOf(ManagedIdentityCredential);
  expect(createCredential('client-id', {})).toBeInstanceOf(DefaultAzureCredential);
  expect(createCredential(undefined, platform)).toBeInstanceOf(DefaultAzureCredential);
});
