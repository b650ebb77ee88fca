// The uploads of a run's intake window. What is put into a window, and where an upload goes that comes after the seal: intake/window.ts.
import { intakePaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { createJson, type PlannedSource, readJson } from './records.ts';

/** Close a window and list its uploads. Safe to repeat: the seal stays. */
export async function sealWindow(lake: LakeStore, windowId: string): Promise<PlannedSource[]> {
  await createJson(lake, intakePaths.seal(windowId), { sealed: true });
  const markers: string[] = [];
  for await (const file of lake.list(intakePaths.window(windowId))) markers.push(file.path);
  const sources: PlannedSource[] = [];
  for (let from = 0; from < markers.length; from += 16) {
    const read = await Promise.all(markers.slice(from, from + 16).map((path) => readJson<PlannedSource>(lake, path)));
    sources.push(...read.filter((source) => source !== undefined));
  }
  // The same path twice in a window: the file was replaced; the newest content is what will be read.
  return [...new Map(sources.map((source) => [source.path, source])).values()];
}
