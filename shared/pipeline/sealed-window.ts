// The uploads of a run's intake window, and where its seam is. What is put into a window, and where an upload goes that comes too late: intake/window.ts.
// Invariants: W1 the seal is written before the markers are listed, and a marker is written before its writer looks for the seal: who finds no seal is on
// the list. W2 the list is written once, by whoever needs it first, and is what the run plans: a marker is in it for ever or not at all.
import pLimit from 'p-limit';
import { intakePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { createJson, type PlannedSource, readJson } from './records.ts';

/** A marker: the uploads of a group, or that the group ended before it was written and never will be. Earlier versions wrote a marker for each upload. */
export type IntakeMarker = { uploads: PlannedSource[] } | { void: true } | PlannedSource;

/** `list`: absent in seals of earlier versions, which wrote no list. */
interface Seal {
  sealed: true;
  list?: true;
}

const PARALLEL_READS = 16;

/** Close a window and read its uploads. Safe to repeat: the seal and the list stay. */
export async function sealWindow(lake: LakeStore, windowId: string): Promise<PlannedSource[]> {
  await createJson(lake, intakePaths.seal(windowId), { sealed: true, list: true } satisfies Seal);
  const limit = pLimit(PARALLEL_READS);
  const read = (id: string) => limit(() => readJson<IntakeMarker>(lake, intakePaths.marker(windowId, id)));
  const markers = await Promise.all((await listedMarkers(lake, windowId)).map(read));
  const sources = markers.flatMap((marker) => (marker === undefined ? [] : uploadsOf(marker)));
  // The same path twice in a window: the file was replaced; the newest content is what will be read.
  return [...new Map(sources.map((source) => [source.path, source])).values()];
}

/** Whether the window's run plans this marker, which is written already. */
export async function isInPlan(lake: LakeStore, windowId: string, markerId: string): Promise<boolean> {
  const seal = await readJson<Seal>(lake, intakePaths.seal(windowId));
  if (seal?.list !== true) return true; // W1; before there were lists a marker that stood was taken as planned
  return (await listedMarkers(lake, windowId)).includes(markerId);
}

export function uploadsOf(marker: IntakeMarker): PlannedSource[] {
  if ('void' in marker) return [];
  return 'uploads' in marker ? marker.uploads : [marker];
}

/** The markers of a sealed window (W2). */
async function listedMarkers(lake: LakeStore, windowId: string): Promise<string[]> {
  const listPath = intakePaths.list(windowId);
  const known = await readJson<{ markers: string[] }>(lake, listPath);
  if (known !== undefined) return known.markers;
  const markers: string[] = [];
  for await (const { path } of lake.list(intakePaths.window(windowId)))
    markers.push(path.slice(path.lastIndexOf('/') + 1, -'.json'.length));
  if (await createJson(lake, listPath, { markers })) return markers;
  return (await readJson<{ markers: string[] }>(lake, listPath))?.markers ?? markers; // somebody's list was first
}
