// Models out of the registry, for the commands that read or convert them.
import type { ModelBundle } from '../shared/models/bundle.ts';
import type { ModelRegistry } from '../shared/models/registry.ts';

/** A registered model with all its files. */
export async function readBundle(registry: ModelRegistry, version: string): Promise<ModelBundle> {
  const { version: _, createdAt: __, artifacts: files, ...description } = await registry.manifest(version);
  const artifacts: Record<string, Uint8Array> = {};
  for (const { name } of files) artifacts[name] = await registry.artifact(version, name);
  return { description, artifacts };
}
