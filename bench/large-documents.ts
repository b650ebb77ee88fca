// Large documents made on the spot for benchmarks: a long PDF and a zip of many texts.
import { crc32, deflateRawSync } from 'node:zlib';
import { seededRandom } from '../shared/ports.ts';

const WORDS =
  'tax invoice transfer pricing customs agreement quarter return assessment deduction royalty interest payroll vendor ledger audit'.split(
    ' ',
  );

function sentence(random: { next(): number }, words: number): string {
  return Array.from({ length: words }, () => WORDS[Math.floor(random.next() * WORDS.length)]).join(' ');
}

/** A PDF of `pages` pages with 30 lines each. */
export function longPdf(pages: number): Buffer {
  const random = seededRandom(7);
  const objects: string[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  const kids: string[] = [];
  for (let page = 0; page < pages; page++) {
    const lines = Array.from({ length: 30 }, (_, i) => `1 0 0 1 60 ${760 - 24 * i} Tm (${sentence(random, 10)}) Tj`);
    const content = `BT /F1 10 Tf ${lines.join('\n')} ET`;
    kids.push(`${objects.length + 1} 0 R`);
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${objects.length + 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`;
  const parts: string[] = ['%PDF-1.4\n'];
  let length = parts[0]!.length; // just put in
  const offsets = objects.map((object, i) => {
    const offset = length;
    const text = `${i + 1} 0 obj\n${object}\nendobj\n`;
    parts.push(text);
    length += text.length;
    return offset;
  });
  parts.push(
    `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`,
    ...offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`),
  );
  parts.push(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`);
  return Buffer.from(parts.join(''), 'latin1');
}

/** A zip of `members` texts with `totalBytes` in all. */
export function manyTextsZip(members: number, totalBytes: number): Buffer {
  const random = seededRandom(11);
  const each = Math.floor(totalBytes / members);
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (let i = 0; i < members; i++) {
    const raw = Buffer.from(sentence(random, Math.ceil(each / 5)).slice(0, each));
    const packed = deflateRawSync(raw, { level: 1 });
    const name = Buffer.from(`folder-${i % 50}/text-${i}.txt`);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(raw), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(raw.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), fields, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members, 4);
  end.writeUInt16LE(members, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}
