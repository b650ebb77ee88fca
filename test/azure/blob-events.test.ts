import { describe, expect, test } from 'vitest';
import { uploadedPath } from '../../shared/azure/blob-events.ts';
import fc from '../fakes/property.ts';

// The shape of Event Grid's storage events (schema version 1).
const event = (path: string, changes: object = {}, data: object = {}) => ({
  topic: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stlake',
  subject: `/blobServices/default/containers/landing/blobs/${path}`,
  eventType: 'Microsoft.Storage.BlobCreated',
  id: 'e1',
  data: {
    api: 'PutBlob',
    contentLength: 5,
    blobType: 'BlockBlob',
    url: `https://stlake.blob.core.windows.net/landing/${path}`,
    ...data,
  },
  dataVersion: '',
  metadataVersion: '1',
  eventTime: '2026-11-23T12:00:00Z',
  ...changes,
});

describe('upload events', () => {
  test('the path is that inside the container, from an object or from text', () => {
    expect(uploadedPath(event('a/b c/d.pdf'), 'landing')).toBe('a/b c/d.pdf');
    expect(uploadedPath(JSON.stringify(event('x.txt')), 'landing')).toBe('x.txt');
  });

  test('only the event after the last byte counts', () => {
    expect(uploadedPath(event('x', {}, { api: 'CreateFile' }), 'landing')).toBeUndefined();
    expect(uploadedPath(event('x', {}, { api: 'FlushWithClose' }), 'landing')).toBe('x');
  });

  test('other containers and other events are nothing to us', () => {
    expect(uploadedPath(event('x'), 'imports')).toBeUndefined();
    expect(uploadedPath(event('x'), 'land')).toBeUndefined();
    expect(uploadedPath(event('x', { eventType: 'Microsoft.Storage.BlobDeleted' }), 'landing')).toBeUndefined();
  });

  test('what is no event goes to the poison queue', () => {
    for (const message of ['', 'hello', '[]', '{}', null, 7, { subject: 'x' }])
      expect(() => uploadedPath(message, 'landing')).toThrow('no Event Grid event');
  });

  test('every path survives', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (path) => uploadedPath(JSON.stringify(event(path)), 'landing') === path),
    );
  });
});
