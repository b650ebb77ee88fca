// Fields of a tar: numbers and names in its headers, and the records of extended headers (PAX).

/** What an extended header says of the entry behind it. */
export interface Pax {
  /** The last of a key counts. */
  values: ReadonlyMap<string, Buffer>;
  /** Offsets and sizes of a file with holes, where each is a record of its own. */
  regions: readonly Buffer[];
  /** What was said of all entries, where this one says nothing. */
  ofAll: Pax | undefined;
}

export const valueIn = (pax: Pax, key: string): Buffer | undefined => pax.values.get(key) ?? pax.ofAll?.values.get(key);

/** Octal, or binary where the first bit says so. NaN where it is neither. */
export function numberAt(bytes: Buffer, at: number, length: number): number {
  const field = bytes.subarray(at, at + length);
  if (field[0] === 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = /^ *\0*([^ ]*)/.exec(field.toString('latin1'))?.[1] ?? '';
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

export function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Each record is its length, a space, a key, an equals sign, a value and a line end. What follows a damaged one is left out. */
export function paxOf(data: Buffer, ofAll?: Pax): Pax {
  const values = new Map<string, Buffer>();
  const regions: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number.parseInt(data.toString('latin1', at, Math.min(space, at + 20)), 10);
    if (!(length > 0)) break;
    const record = data.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    if (equals < 0) break;
    const key = record.toString('utf8', 0, equals);
    const value = record.subarray(equals + 1);
    values.set(key, value);
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') regions.push(value);
    at += length;
  }
  return { values, regions, ofAll };
}
