// The uploads of a run's intake window, and where its seam is. What is put into a window, and where an upload goes that comes too late: intake/window.ts.
// Invariants: W1 the seal is written before the markers are listed, and a marker is written before its writer looks for the seal: who finds no seal is on
// the list. W2 the list is written once, by whoever needs it first, and is what the run plans: a marker is in it for ever or not at all.
// W3 a damaged marker, list or seal stops no window: the others are decided, the marker is noted as lost and the sweep (intake/reconcile.ts) claims its
// uploads anew; a list is made anew, at the price that an upload that came late may be decided twice; a seal holds nothing but that it is there.
import pLimit from 'p-limit';
import { intakePaths } from '../paths.ts';
import type { LakeStore, Logger } from '../ports.ts';
import { isCorruptRecord, type RecordCheck } from '../record-json.ts';
import { createJson, type PlannedSource, readJson, writeJson } from './records.ts';

/** A marker: the uploads of a group, or that the group ended before it was written and never will be. Earlier versions wrote a marker for each upload. */
export type IntakeMarker = { uploads: PlannedSource[] } | { void: true } | PlannedSource;

/** `list`: absent in seals of earlier versions, which wrote no list. */
interface Seal {
  sealed: true;
  list?: true;
}

interface MarkerList {
  markers: string[];
}

const PARALLEL_READS = 16;

/** Close a window and read its uploads. Safe to repeat: the seal and the list stay. `logger` is told of damaged markers (W3). */
export async function sealWindow(
  lake: LakeStore,
  windowId: string,
  logger?: Pick<Logger, 'error'>,
): Promise<PlannedSource[]> {
  await createJson(lake, intakePaths.seal(windowId), { sealed: true, list: true } satisfies Seal);
  const limit = pLimit(PARALLEL_READS);
  const read = async (id: string): Promise<IntakeMarker | undefined> => {
    const path = intakePaths.marker(windowId, id);
    const marker = await readMarker(lake, path);
    if (marker !== 'damaged') return marker;
    await createJson(lake, intakePaths.lostMarker(windowId, id), {});
    logger?.error('record.corrupt', { record: path });
    return undefined;
  };
  const markers = await Promise.all((await listedMarkers(lake, windowId)).map((id) => limit(read, id)));
  const sources = markers.flatMap((marker) => (marker === undefined ? [] : uploadsOf(marker)));
  // The same path twice in a window: the file was replaced; the newest content is what will be read.
  return [...new Map(sources.map((source) => [source.path, source])).values()];
}

/** A marker; undefined: absent. */
export function readMarker(lake: LakeStore, path: string): Promise<IntakeMarker | undefined | 'damaged'> {
  return unlessDamaged(readJson<IntakeMarker>(lake, path, isMarker));
}

/** Whether the window's run plans this marker, which is written already. */
export async function isInPlan(lake: LakeStore, windowId: string, markerId: string): Promise<boolean> {
  const seal = await unlessDamaged(readJson<Seal>(lake, intakePaths.seal(windowId), isSeal));
  if (seal !== 'damaged' && seal?.list !== true) return true; // W1; before there were lists a marker that stood was taken as planned
  return (await listedMarkers(lake, windowId)).includes(markerId);
}

export function uploadsOf(marker: IntakeMarker): PlannedSource[] {
  if ('void' in marker) return [];
  return 'uploads' in marker ? marker.uploads : [marker];
}

/** The markers of a sealed window (W2). */
async function listedMarkers(lake: LakeStore, windowId: string): Promise<string[]> {
  const listPath = intakePaths.list(windowId);
  const known = await unlessDamaged(readJson<MarkerList>(lake, listPath, isList));
  if (known !== undefined && known !== 'damaged') return known.markers;
  const markers: string[] = [];
  for await (const { path } of lake.list(intakePaths.window(windowId)))
    markers.push(path.slice(path.lastIndexOf('/') + 1, -'.json'.length));
  if (known === 'damaged')
    await writeJson(lake, listPath, { markers } satisfies MarkerList); // W3
  else if (!(await createJson(lake, listPath, { markers } satisfies MarkerList)))
    return (await readJson<MarkerList>(lake, listPath, isList))?.markers ?? markers; // somebody's list was first
  return markers;
}

async function unlessDamaged<T>(record: Promise<T>): Promise<T | 'damaged'> {
  try {
    return await record;
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return 'damaged';
  }
}

const isSource = (value: unknown): boolean => {
  const { path, etag, sizeBytes } = (value ?? {}) as Record<string, unknown>;
  return typeof path === 'string' && typeof etag === 'string' && typeof sizeBytes === 'number';
};
const isMarker: RecordCheck = (record) =>
  record.void === true || (Array.isArray(record.uploads) ? record.uploads.every(isSource) : isSource(record));
const isSeal: RecordCheck = ({ sealed }) => sealed === true;
const isList: RecordCheck = ({ markers }) => Array.isArray(markers) && markers.every((id) => typeof id === 'string');
