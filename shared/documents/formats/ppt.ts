// PowerPoint 97 to 2003 presentations (ppt): a walk over the records for text atoms; embedded documents and scans.
// Source: [MS-PPT] 2.3.1 (record header), 2.9.42 (TextCharsAtom), 2.9.43 (TextBytesAtom), 2.10.34 (ExOleObjStg), 2.5.23
// (comments, in the binary tags of their slide).
import { inflateSync } from 'node:zlib';
import { TerminalError } from '../../errors.ts';
import type { EmbeddedFile, ReadContext, ReadText } from '../reading.ts';
import { artTexts, scannedBlips } from './office-art.ts';
import { openOle } from './ole.ts';
import { unwrapOle } from './ole-object.ts';

const SLIDE = 1006;
const NOTES = 1008;
const MAIN_MASTER = 1016;
const TEXT_CHARS = 4000;
const TEXT_BYTES = 4008;
const SLIDE_LIST = 4080;
const HANDOUT = 4041;
const OBJECT_STORAGE = 4113; // ExOleObjStg
const COMMENT = 12000;
const CSTRING = 4026;
const COMMENT_TEXT = 1; // instance of the string; 0 is the author, 2 the initials
const BINARY_TAG = 5003; // BinaryTagDataBlob: records in what calls itself an atom
const ENCRYPTION = 12052; // CryptSession10Container
const ENCRYPTED_TOKEN = 0xf3d1c4df;
const MAX_DEPTH = 64;

export async function readPpt(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const file = await openOle(bytes);
  const user = file.stream('Current User');
  if (user !== undefined && user.length >= 16 && user.readUInt32LE(12) === ENCRYPTED_TOKEN)
    throw new TerminalError('extract.encrypted', 'ppt: it needs a password');
  const document = file.stream('PowerPoint Document');
  if (document === undefined) throw new TerminalError('extract.corrupt', 'ppt: its main stream is missing');
  const walk = new RecordWalk(document, limits.maxElements);
  walk.visit(0, document.length, { kind: 0, depth: 0 });
  if (walk.slides > limits.maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `ppt: at most ${limits.maxPages} slides are read, have ${walk.slides}`,
    );
  return {
    parts: [...walk.texts(), ...artTexts(document)],
    pages: walk.slides > 0 ? walk.slides : null,
    warnings: [],
    embedded: await embeddedIn(walk.objects, limits),
    pictures: scannedBlips([file.stream('Pictures')], limits),
  };
}

/** Older versions of an object may remain in the file: the same bytes count once. */
async function embeddedIn(objects: readonly ObjectStorage[], limits: ReadContext['limits']): Promise<EmbeddedFile[]> {
  const files: EmbeddedFile[] = [];
  let left = limits.maxArchiveBytes;
  for (const { isPacked, content } of objects.slice(0, limits.maxArchiveEntries)) {
    const storage = isPacked ? unpack(content, left) : content;
    left -= storage?.length ?? 0;
    const file = storage === undefined ? undefined : await unwrapOle(storage, `object-${files.length + 1}.bin`);
    const isKnown = file === undefined || files.some(({ bytes }) => Buffer.from(file.bytes).equals(bytes));
    if (!isKnown) files.push(file);
  }
  return files;
}

/** The unpacked size stands before the packed bytes. */
function unpack(content: Buffer, maxBytes: number): Buffer | undefined {
  try {
    return inflateSync(content.subarray(4), { maxOutputLength: Math.max(1, Math.min(maxBytes, MAX_OBJECT_BYTES)) });
  } catch {
    return undefined; // damaged, or larger than a document is: the slides are read all the same
  }
}

const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

interface ObjectStorage {
  isPacked: boolean;
  content: Buffer;
}

interface Place {
  /** Record type of the enclosing slide, notes or list. */
  kind: number;
  depth: number;
}

class RecordWalk {
  readonly #source: Buffer;
  readonly #maxRecords: number;
  #records = 0;
  slides = 0;
  readonly objects: ObjectStorage[] = [];
  // Titles and bodies stand in the outline; only text boxes of the slides themselves are new. Older versions of a slide may remain in the file.
  readonly #outline: string[] = [];
  readonly #drawn: string[] = [];

  constructor(source: Buffer, maxRecords: number) {
    this.#source = source;
    this.#maxRecords = maxRecords;
  }

  texts(): string[] {
    const seen = new Set(this.#outline.map((text) => text.trim()));
    const rest = this.#drawn.filter((text) => {
      const key = text.trim();
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    return [...this.#outline, ...rest];
  }

  visit(from: number, to: number, place: Place): void {
    const source = this.#source;
    let at = from;
    while (at + 8 <= to) {
      if (++this.#records > this.#maxRecords)
        throw new TerminalError('extract.too-large', `ppt: at most ${this.#maxRecords} records are read`);
      const version = source.readUInt16LE(at);
      const type = source.readUInt16LE(at + 2);
      const isContainer = (version & 0x0f) === 0x0f || type === BINARY_TAG;
      const end = Math.min(to, at + 8 + source.readUInt32LE(at + 4));
      if (type === ENCRYPTION) throw new TerminalError('extract.encrypted', 'ppt: it needs a password');
      if (type === OBJECT_STORAGE)
        this.objects.push({ isPacked: version >> 4 === 1, content: source.subarray(at + 8, end) });
      else if (isContainer) this.#enter(type, at + 8, end, place);
      else this.#atom(type, version >> 4, source.subarray(at + 8, end), place);
      at = Math.max(end, at + 8);
    }
  }

  #enter(type: number, from: number, to: number, place: Place): void {
    // Masters and handouts hold the prompts of the design ("Click to edit…").
    if (type === MAIN_MASTER || type === HANDOUT || place.depth >= MAX_DEPTH) return;
    if (type === SLIDE) this.slides += 1;
    const isPlace = type === SLIDE || type === NOTES || type === SLIDE_LIST || type === COMMENT;
    this.visit(from, to, { kind: isPlace ? type : place.kind, depth: place.depth + 1 });
  }

  #atom(type: number, instance: number, content: Buffer, { kind }: Place): void {
    const isComment = type === CSTRING && kind === COMMENT && instance === COMMENT_TEXT;
    const isText = type === TEXT_CHARS || type === TEXT_BYTES || isComment;
    if (!isText) return;
    const text = type === TEXT_BYTES ? content.toString('latin1') : content.toString('utf16le', 0, content.length & ~1);
    // A lone asterisk stands for the slide number or the date.
    const lines = text.replace(/[\r\x0b]/g, '\n');
    if (/^\s*\*?\s*$/.test(lines)) return;
    if (kind === SLIDE_LIST) this.#outline.push(lines);
    else this.#drawn.push(lines);
  }
}
