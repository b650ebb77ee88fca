// The key of an item in paths, and its place among the items of its drive: keys are hashes, so items spread evenly over whatever divides them.
import { sha256Hex } from '../ids.ts';

/** Key of an item in paths: ids of the service hold characters that paths do not. */
export const itemKeyOf = (driveId: string, itemId: string): string => sha256Hex(`${driveId}\0${itemId}`).slice(0, 40);

/** A round goes through a drive unit by unit: every item is in one of so many. */
export const UNITS = 1024;

/** @param bits  2^bits equal parts. @returns the one that a key is in, 0 .. 2^bits - 1 */
export const partOf = (key: string, bits: number): number =>
  bits === 0 ? 0 : Number.parseInt(key.slice(0, 8), 16) >>> (32 - bits);

export const UNIT_BITS = Math.log2(UNITS);
