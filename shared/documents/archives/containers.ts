// Archives as lists of members: zip, tar, gzip, 7z and mail folders behind one shape.
import { gunzipSync } from 'node:zlib';
import { TerminalError } from '../../errors.ts';
import { activeMimeFiles } from '../formats/active-mime.ts';
import { cmsContent, cmsMemberName } from '../formats/cms.ts';
import { MEDIA, sniff } from '../media-type.ts';
import type { Archive } from './archive.ts';
import { listMbox } from './mbox.ts';
import { isUtf8 } from './name-charset.ts';
import { openSevenZip } from './seven-zip.ts';
import { listTar } from './tar.ts';
import { openZip } from './zip.ts';

export const ARCHIVE_TYPES: ReadonlySet<string> = new Set([
  MEDIA.zip,
  MEDIA.tar,
  MEDIA.gz,
  MEDIA.sevenZip,
  MEDIA.mbox,
  MEDIA.cms,
  MEDIA.activeMime,
]);

/** @param cap bytes a compressed tar may expand to */
export async function openArchive(bytes: Uint8Array, mediaType: string, name: string, cap: number): Promise<Archive> {
  switch (mediaType) {
    case MEDIA.zip: {
      const zip = openZip(bytes);
      return {
        entryCount: zip.entryCount,
        async *members() {
          for await (const member of zip.members()) if (!member.isFolder) yield member;
        },
      };
    }
    case MEDIA.tar:
      return listTar(bytes);
    case MEDIA.gz:
      return openGzip(bytes, name, cap);
    case MEDIA.sevenZip:
      return openSevenZip(bytes);
    case MEDIA.mbox:
      return listMbox(bytes);
    case MEDIA.cms:
      return openCms(bytes, name, cap);
    case MEDIA.activeMime:
      return await openActiveMime(bytes, cap);
    default:
      throw new TerminalError('extract.unsupported', `archive: ${mediaType} is not read`);
  }
}

/** The document that is signed or compressed. */
function openCms(bytes: Uint8Array, name: string, cap: number): Archive {
  const content = cmsContent(bytes, cap);
  if (content === undefined)
    throw new TerminalError('extract.empty', 'cms: it is a detached signature, the document stands beside it');
  return {
    entryCount: 1,
    async *members() {
      yield { name: cmsMemberName(name, content), packedBytes: bytes.length, read: async () => content };
    },
  };
}

const MAX_OBJECTS = 10_000;

/** The objects of a page that Word saved. */
async function openActiveMime(bytes: Uint8Array, cap: number): Promise<Archive> {
  const files = await activeMimeFiles(bytes, MAX_OBJECTS, cap);
  if (files.length === 0)
    throw new TerminalError('extract.empty', 'active mime: it holds macros or settings, no documents');
  return {
    entryCount: files.length,
    async *members() {
      for (const file of files)
        yield { name: file.name, packedBytes: file.bytes.byteLength, read: async () => file.bytes };
    },
  };
}

/** One member, or the members of the tar inside. */
function openGzip(bytes: Uint8Array, name: string, cap: number): Archive {
  const content = gunzip(bytes, cap);
  const inner =
    gzipName(bytes) ??
    (name
      .replace(/^.*[/\\]/, '')
      .replace(/\.tgz$/i, '.tar')
      .replace(/\.gz$/i, '') ||
      'content');
  if (sniff(content, inner) === MEDIA.tar) return listTar(content);
  return {
    entryCount: 1,
    async *members() {
      yield { name: inner, packedBytes: bytes.length, read: async () => content };
    },
  };
}

function gunzip(bytes: Uint8Array, cap: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, cap) });
  } catch (error) {
    if (error instanceof RangeError)
      throw new TerminalError('extract.too-large', `gzip: it expands to more than ${cap} bytes`);
    throw new TerminalError('extract.corrupt', 'gzip: the data are damaged or cut off', { cause: error });
  }
}

/** The original name, when the header holds one: in Latin-1 by RFC 1952, in UTF-8 by most programs. */
function gzipName(bytes: Uint8Array): string | undefined {
  const flags = bytes[3] ?? 0;
  if ((flags & 8) === 0) return undefined;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[10] ?? 0) + (bytes[11] ?? 0) * 256;
  const end = bytes.indexOf(0, at);
  if (end <= at || end - at >= 512) return undefined;
  const name = Buffer.from(bytes.subarray(at, end));
  return name.toString(isUtf8(name) ? 'utf8' : 'latin1');
}
