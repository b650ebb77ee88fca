// Models out of the registry, for the commands that read or convert them.
import type { App } from '../shared/app.ts';
import type { ModelBundle } from '../shared/models/bundle.ts';

/** A registered model with all its files. */
export async function readBundle(app: App, version: string): Promise<ModelBundle> {
  const { version: _, createdAt: __, artifacts: files, ...description } = await app.registry.manifest(version);
  const artifacts: Record<string, Uint8Array> = {};
  for (const { name } of files) artifacts[name] = await app.registry.artifact(version, name);
  return { description, artifacts };
}
