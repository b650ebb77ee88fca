// One document with everything inside it: archives to their members, mails to their attachments, each leaf to text or to a code.
// Invariants: W1 ordinals depend on the bytes alone (protocol.ts P2). W2 depth, members, ratio and expanded bytes count over the whole
// tree, so that an archive cannot win by nesting. W3 a bad member fails alone.
import { createHash } from 'node:crypto';
import { type SluiceError, TerminalError } from '../errors.ts';
import type { ArchiveMember } from './archives/archive.ts';
import { ARCHIVE_TYPES, openArchive } from './archives/containers.ts';
import { isJunk, memberPath, UniqueNames } from './archives/member-path.ts';
import type { ExtractLimits } from './limits.ts';
import { MEDIA, sniff } from './media-type.ts';
import type { LeafResult, NodeHeader, OcrMode, ReadRequest } from './protocol.ts';
import { asSluiceError, type LeafContext, leafOf, leafOfError, readLeaf } from './read-leaf.ts';

export interface WalkOutput {
  begin(node: NodeHeader, isContainer: boolean): void;
  /** @param isLast the document has no other leaf */
  leaf(leaf: LeafResult, isLast: boolean): Promise<void>;
  progress(): void;
}

/** A member to look for instead of reading: only what leads to it is opened. */
export interface Sought {
  archivePath: string;
  found(bytes: Uint8Array, mediaType: string): void;
}

interface Node {
  name: string;
  archivePath: string;
  depth: number;
}

const RATIO_FROM_BYTES = 1024 * 1024;
const PLAIN_TYPES: ReadonlySet<string> = new Set([MEDIA.txt, MEDIA.md, MEDIA.csv, MEDIA.tsv]);
/** Their members have ordinals behind their own: they are read again on every walk. */
const MAY_HOLD_FILES: ReadonlySet<string> = new Set([
  MEDIA.pdf,
  MEDIA.docx,
  MEDIA.pptx,
  MEDIA.xlsx,
  MEDIA.xlsb,
  MEDIA.doc,
  MEDIA.xls,
  MEDIA.ppt,
  MEDIA.odt,
  MEDIA.ods,
  MEDIA.odp,
  MEDIA.odg,
  MEDIA.rtf,
  MEDIA.xml,
  MEDIA.json,
  MEDIA.jsonl,
  MEDIA.html,
  MEDIA.txt,
]);
const MAIL_TYPES: ReadonlySet<string> = new Set([MEDIA.eml, MEDIA.msg, MEDIA.tnef]);

export class Walk {
  readonly #request: ReadRequest;
  readonly #limits: ExtractLimits;
  readonly #ocr: OcrMode;
  readonly #output: WalkOutput;
  readonly #poison: ReadonlySet<number>;
  readonly #sought: Sought | undefined;
  #ordinal = 0;
  #members = 0;
  #expandedBytes = 0;

  constructor(request: ReadRequest, limits: ExtractLimits, ocr: OcrMode, output: WalkOutput, sought?: Sought) {
    this.#request = request;
    this.#limits = limits;
    this.#ocr = ocr;
    this.#output = output;
    this.#poison = new Set(request.poison);
    this.#sought = sought;
  }

  run(): Promise<void> {
    return this.#visit(this.#request.bytes, { name: this.#request.name, archivePath: '', depth: 0 });
  }

