import { createRequire } from 'node:module';
import type { ModelBindingData, ResourceFactoryResolver } from '@azure/functions-extensions-base';
import { expect, test } from 'vitest';
import { BLOB_SOURCE, readBlobReference, registerBlobReferences } from '../../shared/azure/blob-reference.ts';
import fc from '../fakes/property.ts';

const bindingData = (value: unknown): ModelBindingData => ({
  version: '1.0',
  source: BLOB_SOURCE,
  contentType: 'application/json',
  content: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

test('blob reference: the registry in which @azure/functions looks has the factory; registering again is harmless', () => {
  registerBlobReferences();
  registerBlobReferences();
  const functions = createRequire(createRequire(import.meta.url).resolve('@azure/functions'));
  const { ResourceFactoryResolver } = functions('@azure/functions-extensions-base') as {
    ResourceFactoryResolver: { getInstance(): ResourceFactoryResolver };
  };
  const data = bindingData({ Connection: 'LAKE', ContainerName: 'landing', BlobName: 'a/b.pdf' });
  expect(ResourceFactoryResolver.getInstance().createClient(BLOB_SOURCE, data)).toEqual({
    container: 'landing',
    path: 'a/b.pdf',
  });
});

test('blob reference: any name comes back as it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
      expect(readBlobReference(bindingData({ ContainerName: 'landing', BlobName: name }))).toEqual({
        container: 'landing',
        path: name,
      });
    }),
  );
});

test.each(['', 'not json', '[]', 'null', '{"ContainerName":"landing"}', '{"ContainerName":1,"BlobName":"x"}'])(
  'blob reference: data of another shape are refused: %s',
  (text) => {
    expect(() => readBlobReference(bindingData(text))).toThrow('name no container and blob');
  },
);
