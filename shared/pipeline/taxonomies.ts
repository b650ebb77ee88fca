// Taxonomies in the lake: stored under their version, with a pointer to the one in use.
import { TerminalError } from '../errors.ts';
import { currentTaxonomyPath, taxonomyPath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { type BrokenRecord, brokenRecord, isCorruptRecord, type RecordCheck } from '../record-json.ts';
import { parseStoredTaxonomy, parseTaxonomy, type Taxonomy, taxonomyDocument } from '../taxonomy.ts';
import { diffTaxonomies, type TaxonomyDiff } from '../taxonomy-diff.ts';
import { createOrMend, readJson, writeJson } from './records.ts';

/** Store a taxonomy document under its version and make it the current one. */
export async function publishTaxonomy(lake: LakeStore, document: unknown): Promise<Taxonomy> {
  const taxonomy = parseTaxonomy(document);
  await createOrMend(lake, taxonomyPath(taxonomy.version), taxonomyDocument(taxonomy), isTaxonomy);
  await writeJson(lake, currentTaxonomyPath, { version: taxonomy.version });
  return taxonomy;
}

/** The version that uploads and runs without one go by; undefined in a new lake. */
export const currentTaxonomyVersion = async (lake: LakeStore): Promise<string | undefined> =>
  (await readJson<{ version: string }>(lake, currentTaxonomyPath))?.version;

/** A stored taxonomy in a line of a list. */
export interface TaxonomyEntry {
  version: string;
  name: string;
  labels: number;
  isCurrent: boolean;
  /** ISO 8601; a version that is published again keeps its first. */
  storedAt: string;
}

export interface TaxonomyList {
  /** The newest first. */
  taxonomies: TaxonomyEntry[];
  /** Versions whose file is damaged; publishing the same labels again mends it. */
  broken: BrokenRecord[];
}

const isTaxonomy: RecordCheck = ({ name, labels }) => typeof name === 'string' && Array.isArray(labels);

/** Every version. */
export async function listTaxonomies(lake: LakeStore): Promise<TaxonomyList> {
  const current = await currentTaxonomyVersion(lake);
  const taxonomies: TaxonomyEntry[] = [];
  const broken: BrokenRecord[] = [];
  for await (const { path, lastModified } of lake.list('taxonomies')) {
    const version = /^taxonomies\/([a-z0-9-]+)\.json$/.exec(path)?.[1];
    if (version === undefined || path === currentTaxonomyPath) continue;
    try {
      const { name, labels } = await loadTaxonomy(lake, version);
      const storedAt = new Date(lastModified).toISOString();
      taxonomies.push({ version, name, labels: labels.length, isCurrent: version === current, storedAt });
    } catch (error) {
      broken.push(brokenRecord(version, error));
    }
  }
  taxonomies.sort((a, b) => b.storedAt.localeCompare(a.storedAt) || a.version.localeCompare(b.version));
  return { taxonomies, broken };
}

/**
 * A stored taxonomy.
 * @param version  default: the current one
 * @throws {TerminalError} request.invalid when there is none, lake.corrupt-record
 */
export async function loadTaxonomy(lake: LakeStore, version?: string): Promise<Taxonomy> {
  const wanted = version ?? (await currentTaxonomyVersion(lake));
  if (wanted === undefined)
    throw new TerminalError(
      'request.invalid',
      'taxonomyVersion: no taxonomy is stored yet; publish one with `sluice taxonomy set <file>`',
    );
  const document = /^[a-z0-9-]+$/.test(wanted)
    ? await readJson<unknown>(lake, taxonomyPath(wanted), isTaxonomy)
    : undefined;
  if (document === undefined) throw new TerminalError('request.invalid', `taxonomyVersion: "${wanted}" is not stored`);
  return parseStoredTaxonomy(document);
}

/** What storing the document would change; null in a lake without labels, or whose labels in use are damaged. @throws {TerminalError} request.invalid */
export async function diffToCurrent(lake: LakeStore, document: unknown): Promise<TaxonomyDiff | null> {
  const wanted = parseTaxonomy(document);
  const version = await currentTaxonomyVersion(lake);
  if (version === undefined) return null;
  try {
    return diffTaxonomies(await loadTaxonomy(lake, version), wanted);
  } catch (error) {
    if (isCorruptRecord(error)) return null;
    throw error;
  }
}