  async #visit(bytes: Uint8Array, node: Node): Promise<void> {
    const ordinal = this.#ordinal++;
    if (this.#poison.has(ordinal)) return;
    const mediaType = sniff(bytes, node.name);
    if (this.#sought !== undefined && this.#sought.archivePath === node.archivePath)
      return this.#sought.found(bytes, mediaType);
    const isContainer = ARCHIVE_TYPES.has(mediaType) || MAIL_TYPES.has(mediaType);
    const isAnswered = ordinal <= this.#request.resumeAfter;
    const mayHoldFiles = MAY_HOLD_FILES.has(mediaType);
    if (isAnswered && !isContainer && !mayHoldFiles) return;
    const contentSha256 = sha256(bytes);
    const header = { ordinal, archivePath: node.archivePath, mediaType, sizeBytes: bytes.byteLength, contentSha256 };
    // Plain text standing alone cannot hang a reader: its announcement is saved.
    if (ordinal > 0 || !PLAIN_TYPES.has(mediaType)) this.#output.begin(header, isContainer);
    if (!isContainer) return await this.#visitLeaf(bytes, header, node, isAnswered);
    try {
      if (ARCHIVE_TYPES.has(mediaType)) await this.#visitArchive(bytes, mediaType, node);
      else await this.#visitMail(bytes, mediaType, header, node);
    } catch (error) {
      // The container as a whole failed, maybe after good members: it is one failed element of its own.
      const own = this.#ordinal++;
      if (own > this.#request.resumeAfter)
        await this.#output.leaf(leafOfError({ ...header, ordinal: own }, error), false);
    }
  }

  async #visitLeaf(bytes: Uint8Array, header: NodeHeader, node: Node, isAnswered: boolean): Promise<void> {
    const { leaf, embedded } = await readLeaf(bytes, header, this.#leafContext(node.name));
    if (!isAnswered) await this.#output.leaf(leaf, header.ordinal === 0 && embedded.length === 0);
    if (embedded.length > 0) await this.#visitAttachments(embedded, node);
  }

  #leafContext(name: string): LeafContext {
    return { name, limits: this.#limits, ocr: this.#ocr, progress: () => this.#output.progress() };
  }

  async #visitArchive(bytes: Uint8Array, mediaType: string, node: Node): Promise<void> {
    const { maxArchiveDepth, maxArchiveEntries } = this.#limits;
    if (node.depth >= maxArchiveDepth)
      throw new TerminalError('extract.archive-depth', `archive: at most ${maxArchiveDepth} levels are opened`);
    const archive = await openArchive(bytes, mediaType, node.name, this.#cap(bytes.byteLength).bytes).catch(
      (error: unknown) => {
        throw this.#capError(error, bytes.byteLength);
      },
    );
    if ((archive.entryCount ?? 0) + this.#members > maxArchiveEntries) throw tooManyEntries(maxArchiveEntries);
    const names = new UniqueNames();
    let documents = 0;
    for await (const member of archive.members()) {
      if (isJunk(member.name)) continue;
      this.#members += 1;
      if (this.#members > maxArchiveEntries) throw tooManyEntries(maxArchiveEntries);
      documents += 1;
      await this.#visitMember(member, {
        name: member.name,
        archivePath: joinPath(node.archivePath, names.take(memberPath(member.name))),
        depth: node.depth + 1,
      });
    }
    if (documents === 0) throw new TerminalError('extract.empty', 'archive: it holds no documents');
  }

  async #visitMember(member: ArchiveMember, node: Node): Promise<void> {
    if (this.#isAside(node.archivePath)) return;
    let content: Uint8Array;
    try {
      content = await member.read(this.#cap(member.packedBytes).bytes);
    } catch (error) {
      const reason = this.#capError(error, member.packedBytes);
      if (reason.code === 'extract.archive-size') throw reason; // nothing more fits: the archive as a whole
      await this.#answer(node.archivePath, new Uint8Array(), reason);
      return;
    }
    this.#expandedBytes += content.byteLength;
    await this.#visit(content, node);
  }

  /** Does a node not lead to what is sought? */
  #isAside(archivePath: string): boolean {
    const wanted = this.#sought?.archivePath;
    return wanted !== undefined && wanted !== archivePath && !wanted.startsWith(`${archivePath}!/`);
  }

  /** Bytes the next piece may expand to, and the limit that says so. */
  #cap(packedBytes: number): {
    bytes: number;
    code: 'extract.archive-ratio' | 'extract.archive-size' | 'extract.too-large';
  } {
    const { maxArchiveBytes, maxArchiveRatio, maxBytes } = this.#limits;
    const left = maxArchiveBytes - this.#expandedBytes;
    const byRatio =
      packedBytes > 0 ? Math.max(RATIO_FROM_BYTES, packedBytes * maxArchiveRatio) : Number.POSITIVE_INFINITY;
    const bytes = Math.min(left, byRatio, maxBytes);
    const code =
      bytes === left ? 'extract.archive-size' : bytes === byRatio ? 'extract.archive-ratio' : 'extract.too-large';
    return { bytes, code };
  }

