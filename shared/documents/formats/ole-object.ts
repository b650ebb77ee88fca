// The document inside an OLE object: a package, a packaged file, or the object's own storage.
// Source: [MS-OLEDS] 2.3.6 (Ole10Native), [MS-OFFCRYPTO] names of packages; the native data of the Packager by what it writes.
import { decodeText } from '../charset.ts';
import type { EmbeddedFile } from '../reading.ts';
import { type OleFile, type OleStorage, openOle } from './ole.ts';
import { checkOle } from './ole-check.ts';

const OLE_MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/**
 * @param name  where the document stands, for kinds that name nothing
 * @returns undefined for objects that hold no document: equations, controls, links
 */
export async function unwrapOle(bytes: Uint8Array, name: string): Promise<EmbeddedFile | undefined> {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(8, bytes.byteLength)).equals(OLE_MAGIC))
    return { name, bytes };
  let file: OleFile;
  try {
    checkOle(bytes);
    file = await openOle(bytes);
  } catch {
    return { name, bytes }; // where it is refused with its reason
  }
  return await documentOf(file, () => bytes, name);
}

/** Documents in the storages of a larger file (ObjectPool of doc, MBD… of xls). Objects without one are left out. */
export async function documentsIn(storages: readonly OleStorage[], maxFiles: number): Promise<EmbeddedFile[]> {
  const files: EmbeddedFile[] = [];
  for (const [i, storage] of storages.entries()) {
    if (files.length >= maxFiles) break;
    const kind = Object.keys(OWN_KINDS).find((name) => storage.stream(name) !== undefined);
    const extension = kind === undefined ? 'bin' : OWN_KINDS[kind];
    const file = await documentOf(storage, () => storage.whole(), `object-${i + 1}.${extension}`);
    if (file !== undefined) files.push(file);
  }
  return files;
}

const OWN_KINDS: Readonly<Record<string, string>> = {
  WordDocument: 'doc',
  Workbook: 'xls',
  Book: 'xls',
  'PowerPoint Document': 'ppt',
};

/** The same for what is open. @param whole  bytes of the object as a file of its own */
async function documentOf(file: OleFile, whole: () => Uint8Array, name: string): Promise<EmbeddedFile | undefined> {
  const packed = file.stream('Package') ?? file.stream('EmbeddedOdf') ?? file.stream('package_stream');
  if (packed !== undefined && packed.length > 0) return { name: withKind(name, packed), bytes: packed };
  const native = file.stream('\x01Ole10Native');
  if (native !== undefined) return await packagedFile(native, name);
  const contents = file.stream('CONTENTS');
  if (contents !== undefined && /^%PDF/.test(contents.toString('latin1', 0, 4)))
    return { name: `${stem(name)}.pdf`, bytes: contents };
  const isDocument = Object.keys(OWN_KINDS).some((stream) => file.stream(stream) !== undefined);
  return isDocument ? { name, bytes: whole() } : undefined;
}

const stem = (name: string) => name.replace(/\.(bin|ole|dat)$/i, '');

/** The name of what it is rather than of its wrapping: oleObject1.bin → oleObject1.zip-based kinds are told by their content. */
function withKind(name: string, bytes: Buffer): string {
  const isPackage = bytes.toString('latin1', 0, 2) === 'PK';
  if (!/\.(bin|ole|dat)$/i.test(name) || !isPackage) return name;
  const head = bytes.toString('latin1');
  const kind = head.includes('xl/workbook')
    ? 'xlsx'
    : head.includes('ppt/presentation')
      ? 'pptx'
      : head.includes('word/document')
        ? 'docx'
        : 'zip';
  return `${stem(name)}.${kind}`;
}

/** Ole10Native as the Packager writes it: label, path, temporary path, data. */
async function packagedFile(native: Buffer, name: string): Promise<EmbeddedFile | undefined> {
  if (native.length < 8) return undefined;
  let at = 6;
  const label = stringAt(native, at);
  const path = label === undefined ? undefined : stringAt(native, label.end);
  if (label === undefined || path === undefined) return undefined;
  at = path.end + 4;
  if (at + 4 > native.length) return undefined;
  at += 4 + native.readUInt32LE(at); // temporary path
  if (at + 4 > native.length) return undefined;
  const size = native.readUInt32LE(at);
  const bytes = native.subarray(at + 4, at + 4 + size);
  if (bytes.length === 0) return undefined;
  const shown = (await decodeText(label.bytes)).text.replace(/^.*[/\\]/, '').trim();
  const file = (await decodeText(path.bytes)).text.replace(/^.*[/\\]/, '').trim();
  return { name: /\.\w{1,8}$/.test(shown) ? shown : file || shown || name, bytes };
}

function stringAt(native: Buffer, from: number): { bytes: Buffer; end: number } | undefined {
  const end = native.indexOf(0, from);
  return end < 0 || end - from > 1024 ? undefined : { bytes: native.subarray(from, end), end: end + 1 };
}

/** Data of an embedded object: version, format, three counted strings, the data ([MS-OLEDS] 2.2.5). */
export function ole1Content(object: Buffer): Buffer | undefined {
  const EMBEDDED = 2;
  if (object.length < 12 || object.readUInt32LE(4) !== EMBEDDED) return undefined;
  let at = 8;
  for (let strings = 0; strings < 3; strings++) {
    if (at + 4 > object.length) return undefined;
    at += 4 + object.readUInt32LE(at);
  }
  if (at + 4 > object.length) return undefined;
  const content = object.subarray(at + 4, at + 4 + object.readUInt32LE(at));
  return content.length === 0 ? undefined : content;
}
