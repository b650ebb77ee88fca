// Which segments the index has: one small file, changed by compare-and-swap.
// Invariants: L1 a segment is listed after its files are stored and before an older one that it replaces is deleted, so a reader finds what the list
// names or looks again. L2 a damaged list is no list: the index is made anew. L3 what is not listed holds nobody's text for longer than a writer takes:
// whoever erases deletes it, and the writer finds its files gone.
import { codeOf, SluiceError } from '../errors.ts';
import { searchPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { isCorruptRecord, parseRecord } from '../record-json.ts';
import type { Segment } from './segment.ts';

/** Another format is another index: words that are folded otherwise are not found. */
const FORMAT = 2;
const MAX_ATTEMPTS = 20;

interface ListFile {
  format: number;
  segments: Segment[];
}

interface Listed {
  segments: Segment[];
  /** Undefined: there is no list yet. */
  etag: string | undefined;
}

export async function readSegments(lake: LakeStore): Promise<Listed> {
  const found = await lake.readIfExists(searchPaths.list);
  if (found === undefined) return { segments: [], etag: undefined };
  try {
    const { format, segments } = parseRecord<ListFile>(found.bytes, searchPaths.list, ({ segments }) =>
      Array.isArray(segments),
    );
    return { segments: format === FORMAT ? segments : [], etag: found.etag };
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return { segments: [], etag: found.etag }; // L2
  }
}

/** Change the list. @param change  gives the new one, or undefined when nothing is to be done any more @returns the list that stands */
export async function changeSegments(
  lake: LakeStore,
  change: (segments: readonly Segment[]) => Segment[] | undefined,
): Promise<Segment[]> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { segments, etag } = await readSegments(lake);
    const changed = change(segments);
    if (changed === undefined) return segments;
    const file: ListFile = { format: FORMAT, segments: changed };
    try {
      await lake.write(
        searchPaths.list,
        JSON.stringify(file),
        etag === undefined ? { ifAbsent: true } : { ifMatch: etag },
      );
      return changed;
    } catch (error) {
      if (codeOf(error) !== 'lake.conflict') throw error;
    }
  }
  throw new SluiceError('lake.conflict', 'the list of the search index kept changing');
}

/** Take segments out and delete them; their documents are indexed again when somebody searches. */
export async function dropSegments(lake: LakeStore, ids: ReadonlySet<string>): Promise<void> {
  if (ids.size === 0) return;
  await changeSegments(lake, (segments) => {
    const kept = segments.filter(({ id }) => !ids.has(id));
    return kept.length === segments.length ? undefined : kept;
  });
  for (const id of ids) await lake.deleteFolder(searchPaths.segment(id));
}
