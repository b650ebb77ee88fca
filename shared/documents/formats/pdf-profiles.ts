// Colour profiles of a PDF, taken out of the copy that is read for its text. PDFium makes tables of each for every page that uses it, which is half of
// what opening such a page costs, and text asks its colour for one thing: is it seen on its ground. Without its profile a colour space is the plain
// one of as many colours (ISO 32000-1, 8.6.5.5), in which white is white too.
// Invariants: P1 only bytes that are a profile for certain are changed, and as many as before. P2 a file is gone through a bounded number of times, a
// large one fewer times.
import { constants, inflateSync } from 'node:zlib';

const MAX_PROFILES = 100;
const MAX_SEARCHED_BYTES = 256 * 1024 * 1024;
const MAX_MENTIONS = 10_000;
/** Objects whose number ends like that of the one looked for. */
const MAX_LOOKS = 1000;
/** An object's dictionary is looked for within so many bytes. */
const MAX_DICTIONARY = 1000;
const REFERENCE = /^ICCBased\s{1,10}(\d{1,10})\s{1,10}(\d{1,5})\s{1,10}R/;
/** Signature of a profile (ICC.1:2010, 7.2). */
const [SIGNATURE, SIGNATURE_AT] = ['acsp', 36];
/** Of a packed profile: enough for its head. */
const HEAD_BYTES = 1024;

/** @param file  the copy; profiles that stand openly in it are made unreadable */
export function dropProfiles(file: Buffer): void {
  for (const name of objectsNamed(file)) {
    const data = streamOf(file, name);
    if (data === undefined) continue;
    const isPacked = file[data] !== 0 || file[data + 1] !== 0; // a profile begins with its size
    const head = isPacked ? inflatedHead(file.subarray(data, data + HEAD_BYTES)) : file.subarray(data);
    if (head.toString('latin1', SIGNATURE_AT, SIGNATURE_AT + SIGNATURE.length) !== SIGNATURE) continue;
    file.fill(0, isPacked ? data : data + SIGNATURE_AT, isPacked ? data + 2 : data + SIGNATURE_AT + SIGNATURE.length);
  }
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

/** Where the data of an object begin; undefined where it is no stream, or there are several of its name. */
function streamOf(file: Buffer, name: string): number | undefined {
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
  const found = /^\s*<<[^>]*>>\s*stream\r?\n/.exec(head);
  return found === null ? undefined : only + found[0].length;
}

const isDigit = (char: number | undefined) => char !== undefined && char >= 0x30 && char <= 0x39;

function inflatedHead(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0); // packed otherwise, encrypted or no profile
  }
}
