import { expect, test } from 'vitest';
import { emulatorConnectionString } from '../../local/emulators/azurite.ts';
import { blobOnlyEndpoint, forOthers, takesPacks } from '../../shared/lake/storage-connection.ts';

const plain = { key: 'a2V5', blobEndpoint: 'http://127.0.0.1:1/me', queueEndpoint: 'http://127.0.0.1:2/me' };

test("what only Sluice knows of the laptop's storage is read by Sluice and told nobody else", () => {
  const own = emulatorConnectionString({ ...plain, blobOnlyEndpoint: 'http://127.0.0.1:3/me', takesPacks: true });
  expect([takesPacks(own), blobOnlyEndpoint(own)]).toEqual([true, 'http://127.0.0.1:3/me']);
  expect(forOthers(own)).toBe(emulatorConnectionString(plain));
  expect([takesPacks(forOthers(own)), blobOnlyEndpoint(forOthers(own))]).toEqual([false, undefined]);
});

test.each([
  'UseDevelopmentStorage=true',
  'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b==;EndpointSuffix=core.windows.net',
  'AccountName=TakesPacks;BlobEndpoint=https://a/BlobOnlyEndpoint=1;',
])('%s is any other, and stays', (text) => {
  expect([takesPacks(text), blobOnlyEndpoint(text), forOthers(text)]).toEqual([false, undefined, text]);
});

test('they may stand at the beginning and at the end', () => {
  expect(forOthers('TakesPacks=true;AccountName=a')).toBe('AccountName=a');
  expect(forOthers('AccountName=a;BlobOnlyEndpoint=http://b')).toBe('AccountName=a');
});
