// Colour profiles of a PDF, taken out of the copy that is read for its text. PDFium makes tables of each for every page that uses it, which is half of
// what opening such a page costs, and text asks its colour for one thing: is it seen on its ground. Without its profile a colour space is the plain
// one of as many colours (ISO 32000-1, 8.6.5.5), or its alternate.
// Invariants: P1 only bytes that are a profile for certain are changed, and as many as before. P2 a file is gone through a bounded number of times, a
// large one fewer times. P3 a profile goes only where it shows colours about as the plain space does: one can also be made to hide black text, or to show
// white text to people alone.
import { constants, inflateSync } from 'node:zlib';
import { isPlainProfile, mayBePlain } from './icc-profile.ts';

const MAX_PROFILES = 100;
const MAX_SEARCHED_BYTES = 256 * 1024 * 1024;
const MAX_MENTIONS = 10_000;
/** Objects whose number ends like that of the one looked for. */
const MAX_LOOKS = 1000;
/** An object's dictionary is looked for within so many bytes. */
const MAX_DICTIONARY = 1000;
const REFERENCE = /^ICCBased\s{1,10}(\d{1,10})\s{1,10}(\d{1,5})\s{1,10}R/;
/** Where the signature of a profile stands (ICC.1:2010, 7.2). */
const [SIGNATURE_BYTES, SIGNATURE_AT] = [4, 36];
/** Of a packed profile: enough for its head. */
const HEAD_BYTES = 1024;
/** A larger profile is no plain one. */
const MAX_PROFILE_BYTES = 64 * 1024;

/** @param file  the copy; plain profiles that stand openly in it are made unreadable */
export function dropProfiles(file: Buffer): void {
  for (const name of objectsNamed(file)) {
    const stream = streamOf(file, name);
    const colours = stream === undefined ? undefined : coloursOf(stream.dictionary);
    if (stream === undefined || colours === undefined) continue;
    const { data } = stream;
    const isPacked = file[data] !== 0 || file[data + 1] !== 0; // a profile begins with its size
    const bytes = file.subarray(data, data + MAX_PROFILE_BYTES);
    if (isPacked && !mayBePlain(inflated(bytes.subarray(0, HEAD_BYTES)), colours)) continue;
    if (!isPlainProfile(isPacked ? inflated(bytes) : bytes, colours)) continue;
    const from = isPacked ? data : data + SIGNATURE_AT;
    file.fill(0, from, from + (isPacked ? 2 : SIGNATURE_BYTES));
  }
}

const ALTERNATES: Readonly<Record<string, RegExp>> = {
  1: /\/Alternate\s*\/DeviceGray\b/,
  3: /\/Alternate\s*\/DeviceRGB\b/,
};

/** Of a profile whose space is without it the plain one of as many colours; undefined for others, and where a name may be written in another way. */
function coloursOf(dictionary: string): number | undefined {
  if (/[#%]|\/DecodeParms|\/DP\b/.test(dictionary) || dictionary.match(/\/N\b/g)?.length !== 1) return undefined;
  const number = /\/N\s*(\d+)(?!\d|\s+\d+\s+R)/.exec(dictionary)?.[1] ?? '';
  const alternate = ALTERNATES[number];
  const isPlain = alternate !== undefined && !dictionary.replace(alternate, '').includes('/Alternate');
  return isPlain ? Number(number) : undefined;
}

/** `12 0` for each object that is the profile of a colour space. */
function objectsNamed(file: Buffer): Set<string> {
  const names = new Set<string>();
  const most = Math.min(MAX_PROFILES, Math.floor(MAX_SEARCHED_BYTES / Math.max(1, file.length)));
  let at = 0;
  for (let mentions = 0; mentions < MAX_MENTIONS && names.size < most; mentions++) {
    at = file.indexOf('ICCBased', at + 1);
    if (at < 0) break;
    const found = REFERENCE.exec(file.toString('latin1', at, at + 60));
    if (found !== null) names.add(`${found[1]} ${found[2]}`);
  }
  return names;
}

/** An object's dictionary, and where its data begin; undefined where it is no stream, or there are several of its name. */
function streamOf(file: Buffer, name: string): { dictionary: string; data: number } | undefined {
  const begin = `${name} obj`;
  let only: number | undefined;
  let looks = 0;
  for (let at = file.indexOf(begin); at >= 0; at = file.indexOf(begin, at + 1)) {
    if (++looks > MAX_LOOKS) return undefined;
    if (isDigit(file[at - 1])) continue;
    if (only !== undefined) return undefined;
    only = at + begin.length;
  }
  if (only === undefined) return undefined;
  const head = file.toString('latin1', only, only + MAX_DICTIONARY);
  const found = /^\s*<<([^>]*)>>\s*stream\r?\n/.exec(head);
  return found?.[1] === undefined ? undefined : { dictionary: found[1], data: only + found[0].length };
}

const isDigit = (char: number | undefined) => char !== undefined && char >= 0x30 && char <= 0x39;

function inflated(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_PROFILE_BYTES });
  } catch {
    return Buffer.alloc(0); // packed otherwise, encrypted, large or no profile
  }
}
