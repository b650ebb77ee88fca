// By which labels a start works: those the user names, else those the lake has, else, in a new lake, the demo's.
// Invariants: L1 a lake that is in use keeps its labels and its champion: nothing is made current or promoted there unless the user names it.
// L2 the demo comes into a new lake, or one that has had nothing but the demo.
import type { App } from '../shared/compose.ts';
import { currentTaxonomyVersion, loadTaxonomy, publishTaxonomy } from '../shared/pipeline/taxonomies.ts';
import type { LakeStore } from '../shared/ports.ts';
import { parseTaxonomy, type Taxonomy } from '../shared/taxonomy.ts';
import { UsageError } from './console.ts';

export interface GivenLabels {
  /** The user names documents; else those of the demo are meant. */
  hasFolder: boolean;
  /** The document of --taxonomy. */
  own: unknown;
  demo: unknown;
}

export interface LakeLabels {
  taxonomy: Taxonomy;
  /** Nothing but the demo has been in this lake. */
  isDemoLake: boolean;
  /** What `own` replaced as the labels of uploads. */
  replaced?: string;
}

/** @throws {UsageError} a lake with models but without labels, where none are named */
export async function labelsOf(
  { lake, registry }: { lake: LakeStore; registry: Pick<App['registry'], 'list'> },
  { hasFolder, own, demo }: GivenLabels,
): Promise<LakeLabels> {
  const current = await currentTaxonomyVersion(lake);
  const demoVersion = parseTaxonomy(demo).version;
  const hasOwnModel = (await registry.list()).some(({ taxonomyVersion }) => taxonomyVersion !== demoVersion);
  const isDemoLake = (current === undefined || current === demoVersion) && !hasOwnModel;
  if (own !== undefined) {
    const taxonomy = await publishTaxonomy(lake, own);
    const isOther = current !== undefined && current !== taxonomy.version;
    return { taxonomy, isDemoLake, ...(isOther ? { replaced: current } : {}) };
  }
  if (current !== undefined) return { taxonomy: await loadTaxonomy(lake, current), isDemoLake };
  if (isDemoLake) return { taxonomy: await publishTaxonomy(lake, demo), isDemoLake };
  throw new UsageError(
    `the lake in this data folder has models of its own and no labels yet: name them with --taxonomy <file>${hasFolder ? '' : ', or start the demo in another folder with --data'}`,
  );
}
