// Zip files with the same bytes on every run: members in the given order, one fixed date, UTF-8 names.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (no zip64: the samples are small).
import { crc32, deflateRawSync } from 'node:zlib';
import { fromBuffer } from 'yauzl';

export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const DOS_DATE = ((2025 - 1980) << 9) | (6 << 5) | 2; // 2 June 2025
const DOS_TIME = (8 << 11) | (30 << 5);
const UTF8_NAMES = 0x0800;
const DEFLATE = 8;
const VERSION = 20;

/** Pack members into one zip file. */
export function zip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const name = Buffer.from(member.name, 'utf8');
    const packed = deflateRawSync(member.bytes, { level: 9 });
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(VERSION, 0);
    fields.writeUInt16LE(UTF8_NAMES, 2);
    fields.writeUInt16LE(DEFLATE, 4);
    fields.writeUInt16LE(DOS_TIME, 6);
    fields.writeUInt16LE(DOS_DATE, 8);
    fields.writeUInt32LE(crc32(member.bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(member.bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), uint16(VERSION), fields, tail, name);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed];
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** All file members of a zip, in directory order. */
export function unzip(bytes: Buffer): Promise<ZipMember[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (openError, archive) => {
      if (openError !== null || archive === undefined) return reject(openError);
      const members: ZipMember[] = [];
      archive.on('error', reject);
      archive.on('end', () => resolve(members));
      archive.on('entry', (entry: { fileName: string }) => {
        if (entry.fileName.endsWith('/')) return archive.readEntry();
        archive.openReadStream(entry as Parameters<typeof archive.openReadStream>[0], (error, stream) => {
          if (error !== null || stream === undefined) return reject(error);
          const chunks: Buffer[] = [];
          stream.on('error', reject);
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => {
            members.push({ name: entry.fileName, bytes: Buffer.concat(chunks) });
            archive.readEntry();
          });
        });
      });
      archive.readEntry();
    });
  });
}

/** Repack an Office file with fixed dates: the libraries write the time of day into it. */
export async function withFixedDates(office: Buffer): Promise<Buffer> {
  const members = await unzip(office);
  return zip(
    members.map((member) =>
      /^docProps\/(core|app)\.xml$/.test(member.name)
        ? {
            name: member.name,
            bytes: Buffer.from(
              Buffer.from(member.bytes)
                .toString('utf8')
                .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2025-06-02T08:30:00Z'),
            ),
          }
        : member,
    ),
  );
}
