// Tars made in memory for the tests, of any headers.

export interface TarPart {
  name: string | Buffer;
  content?: string | Buffer;
  /** The letter of its kind. */
  type?: string;
  prefix?: string;
  /** Of six or eight letters. */
  magic?: string;
  /** The field as it is; the length of the content where there is none. */
  size?: string | undefined;
  /** Written over the header at this place, before its sum. */
  more?: readonly (readonly [at: number, text: string])[];
}

/** Without the blocks that end an archive. */
export function tarOf(parts: readonly TarPart[]): Buffer {
  return Buffer.concat(
    parts.flatMap(({ name, content = '', type = '0', prefix = '', magic = 'ustar\x0000', size, more = [] }) => {
      const body = Buffer.from(content);
      const head = Buffer.alloc(512);
      head.write(Buffer.from(name).toString('latin1'), 0, 100, 'latin1');
      head.write('0000644\0', 100);
      head.write(size ?? `${body.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
      head.write('00000000000\0', 136);
      head.write('        ', 148);
      head.write(type, 156);
      head.write(magic, 257);
      head.write(prefix, 345);
      for (const [at, text] of more) head.write(text, at, 'latin1');
      const sum = head.reduce((a, b) => a + b, 0);
      head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return [head, body, Buffer.alloc(-body.length & 511)];
    }),
  );
}

/** Extended header before the entry it speaks of. */
export const paxPart = (values: readonly (readonly [key: string, value: string])[]): TarPart => ({
  name: 'PaxHeaders/x',
  type: 'x',
  content: values.map(([key, value]) => paxRecord(` ${key}=${value}\n`)).join(''),
});

function paxRecord(rest: string): string {
  const bytes = Buffer.byteLength(rest);
  const digits = String(bytes + String(bytes).length).length;
  return `${bytes + digits}${rest}`;
}
