// Documents made in memory for the tests: packages, archives, mails and a small PDF. Nothing is copied from anywhere.
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  name: string | Buffer;
  content: string | Uint8Array;
  /** Deflate (default) or store. */
  store?: boolean;
  /** Lie about the size. */
  declaredBytes?: number;
  isEncrypted?: boolean;
  /** Extra field, as it stands behind the name. */
  extra?: Uint8Array;
}

/** A zip file of the entries, in their order. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content, store, declaredBytes, isEncrypted, extra = Buffer.alloc(0) } of entries) {
    const raw = Buffer.from(content);
    const packed = store === true ? raw : deflateRawSync(raw);
    const nameBytes = typeof name === 'string' ? Buffer.from(name) : name;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE((typeof name === 'string' ? 0x800 : 0) | (isEncrypted === true ? 1 : 0), 2);
    fields.writeUInt16LE(store === true ? 0 : 8, 4);
    fields.writeUInt32LE(crc32(raw), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(declaredBytes ?? raw.length, 18);
    fields.writeUInt16LE(nameBytes.length, 22);
    fields.writeUInt16LE(extra.length, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, nameBytes, extra, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), fields, tail, nameBytes, extra]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

/** A tar of the files. */
export function tar(files: Readonly<Record<string, string>>): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, content] of Object.entries(files)) {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\0', 257);
    header.write('00', 263);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const xml = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>${body}`;
const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const R = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** Relations part. `targets` maps ids to [kind, target]. */
export function relations(targets: Readonly<Record<string, readonly [string, string]>>): string {
  const items = Object.entries(targets).map(
    ([id, [kind, target]]) => `<Relationship Id="${id}" Type="${R}/${kind}" Target="${target}"/>`,
  );
  return xml(
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items.join('')}</Relationships>`,
  );
}

/** A docx whose body is the given WordprocessingML; further parts by relation kind. */
export function docx(body: string, parts: Readonly<Record<string, string>> = {}): Buffer {
  const kinds = Object.keys(parts);
  return zip([
    {
      name: '[Content_Types].xml',
      content: xml('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
    },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'word/document.xml'] }) },
    { name: 'word/document.xml', content: xml(`<w:document ${W}><w:body>${body}</w:body></w:document>`) },
    {
      name: 'word/_rels/document.xml.rels',
      content: relations(Object.fromEntries(kinds.map((kind, i) => [`p${i}`, [kind, `${kind}.xml`] as const]))),
    },
    ...kinds.map((kind) => ({ name: `word/${kind}.xml`, content: xml(`<w:part ${W}>${parts[kind]}</w:part>`) })),
  ]);
}

export const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;

/** A pptx with one string per slide, notes where given. Files are numbered against their order, as real ones may be. */
export function pptx(slides: readonly { text: string; notes?: string }[]): Buffer {
  const A =
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"';
  const drawing = (text: string) => `<p:sp><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
  const file = (i: number) => slides.length - i;
  return zip([
    { name: '[Content_Types].xml', content: xml('<Types/>') },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'ppt/presentation.xml'] }) },
    {
      name: 'ppt/presentation.xml',
      content: xml(
        `<p:presentation ${A} xmlns:r="${R}"><p:sldIdLst>${slides.map((_, i) => `<p:sldId id="${256 + i}" r:id="s${i}"/>`).join('')}</p:sldIdLst></p:presentation>`,
      ),
    },
    {
      name: 'ppt/_rels/presentation.xml.rels',
      content: relations(
        Object.fromEntries(slides.map((_, i) => [`s${i}`, ['slide', `slides/slide${file(i)}.xml`] as const])),
      ),
    },
    ...slides.flatMap(({ text, notes }, i) => [
      { name: `ppt/slides/slide${file(i)}.xml`, content: xml(`<p:sld ${A}>${drawing(text)}</p:sld>`) },
      ...(notes === undefined
        ? []
        : [
            {
              name: `ppt/slides/_rels/slide${file(i)}.xml.rels`,
              content: relations({ n: ['notesSlide', `../notesSlides/notes${i}.xml`] }),
            },
            { name: `ppt/notesSlides/notes${i}.xml`, content: xml(`<p:notes ${A}>${drawing(notes)}</p:notes>`) },
          ]),
    ]),
  ]);
}

/** An xlsx whose sheets (name → rows as SpreadsheetML) are given. */
export function xlsx(rows: string, more: Readonly<Record<string, string>> = {}, tail = ''): Buffer {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const sheets = Object.entries({ Data: rows, ...more });
  const override = (part: string, kind: string) =>
    `<Override PartName="/xl/${part}" ContentType="${type}.${kind}+xml"/>`;
  const each = (make: (number: number, name: string) => string) =>
    sheets.map(([name], i) => make(i + 1, name)).join('');
  return zip([
    {
      name: '[Content_Types].xml',
      content: xml(
        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${override('workbook.xml', 'sheet.main')}${each((n) => override(`worksheets/sheet${n}.xml`, 'worksheet'))}</Types>`,
      ),
    },
    { name: '_rels/.rels', content: relations({ r1: ['officeDocument', 'xl/workbook.xml'] }) },
    {
      name: 'xl/workbook.xml',
      content: xml(
        `<workbook xmlns="${main}" xmlns:r="${R}"><sheets>${each((n, name) => `<sheet name="${name}" sheetId="${n}" r:id="r${n}"/>`)}</sheets></workbook>`,
      ),
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: relations(
        Object.fromEntries(sheets.map((_, i) => [`r${i + 1}`, ['worksheet', `worksheets/sheet${i + 1}.xml`] as const])),
      ),
    },
    ...sheets.map(([, body], i) => ({
      name: `xl/worksheets/sheet${i + 1}.xml`,
      content: xml(`<worksheet xmlns="${main}"><sheetData>${body}</sheetData>${tail}</worksheet>`),
    })),
  ]);
}

