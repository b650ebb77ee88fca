// Metafiles made in memory for the tests.

function record(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(8 + body.length, 4);
  return Buffer.concat([head, body]);
}

/** A bitmap header of 8 bits a pixel. */
function dib({ width, height }: { width: number; height: number }): { header: Buffer; bits: Buffer } {
  const header = Buffer.alloc(40 + 4 * 256);
  header.writeUInt32LE(40, 0);
  header.writeInt32LE(width, 4);
  header.writeInt32LE(height, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(8, 14);
  return { header, bits: Buffer.alloc(((width + 3) & ~3) * height, 0x80) };
}

/** An enhanced metafile that draws lines of text, and a bitmap of this size. @param options  of the text records */
export function emf(lines: readonly string[], bitmap?: { width: number; height: number }, options = 0): Buffer {
  const header = Buffer.alloc(80);
  header.write(' EMF', 32);
  const texts = lines.map((line) => {
    const body = Buffer.alloc(68);
    body.writeUInt32LE(line.length, 36);
    body.writeUInt32LE(76, 40);
    body.writeUInt32LE(options, 44);
    const words = Buffer.from(line, 'utf16le');
    return record(84, Buffer.concat([body, words, Buffer.alloc(-words.length & 3)]));
  });
  const drawn: Buffer[] = [];
  if (bitmap !== undefined) {
    const { header: own, bits } = dib(bitmap);
    const body = Buffer.alloc(72);
    body.writeUInt32LE(80, 40);
    body.writeUInt32LE(own.length, 44);
    body.writeUInt32LE(80 + own.length, 48);
    body.writeUInt32LE(bits.length, 52);
    drawn.push(record(81, Buffer.concat([body, own, bits])));
  }
  return Buffer.concat([record(1, header), ...texts, ...drawn, record(14, Buffer.alloc(12))]);
}

/** A placeable metafile of Windows 3 that draws lines of text. */
export function wmf(lines: readonly string[]): Buffer {
  const place = Buffer.alloc(22);
  place.writeUInt32LE(0x9ac6_cdd7, 0);
  const header = Buffer.alloc(18);
  header.writeUInt16LE(1, 0);
  header.writeUInt16LE(9, 2);
  const texts = lines.map((line) => {
    const words = Buffer.from(line, 'latin1');
    const size = 14 + words.length + (words.length & 1);
    const body = Buffer.alloc(size);
    body.writeUInt32LE(size / 2, 0);
    body.writeUInt16LE(0x0a32, 4);
    body.writeUInt16LE(words.length, 10);
    words.copy(body, 14);
    return body;
  });
  const end = Buffer.alloc(6);
  end.writeUInt32LE(3, 0);
  return Buffer.concat([place, header, ...texts, end]);
}