  /** Says which limit a piece broke that was refused for its size. */
  #capError(error: unknown, packedBytes: number): SluiceError {
    const reason = asSluiceError(error);
    if (reason.code !== 'extract.too-large') return reason;
    const cap = this.#cap(packedBytes);
    return new TerminalError(cap.code, `archive: a piece expands to more than the ${cap.bytes} bytes allowed here`);
  }

  async #visitMail(bytes: Uint8Array, mediaType: string, header: NodeHeader, node: Node): Promise<void> {
    mails ??= await import('./formats/read-mail.ts');
    const startedMs = performance.now();
    const mail = await mails.readMail(bytes, mediaType, this.#limits);
    const ordinal = this.#ordinal++;
    if (ordinal > this.#request.resumeAfter && !this.#poison.has(ordinal)) {
      const own = { ...header, ordinal };
      this.#output.begin(own, false);
      await this.#output.leaf(
        await leafOf(new Uint8Array(), own, mail.body, startedMs, this.#leafContext(node.name)),
        false,
      );
    }
    await this.#visitAttachments(mail.attachments, node);
  }

  /** Files a document carries: attachments of a mail, embedded files of a PDF. They count as one level of nesting. */
  async #visitAttachments(attachments: readonly { name: string; bytes: Uint8Array }[], node: Node): Promise<void> {
    const { maxArchiveEntries, maxArchiveDepth, maxArchiveBytes } = this.#limits;
    const names = new UniqueNames();
    for (const { name, bytes } of attachments) {
      this.#members += 1;
      if (this.#members > maxArchiveEntries) throw tooManyEntries(maxArchiveEntries);
      const archivePath = joinPath(node.archivePath, names.take(memberPath(name)));
      if (this.#isAside(archivePath)) continue;
      this.#expandedBytes += bytes.byteLength;
      if (this.#expandedBytes > maxArchiveBytes)
        await this.#answer(
          archivePath,
          bytes,
          new TerminalError(
            'extract.archive-size',
            `attachment: at most ${maxArchiveBytes} bytes are opened in one document`,
          ),
        );
      else if (node.depth >= maxArchiveDepth)
        await this.#answer(
          archivePath,
          bytes,
          new TerminalError('extract.archive-depth', `attachment: at most ${maxArchiveDepth} levels are opened`),
        );
      else await this.#visit(bytes, { name, archivePath, depth: node.depth + 1 });
    }
  }

  /** A node that is not opened, as a failed leaf. */
  async #answer(archivePath: string, bytes: Uint8Array, reason: SluiceError): Promise<void> {
    const ordinal = this.#ordinal++;
    if (ordinal <= this.#request.resumeAfter) return;
    const header = {
      ordinal,
      archivePath,
      mediaType: MEDIA.bin,
      sizeBytes: bytes.byteLength,
      contentSha256: sha256(bytes),
    };
    await this.#output.leaf(leafOfError(header, reason), false);
  }
}

/** Asking for a module costs even where it is there. */
let mails: typeof import('./formats/read-mail.ts') | undefined;

const joinPath = (outer: string, inner: string) => (outer === '' ? inner : `${outer}!/${inner}`);

const tooManyEntries = (max: number) =>
  new TerminalError('extract.archive-entries', `archive: at most ${max} members are read`);

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
