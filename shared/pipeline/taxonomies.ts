// Taxonomies in the lake: stored under their version, with a pointer to the one in use.
import { TerminalError } from '../errors.ts';
import { currentTaxonomyPath, taxonomyPath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseStoredTaxonomy, parseTaxonomy, type Taxonomy } from '../taxonomy.ts';
import { createJson, readJson, writeJson } from './records.ts';

/** Store a taxonomy document under its version and make it the current one. */
export async function publishTaxonomy(lake: LakeStore, document: unknown): Promise<Taxonomy> {
  const taxonomy = parseTaxonomy(document);
  await createJson(lake, taxonomyPath(taxonomy.version), { name: taxonomy.name, labels: taxonomy.labels });
  await writeJson(lake, currentTaxonomyPath, { version: taxonomy.version });
  return taxonomy;
}

/** The version that uploads and runs without one go by; undefined in a new lake. */
export const currentTaxonomyVersion = async (lake: LakeStore): Promise<string | undefined> =>
  (await readJson<{ version: string }>(lake, currentTaxonomyPath))?.version;

/**
 * A stored taxonomy.
 * @param version  default: the current one
 * @throws {TerminalError} request.invalid when there is none
 */
export async function loadTaxonomy(lake: LakeStore, version?: string): Promise<Taxonomy> {
  const wanted = version ?? (await currentTaxonomyVersion(lake));
  if (wanted === undefined)
    throw new TerminalError(
      'request.invalid',
      'taxonomyVersion: no taxonomy is stored yet; publish one with `sluice taxonomy <file>`',
    );
  const document = /^[a-z0-9-]+$/.test(wanted) ? await readJson<unknown>(lake, taxonomyPath(wanted)) : undefined;
  if (document === undefined) throw new TerminalError('request.invalid', `taxonomyVersion: "${wanted}" is not stored`);
  return parseStoredTaxonomy(document);
}
