// Members of a zip package (OOXML, OpenDocument, EPUB) read one by one within limits.
// Invariants: Z1 bytes are counted as they come out, never believed from a header. Z2 names are keys of a map, never paths of a file system.
import { TerminalError } from '../errors.ts';
import { openZip, type ZipMember } from './archives/zip.ts';
import type { ExtractLimits } from './limits.ts';
import type { MarkupHandler } from './markup-handler.ts';
import { XmlEvents } from './xml-events.ts';

/** Largest expanded package: Office files of more are not documents but databases. */
const MAX_PACKAGE_BYTES = 256 * 1024 * 1024;
/** XML compresses well: below this size no ratio is suspicious. */
const RATIO_FROM_BYTES = 64 * 1024 * 1024;
const SLICE_BYTES = 256 * 1024;

export class PackageParts {
  readonly #members: Map<string, ZipMember>;
  readonly #limits: ExtractLimits;
  #expanded = 0;
  #names: readonly string[] | undefined;

  private constructor(members: Map<string, ZipMember>, limits: ExtractLimits) {
    this.#members = members;
    this.#limits = limits;
  }

  /** @throws {TerminalError} extract.corrupt, extract.encrypted or extract.archive-entries */
  static async open(bytes: Uint8Array, limits: ExtractLimits): Promise<PackageParts> {
    const zip = openZip(bytes);
    const members = new Map<string, ZipMember>();
    if (zip.entryCount > 65_535)
      throw new TerminalError(
        'extract.archive-entries',
        `package: at most 65535 parts are read, have ${zip.entryCount}`,
      );
    for (const each of zip.members()) {
      const member = each instanceof Promise ? await each : each;
      members.set(normalise(member.name), member);
    }
    if (members.size === 0) throw new TerminalError('extract.corrupt', 'package: it has no parts');
    return new PackageParts(members, limits);
  }

  /** A package whose parts are at hand already, by name. */
  static of(files: ReadonlyMap<string, Buffer>, limits: ExtractLimits): PackageParts {
    const members = new Map<string, ZipMember>();
    for (const [name, content] of files)
      members.set(normalise(name), {
        name,
        isFolder: false,
        packedBytes: content.length,
        read: () => content,
      });
    return new PackageParts(members, limits);
  }

  has(name: string): boolean {
    return this.#members.has(normalise(name));
  }

  /** Part names that match, in natural order (slide2 before slide10). */
  names(pattern: RegExp): string[] {
    const fitting = this.#all().filter((name) => pattern.test(name));
    return fitting.length < 2 ? fitting : fitting.sort(natural.compare);
  }

  /** Is there a part whose name fits? */
  hasNamed(fits: (name: string) => boolean): boolean {
    return this.#all().some((name) => name !== '' && fits(name));
  }

  #all(): readonly string[] {
    this.#names ??= [...this.#members.values()].map(({ name }) => withSlashes(name).replace(/^\//, ''));
    return this.#names;
  }

  /**
   * Read every part that matches, for its checksum and the limits, and forget it: a library that is given the package
   * afterwards meets neither damage nor a bomb.
   */
  async verify(pattern: RegExp): Promise<void> {
    for (const name of this.names(pattern)) await this.bytes(name);
  }

  /** A part's bytes; undefined when absent. */
  async bytes(name: string): Promise<Buffer | undefined> {
    const member = this.#members.get(normalise(name));
    if (member === undefined) return undefined;
    const byRatio = Math.max(RATIO_FROM_BYTES, member.packedBytes * this.#limits.maxArchiveRatio);
    const content = await member.read(Math.min(MAX_PACKAGE_BYTES - this.#expanded, byRatio));
    this.#expanded += content.length;
    return content;
  }

  /** An XML part as UTF-8, whatever it was written in; undefined when absent. */
  async utf8(name: string): Promise<Buffer | undefined> {
    const content = await this.bytes(name);
    if (content === undefined) return undefined;
    const charset = xmlCharset(content);
    return charset === 'utf-8' ? content : Buffer.from(new TextDecoder(charset).decode(content));
  }

  /** Parse an XML part; false when absent. */
  async xml(name: string, handler: MarkupHandler): Promise<boolean> {
    const content = await this.bytes(name);
    if (content === undefined) return false;
    const parser = new XmlEvents(handler, this.#limits.maxElements);
    for (const piece of pieces(content, xmlCharset(content))) parser.write(piece);
    parser.end();
    return true;
  }
}

/** A text piece by piece; of UTF-8 without a decoder, which costs twice as much, but where it must leave out a char that the end cuts off. */
export function* pieces(content: Buffer, charset: string, most = SLICE_BYTES): Generator<string> {
  if (charset === 'utf-8' && (content.at(-1) ?? 0) < 0x80) {
    for (let at = hasMark(content) ? 3 : 0; at < content.length; ) {
      const end = endOfChars(content, at + most);
      yield content.toString('utf8', at, end);
      at = end;
    }
    return;
  }
  const decoder = new TextDecoder(charset);
  for (let at = 0; at < content.length; at += most)
    yield decoder.decode(content.subarray(at, at + most), { stream: true });
}

/** Behind the char that stands there. */
function endOfChars(utf8: Buffer, until: number): number {
  let end = until;
  while (end < utf8.length && (utf8[end]! & 0xc0) === 0x80) end += 1; // within the buffer
  return Math.min(end, utf8.length);
}

const hasMark = (utf8: Buffer) => utf8[0] === 0xef && utf8[1] === 0xbb && utf8[2] === 0xbf;

const natural = new Intl.Collator('en', { numeric: true });

const normalise = (name: string) => withSlashes(name).replace(/^\/+/, '').toLowerCase();
const withSlashes = (name: string) => (name.includes('\\') ? name.replaceAll('\\', '/') : name);

function xmlCharset(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const declared = /^<\?xml[^>]*?encoding=["']([\w-]+)/i.exec(head.toString('latin1', 0, 200))?.[1] ?? 'utf-8';
  if (/^utf-8$/i.test(declared)) return 'utf-8';
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    return 'utf-8'; // a name nobody knows
  }
}
