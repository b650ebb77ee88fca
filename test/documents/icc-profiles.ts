// Small colour profiles made in memory for the tests (ICC.1:2010).

const numbers = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 0x10000), i * 4);
  return bytes;
};
const named = (name: string, ...parts: Buffer[]) => Buffer.concat([Buffer.from(`${name}\0\0\0\0`, 'latin1'), ...parts]);

export const xyzTag = (x: number, y: number, z: number) => named('XYZ ', numbers(x, y, z));

/** None: straight; one: gamma, of 8 bits before the point and 8 behind; more: a table. */
export function curveTag(...entries: number[]): Buffer {
  const bytes = Buffer.alloc(4 + entries.length * 2);
  bytes.writeUInt32BE(entries.length);
  for (const [i, entry] of entries.entries()) bytes.writeUInt16BE(entry, 4 + i * 2);
  return named('curv', bytes);
}

export function parametricTag(kind: number, ...parameters: number[]): Buffer {
  return named('para', Buffer.from([0, kind, 0, 0]), numbers(...parameters));
}

export function profileOf(space: 'GRAY' | 'RGB ' | 'CMYK', tags: Record<string, Buffer>, kind = 'mntr'): Buffer {
  const all = Object.entries({ wtpt: xyzTag(0.9642, 1, 0.8249), ...tags });
  const table = Buffer.alloc(4 + all.length * 12);
  table.writeUInt32BE(all.length);
  const bodies: Buffer[] = [];
  let at = 128 + table.length;
  for (const [i, [name, body]] of all.entries()) {
    table.write(name, 4 + i * 12, 'latin1');
    table.writeUInt32BE(at, 8 + i * 12);
    table.writeUInt32BE(body.length, 12 + i * 12);
    bodies.push(body, Buffer.alloc(-body.length & 3));
    at += body.length + (-body.length & 3);
  }
  const head = Buffer.alloc(128);
  head.writeUInt32BE(at);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`${kind}${space}XYZ `, 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  numbers(0.9642, 1, 0.8249).copy(head, 68);
  return Buffer.concat([head, table, ...bodies]);
}

/** Colorants of sRGB. */
export const COLORANTS = {
  rXYZ: xyzTag(0.4361, 0.2225, 0.0139),
  gXYZ: xyzTag(0.3851, 0.7169, 0.0971),
  bXYZ: xyzTag(0.1431, 0.0606, 0.7141),
};

export function rgbProfile(tags: Record<string, Buffer> = {}): Buffer {
  const curve = curveTag(0x0233);
  return profileOf('RGB ', { ...COLORANTS, rTRC: curve, gTRC: curve, bTRC: curve, ...tags });
}
