// Uploads: which run an upload belongs to.
// Uploads that are noticed together are a group: each has its claim, the group has one marker in the window. A claim names window and group.
// Invariants: I1 an upload event (path, etag) is claimed once, however often it is delivered; redeliveries join the claim's run.
// I2 a window takes no marker after its seal, which its run sets when it plans (pipeline/sealed-window.ts): an upload that comes too late moves to
// the next window, so none is lost. I3 a marker is written once, with all uploads of its group, or voided by somebody who finds a claim without it;
// a claim moves on (compare and swap) only from a marker that is void or not in its window's plan, so no upload is in two plans. I4 a damaged claim or
// marker holds up its own upload only: the claim is made anew, at the price that the upload may be decided twice. I5 after the clock was set back,
// windows that lie ahead may be sealed: an upload that finds several of them so gets one of its own at once, and nobody waits for an end further
// ahead than a window is long.

import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { SluiceError } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import { intakePaths } from '../paths.ts';
import { createJson } from '../pipeline/records.ts';
import { type IntakeMarker, isInPlan, readMarker } from '../pipeline/sealed-window.ts';
import type { Clock, LakeStore } from '../ports.ts';
import { isCorruptRecord, parseRecord } from '../record-json.ts';

export interface Upload {
  path: string;
  etag: string;
  sizeBytes: number;
}

export interface IntakeWindow {
  windowId: string;
  /** When the window's run may plan; epoch ms. */
  closesAt: number;
}

interface Claim extends IntakeWindow {
  /** Name of the marker; absent in claims of earlier versions, whose marker has the claim's own id. */
  group?: string;
}

// Markers of uploads noticed in the last moments of a window are still being written when it closes.
const GRACE_MS = 1000;
/** So long somebody else's claim may be without its marker before it is taken over. */
const PATIENCE_MS = 1000;
const PARALLEL_CLAIMS = 16;
/** Nobody makes longer windows than this or the setting. */
const LONGEST_WINDOW_SECONDS = 60;
const OWN_WINDOW_ROUND = 4;

/** I1 */
export const claimIdOf = ({ path, etag }: Pick<Upload, 'path' | 'etag'>): string => sha256Hex(`${path}\0${etag}`);

/** Put an upload into its window. Returns the window whose run must exist. */
export async function takeIn(
  lake: LakeStore,
  clock: Clock,
  windowSeconds: number,
  upload: Upload,
): Promise<IntakeWindow> {
  const [window] = await takeInGroup(lake, clock, windowSeconds, [upload]);
  return window as IntakeWindow; // `as`: an upload always gets one
}

/**
 * Put uploads that are noticed together into their windows: one call of storage for each, and few for the group.
 * @returns the windows whose runs must exist: one, or more where uploads were claimed before or came too late
 */
export async function takeInGroup(
  lake: LakeStore,
  clock: Clock,
  windowSeconds: number,
  uploads: readonly Upload[],
): Promise<IntakeWindow[]> {
  const open = new Map(uploads.map((upload) => [claimIdOf(upload), upload]));
  const joined = new Map<string, IntakeWindow>();
  const longestMs = Math.max(windowSeconds, LONGEST_WINDOW_SECONDS) * 1000 + GRACE_MS;
  const limit = pLimit(PARALLEL_CLAIMS);
  for (let round = 0; open.size > 0; round++) {
    if (round > 0) await clock.sleep(PATIENCE_MS);
    const group = randomUUID(); // unique for ever, so not from the seeded port
    const mine = new Map<string, { window: IntakeWindow; claimIds: string[] }>();
    const claimOne = async (claimId: string): Promise<void> => {
      const claim = await claimFor(lake, clock, windowSeconds, claimId, group, round);
      if (claim === undefined) return;
      const { windowId, closesAt } = claim;
      if (claim.group === group) {
        const own = mine.get(windowId) ?? { window: { windowId, closesAt }, claimIds: [] };
        own.claimIds.push(claimId);
        mine.set(windowId, own);
      } else {
        joined.set(windowId, { windowId, closesAt: Math.min(closesAt, clock.now() + longestMs) }); // I5
        open.delete(claimId);
      }
    };
    await Promise.all([...open.keys()].map((claimId) => limit(claimOne, claimId)));
    const mark = async ({ window, claimIds }: { window: IntakeWindow; claimIds: string[] }): Promise<void> => {
      const marked = claimIds.map((claimId) => open.get(claimId) as Upload); // `as`: it is open
      const marker = { uploads: marked } satisfies IntakeMarker;
      if (!(await createJson(lake, intakePaths.marker(window.windowId, group), marker))) return; // voided: claim again
      if (!(await isInPlan(lake, window.windowId, group))) return; // too late: the next round moves them on
      joined.set(window.windowId, window);
      for (const claimId of claimIds) open.delete(claimId);
    };
    await Promise.all([...mine.values()].map((own) => limit(mark, own)));
  }
  return [...joined.values()];
}

