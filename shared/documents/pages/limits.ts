// Limits of drawing pages. Who asks is a reviewer, what is drawn is hostile: each costs its process at most.
import { defaultExtractLimits, type ExtractLimits } from '../limits.ts';

const MiB = 1024 * 1024;

/** A picture has no more pixels, however long the page. */
export const MAX_PICTURE_PIXELS = 6_000_000;
/** An image with more is not opened: up to 7 bytes each while it is, which keeps a process below 300 MB. */
export const MAX_IMAGE_PIXELS = 24_000_000;
/** Pages of a text that are drawn; a text of more is cut there. */
export const MAX_TEXT_PAGES = 500;
/** Characters of a text that are looked at; more do not fit on those pages. */
export const MAX_TEXT_CHARS = MAX_TEXT_PAGES * 6000;
/** Characters of a page whose boxes are told. */
export const MAX_PAGE_CHARS = 50_000;
/** Requests that may wait for a process; over it they are refused as page.busy. */
export const MAX_WAITING = 64;

/** Of a drawing process, beside what the readers' limits say. */
export const drawingLimits = (limits: Partial<ExtractLimits> = {}): ExtractLimits => ({
  ...defaultExtractLimits,
  ...limits,
  timeoutMs: Math.min(limits.timeoutMs ?? Number.POSITIVE_INFINITY, 20_000),
  archiveTimeoutMs: Math.min(limits.archiveTimeoutMs ?? Number.POSITIVE_INFINITY, 60_000),
  maxMemoryBytes: Math.min(limits.maxMemoryBytes ?? Number.POSITIVE_INFINITY, 512 * MiB),
  recycleAfter: 500,
  recycleMemoryBytes: 200 * MiB,
  idleMs: 60_000,
});