/** A small file of 11.7 million cells, just below what is refused: many seconds and gigabytes for the library that reads it. */
export function hostileWorkbook(): Buffer {
  const row = '<c><v>12</v></c>'.repeat(1000);
  const rows = Array.from({ length: 3900 }, (_, i) => `<row r="${i + 1}">${row}</row>`).join('');
  return xlsx(rows, { Second: rows, Third: rows });
}

/** A PDF with lines of Helvetica per page; a page given as null is blank. `matrix` places a line, `rotate` turns the pages. */
export function pdf(
  pages: readonly (string | null)[],
  options: { matrix?: (line: number) => string; rotate?: number } = {},
): Buffer {
  const objects: string[] = ['<< /Type /Catalog /Pages 2 0 R >>', ''];
  const kids: string[] = [];
  for (const text of pages) {
    const matrix = options.matrix ?? ((line) => `1 0 0 1 72 ${720 - 20 * line}`);
    const lines = (text ?? '')
      .split('\n')
      .map((line, i) => `BT /F1 12 Tf ${matrix(i)} Tm (${line.replace(/[()\\]/g, '\\$&')}) Tj ET`);
    const content = text === null ? '' : lines.join('\n');
    const at = objects.length + 1;
    kids.push(`${at} 0 R`);
    objects.push(
      `<< /Type /Page /Parent 2 0 R /Rotate ${options.rotate ?? 0} /MediaBox [0 0 612 792] /Contents ${at + 1} 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`;
  return pdfFile(objects);
}

/** Objects 1, 2, 3… as a file; the first is the catalogue. */
export function pdfFile(objects: readonly string[]): Buffer {
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(`${file}xref\n0 ${size}\n0000000000 65535 f \n${table}${trailer}`, 'latin1');
}

/** A mail with a text body and attachments. */
export function mail(subject: string, body: string, attachments: Readonly<Record<string, Uint8Array>> = {}): Buffer {
  const parts = Object.entries(attachments).map(
    ([name, bytes]) =>
      `--B\r\nContent-Type: application/octet-stream; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(bytes).toString('base64')}\r\n`,
  );
  return Buffer.from(
    `From: Ada Example <ada@example.com>\r\nTo: bob@example.com\r\nSubject: ${subject}\r\nDate: Mon, 1 Jun 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${body}\r\n${parts.join('')}--B--\r\n`,
  );
}

/** A 7z archive with stored (uncompressed) members; at most 127 bytes of names and small members. */
export function sevenZip(files: Readonly<Record<string, string>>): Buffer {
  const bodies = Object.values(files).map((content) => Buffer.from(content));
  const data = Buffer.concat(bodies);
  const number = (n: number) => (n < 0x80 ? [n] : [0x80 | (n >> 8), n & 0xff]); // 7z's variable-length number, up to 16383
  const crcs = bodies.flatMap((body) => {
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32(body));
    return [...crc];
  });
  const names = Buffer.from(
    Object.keys(files)
      .map((name) => `${name}\0`)
      .join(''),
    'utf16le',
  );
  const header = Buffer.from([
    ...[0x01, 0x04, 0x06, 0, 1, 0x09, ...number(data.length), 0],
    ...[0x07, 0x0b, 1, 0, 1, 0x01, 0x00, 0x0c, ...number(data.length), 0],
    ...[
      0x08,
      0x0d,
      bodies.length,
      0x09,
      ...bodies.slice(0, -1).flatMap((body) => number(body.length)),
      0x0a,
      1,
      ...crcs,
      0,
      0,
    ],
    ...[0x05, bodies.length, 0x11, ...number(names.length + 1), 0, ...names, 0, 0],
  ]);
  const start = Buffer.alloc(20);
  start.writeBigUInt64LE(BigInt(data.length), 0);
  start.writeBigUInt64LE(BigInt(header.length), 8);
  start.writeUInt32LE(crc32(header), 16);
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(start));
  return Buffer.concat([Buffer.from('7z\xbc\xaf\x27\x1c\x00\x04', 'latin1'), crc, start, data, header]);
}

/** A PDF whose only page is a grey image (PGM bytes), as a scanner makes it. */
export function scannedPdf(pgm: Buffer): Buffer {
  const header = /^P5\n(\d+) (\d+)\n255\n/.exec(pgm.toString('latin1', 0, 40));
  const [width, height] = [Number(header?.[1]), Number(header?.[2])];
  const pixels = pgm.subarray(header?.[0].length ?? 0).toString('latin1');
  const content = 'q 612 0 0 792 0 0 cm /Im Do Q';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Length ${pixels.length} >>\nstream\n${pixels}\nendstream`,
  ];
  return pdfFile(objects);
}
