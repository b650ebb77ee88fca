// What the Blob trigger hands over: where the file is, not what is in it (deferred binding, `sdkBinding: true`).
// Invariant: R1 the content of an upload never enters the worker through the trigger, whatever its size; the run reads it, with its limits.
import { createRequire } from 'node:module';
import type { ModelBindingData, ResourceFactory, ResourceFactoryResolver } from '@azure/functions-extensions-base';
import { TerminalError } from '../errors.ts';

/** A file of the account as the host names it. */
export interface BlobReference {
  container: string;
  /** Path in the container, decoded. */
  path: string;
}

/**
 * The source that the host's storage extension names in its binding data; their content is JSON with the members Connection, ContainerName and
 * BlobName (class BlobParameterBindingDataContent of Microsoft.Azure.WebJobs.Extensions.Storage.Blobs 5.3.10, content type application/json).
 */
export const BLOB_SOURCE = 'AzureStorageBlobs';

/**
 * Let bindings of blobs with `sdkBinding: true` give BlobReferences.
 * The registry is asked for by `require`: as an ES module the package has no such named export (its typings promise one), and behind its default
 * export lies a second registry, which @azure/functions never looks into.
 */
export function registerBlobReferences(): void {
  const base = createRequire(import.meta.url)('@azure/functions-extensions-base') as {
    ResourceFactoryResolver: { getInstance(): ResourceFactoryResolver };
  };
  const registry = base.ResourceFactoryResolver.getInstance();
  const factory: ResourceFactory = (data) => {
    if (Array.isArray(data)) throw new TerminalError('internal', 'blob binding: one file was expected, not a list');
    return readBlobReference(data);
  };
  if (!registry.hasResourceFactory(BLOB_SOURCE)) registry.registerResourceFactory(BLOB_SOURCE, factory);
}

/** @throws {TerminalError} internal when the host's binding data has another shape */
export function readBlobReference({ content, version }: ModelBindingData): BlobReference {
  const { ContainerName: container, BlobName: path } = parse(content);
  if (typeof container !== 'string' || typeof path !== 'string' || container === '' || path === '')
    throw new TerminalError('internal', `blob binding: data of version ${version} name no container and blob`);
  return { container, path };
}

function parse(content: ModelBindingData['content']): { ContainerName?: unknown; BlobName?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(content ?? '').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // told by the caller
  }
}