/**
 * The claim of an upload: a new one of this group, or the one that stands because its marker is planned.
 * @returns undefined while the claim is somebody else's whose marker may still come, and when a race for it was lost
 */
async function claimFor(
  lake: LakeStore,
  clock: Clock,
  windowSeconds: number,
  claimId: string,
  group: string,
  round: number,
): Promise<Claim | undefined> {
  const claimPath = intakePaths.claim(claimId);
  const fresh: Claim = { ...windowAt(clock.now(), windowSeconds, claimId), group };
  if (await createJson(lake, claimPath, fresh)) return fresh;
  const found = await lake.readIfExists(claimPath);
  if (found === undefined) return undefined;
  const held = readableClaim(found.bytes, claimPath);
  if (held === undefined) {
    const anew: Claim = { ...windowAt(clock.now(), windowSeconds, `${claimId}-${group}`), group };
    return (await isSwapped(lake, claimPath, found.etag, anew)) ? anew : undefined; // I4
  }
  const markerId = held.group ?? claimId;
  const markerPath = intakePaths.marker(held.windowId, markerId);
  if (round > 0) await createJson(lake, markerPath, { void: true } satisfies IntakeMarker); // I3
  const marker = await readableMarker(lake, markerPath);
  if (marker === undefined) return undefined;
  const isVoid = 'void' in marker;
  if (!isVoid && (await isInPlan(lake, held.windowId, markerId))) return held;
  const from = Math.max(clock.now(), isVoid ? 0 : held.closesAt);
  const window =
    round < OWN_WINDOW_ROUND ? windowAt(from, windowSeconds, `${claimId}-${group}`) : windowAt(clock.now(), 0, group); // I5
  const next: Claim = { ...window, group };
  return (await isSwapped(lake, claimPath, found.etag, next)) ? next : undefined;
}

/** I4: a damaged marker counts as void. */
async function readableMarker(lake: LakeStore, path: string): Promise<IntakeMarker | undefined> {
  const marker = await readMarker(lake, path);
  return marker === 'damaged' ? { void: true } : marker;
}

/** The window and marker that a claim names, as in the paths of lost markers (intakePaths.lostMarker); undefined: damaged, or gone. */
export async function markerOf(lake: LakeStore, claimId: string): Promise<string | undefined> {
  const path = intakePaths.claim(claimId);
  const found = await lake.readIfExists(path);
  const claim = found === undefined ? undefined : readableClaim(found.bytes, path);
  return claim === undefined ? undefined : `${claim.windowId}/${claim.group ?? claimId}`;
}

/** Undefined: damaged. */
function readableClaim(bytes: Buffer, path: string): Claim | undefined {
  try {
    return parseRecord<Claim>(bytes, path, (claim) => typeof claim.windowId === 'string');
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return undefined;
  }
}

async function isSwapped(lake: LakeStore, path: string, etag: string, claim: Claim): Promise<boolean> {
  try {
    await lake.write(path, JSON.stringify(claim), { ifMatch: etag });
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'lake.conflict') return false;
    throw error;
  }
}

function windowAt(nowMs: number, windowSeconds: number, claimId: string): IntakeWindow {
  if (windowSeconds === 0) return { windowId: sha256Hex(claimId).slice(0, 20), closesAt: nowMs };
  const lengthMs = windowSeconds * 1000;
  const start = Math.floor(nowMs / lengthMs) * lengthMs;
  const windowId = new Date(start).toISOString().replace(/[-:]|\.\d+/g, '');
  return { windowId: `${windowId}-${windowSeconds}s`, closesAt: start + lengthMs + GRACE_MS };
}
