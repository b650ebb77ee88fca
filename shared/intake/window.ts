// Uploads: which run an upload belongs to.
// Invariants: I1 an upload event (path, etag) is claimed once, however often it is delivered; redeliveries join the claim's run.
// I2 a window takes no marker after its seal, which its run sets when it plans (pipeline/sealed-window.ts): an upload that comes too late moves to
// the next window, so none is lost.
import { sha256Hex } from '../ids.ts';
import { intakePaths } from '../paths.ts';
import { createJson, type PlannedSource, readJson, writeJson } from '../pipeline/records.ts';
import type { Clock, LakeStore } from '../ports.ts';

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

interface Claim {
  windowId: string;
  closesAt: number;
}

// Markers of uploads noticed in the last moments of a window are still being written when it closes.
const GRACE_MS = 1000;

/** Put an upload into its window. Returns the window whose run must exist. */
export async function takeIn(
  lake: LakeStore,
  clock: Clock,
  windowSeconds: number,
  upload: Upload,
): Promise<IntakeWindow> {
  const claimId = sha256Hex(`${upload.path}\0${upload.etag}`);
  const claimPath = intakePaths.claim(claimId);
  let claim: Claim = windowAt(clock.now(), windowSeconds, claimId);
  if (!(await createJson(lake, claimPath, claim))) claim = (await readJson<Claim>(lake, claimPath)) ?? claim;
  for (;;) {
    const marker = intakePaths.marker(claim.windowId, claimId);
    const isFirst = await createJson(lake, marker, upload satisfies PlannedSource);
    const isSealed = (await lake.stat(intakePaths.seal(claim.windowId))) !== undefined;
    if (!isFirst || !isSealed) return claim; // a marker that was there before was there for the plan, or was moved on
    await lake.delete(marker);
    claim = windowAt(Math.max(clock.now(), claim.closesAt), windowSeconds, `${claimId}-${clock.now()}`);
    await writeJson(lake, claimPath, claim);
  }
}

function windowAt(nowMs: number, windowSeconds: number, claimId: string): IntakeWindow {
  if (windowSeconds === 0) return { windowId: sha256Hex(claimId).slice(0, 20), closesAt: nowMs };
  const lengthMs = windowSeconds * 1000;
  const start = Math.floor(nowMs / lengthMs) * lengthMs;
  const windowId = new Date(start).toISOString().replace(/[-:]|\.\d+/g, '');
  return { windowId: `${windowId}-${windowSeconds}s`, closesAt: start + lengthMs + GRACE_MS };
}
