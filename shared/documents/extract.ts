// Bytes of a document in, text or a failure code out, whatever the bytes are.
// Invariants: E1 every document ends as one or more elements, each with text or with a code. E2 a document that hangs, crashes or
// eats memory costs its reader process and nothing else: the others of the batch are read by a fresh one. E3 text never reaches a log.

import type { ErrorCode } from '../errors.ts';
import type { Logger } from '../ports.ts';
import { roomiest } from './ahead.ts';
import type { ExtractedDocument } from './extracted-document.ts';
import { defaultExtractLimits, type ExtractLimits } from './limits.ts';
import { finishOcr, type OcrEngine } from './ocr.ts';
import { codeOfEnd, failedLeaf, isLight, toDocument, unopened } from './outcome.ts';
import type { LeafResult, NodeHeader, ReaderMessage, ReaderOptions, ReadRequest } from './protocol.ts';
import { Slot, type SlotEnd } from './slot.ts';

export interface SourceDocument {
  /** File name as a hint for plain-text kinds. Hostile: never a path to open. */
  name: string;
  bytes: Uint8Array;
}

export interface ExtractorOptions {
  limits?: Partial<ExtractLimits>;
  /** Reader processes at most. Default 2. */
  slots?: number;
  logger: Logger;
  /** Page images: 'off' fails them with extract.needs-ocr, 'local' reads them in the reader process, an engine reads them from here. */
  ocr?: 'off' | 'local' | OcrEngine;
}

interface Job {
  id: number;
  source: SourceDocument;
  isLight: boolean;
  leaves: LeafResult[];
  /** The document itself, once a reader has named its type. */
  root: NodeHeader | undefined;
  begun: { node: NodeHeader; isContainer: boolean } | undefined;
  lastOrdinal: number;
  poison: number[];
  hasRetried: boolean;
  startedMs: number;
  resolve: (documents: ExtractedDocument[]) => void;
}

interface Reader {
  slot: Slot<ReadRequest, ReaderMessage>;
  jobs: Job[];
  served: number;
  /** Of these, the ones that a parser has read. */
  parsed: number;
  mustRecycle: boolean;
}

/** Members of one archive that may end a reader before the archive as a whole is given up. */
const MAX_POISON = 16;

export class Extractor {
  readonly limits: ExtractLimits;
  readonly #options: ReaderOptions;
  readonly #maxReaders: number;
  readonly #logger: Logger;
  readonly #ocr: OcrEngine | undefined;
  readonly #queue: Job[] = [];
  #readers: Reader[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #nextId = 0;
  #isClosed = false;

  constructor(options: ExtractorOptions) {
    this.limits = { ...defaultExtractLimits, ...options.limits };
    const ocr = options.ocr ?? 'off';
    this.#ocr = typeof ocr === 'string' ? undefined : ocr;
    this.#options = { limits: this.limits, ocr: typeof ocr === 'string' ? ocr : 'host' };
    this.#maxReaders = options.slots ?? 2;
    this.#logger = options.logger;
  }

  /**
   * Read one document with its members and attachments. Never rejects for what the bytes are.
   * @returns one element for a plain document; a mail gives itself and its attachments, an archive its members, in walking order
   */
  extract(source: SourceDocument): Promise<ExtractedDocument[]> {
    if (this.#isClosed) return Promise.reject(new Error('extract: the extractor is closed'));
    const early = this.#refuse(source);
    if (early !== undefined) return Promise.resolve([early]);
    return new Promise((resolve) => {
      this.#queue.push({
        id: this.#nextId++,
        source,
        isLight: isLight(source.bytes),
        leaves: [],
        root: undefined,
        begun: undefined,
        lastOrdinal: -1,
        poison: [],
        hasRetried: false,
        startedMs: 0,
        resolve,
      });
      this.#pump();
    });
  }

  /** Process ids of the readers alive, for watching their memory. */
  get readerPids(): number[] {
    return this.#readers.flatMap(({ slot }) => slot.pid ?? []);
  }

  /** End the reader processes. Documents in work end as failed(extract.crashed). */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    const readers = this.#readers;
    await Promise.all(readers.map((reader) => reader.slot.end()));
    for (const job of this.#queue.splice(0)) this.#give(job, [this.#failure(job, 'extract.crashed', 'closed')]);
  }

  #refuse(source: SourceDocument): ExtractedDocument | undefined {
    const need = this.limits.maxBytes;
    if (source.bytes.byteLength <= need) return undefined;
    const message = `document: at most ${need} bytes are read, this one has ${source.bytes.byteLength}`;
    return toDocument(failedLeaf(unopened(source.bytes), 'extract.too-large', message));
  }

  #pump(): void {
    clearTimeout(this.#idleTimer);
    while (this.#queue.length > 0 && !this.#isClosed) {
      const job = this.#queue[0]!; // length > 0
      const reader = this.#pickReader(job);
      if (reader === undefined) break;
      this.#queue.shift();
      this.#hand(reader, job);
    }
    if (this.#readers.length > 0 && this.#readers.every((r) => r.jobs.length === 0)) {
      this.#idleTimer = setTimeout(() => this.#retireIdle(), this.limits.idleMs);
      this.#idleTimer.unref();
    }
  }

  #pickReader(job: Job): Reader | undefined {
    const able = this.#readers.filter((r) => !r.mustRecycle);
    const idle = able.find((r) => r.jobs.length === 0);
    if (idle !== undefined) return idle;
    if (this.#readers.length < this.#maxReaders) return this.#startReader();
    return roomiest(able, job, this.#queue.length);
  }

  #startReader(): Reader {
    const reader: Reader = {
      jobs: [],
      served: 0,
      parsed: 0,
      mustRecycle: false,
      slot: new Slot('./reader-process', this.#options, {
        message: (message) => this.#onMessage(reader, message),
        end: (end) => this.#onEnd(reader, end),
      }),
    };
    this.#readers.push(reader);
    return reader;
  }

  #hand(reader: Reader, job: Job): void {
    if (job.startedMs === 0) job.startedMs = performance.now();
    reader.jobs.push(job);
    job.begun = undefined;
    const { name, bytes } = job.source;
    const deadlineMs = job.startedMs + this.limits.archiveTimeoutMs;
    const { id, lastOrdinal: resumeAfter, poison } = job;
    reader.slot.read({ kind: 'read', id, name, bytes, resumeAfter, poison }, deadlineMs);
  }

  #onMessage(reader: Reader, message: ReaderMessage): void {
    const job = reader.jobs[0];
    if (job === undefined || message.kind === 'ready' || message.id !== job.id) return;
    if (message.kind === 'begin') {
      job.begun = message;
      job.root ??= message.node;
    } else if (message.kind === 'leaf') {
      job.leaves.push(message.leaf);
      job.lastOrdinal = message.leaf.ordinal;
      job.begun = undefined;
    } else if (message.kind === 'done') {
      if (message.last !== null) job.leaves.push(message.last);
      reader.jobs.shift();
      reader.served += 1;
      // Plain text leaves nothing behind in a reader; what parsers leave is what recycling is for.
      if (!job.isLight) reader.parsed += 1;
      reader.mustRecycle =
        reader.parsed >= this.limits.recycleAfter || message.rssBytes > this.limits.recycleMemoryBytes;
      void this.#finish(job);
      this.#settle(reader);
    }
  }

  /** A reader has answered: recycle it when it is due, give it more otherwise. */
  #settle(reader: Reader): void {
    if (reader.jobs.length === 0) {
      reader.slot.idle();
      if (reader.mustRecycle) this.#retire(reader);
    }
    this.#pump();
  }

  #retire(reader: Reader): void {
    this.#readers = this.#readers.filter((r) => r !== reader);
    void reader.slot.end();
  }

  #retireIdle(): void {
    for (const reader of this.#readers) if (reader.jobs.length === 0) this.#retire(reader);
  }

  #onEnd(reader: Reader, end: SlotEnd): void {
    this.#readers = this.#readers.filter((r) => r !== reader);
    const [culprit, ...others] = reader.jobs.splice(0);
    this.#queue.unshift(...others);
    if (culprit !== undefined) {
      this.#logger.warn('extract.reader-ended', {
        reason: end.reason,
        exitCode: end.exitCode,
        signal: end.signal,
        sizeBytes: culprit.source.bytes.byteLength,
        served: reader.served,
      });
      this.#judge(culprit, reader.served, end);
    }
    this.#pump();
  }

  /** The reader ended on this document: try once more in a fresh process if the old one may be to blame, else fail what was open. */
  #judge(job: Job, served: number, end: SlotEnd): void {
    const isOverdue = performance.now() - job.startedMs > this.limits.archiveTimeoutMs;
    const code = isOverdue ? 'extract.timeout' : codeOfEnd(end);
    if (this.#isClosed || isOverdue) {
      job.leaves.push(
        this.#failure(job, this.#isClosed ? 'extract.crashed' : code, this.#isClosed ? 'closed' : end.reason),
      );
      void this.#finish(job);
      return;
    }
    const isOld = served > 0 || job.leaves.length > 0;
    if (isOld && !job.hasRetried && code !== 'extract.timeout') {
      job.hasRetried = true;
      this.#queue.unshift(job);
      return;
    }
    const isWhole = job.begun === undefined || job.begun.node.archivePath === '';
    const failure = this.#failure(job, code, end.reason, job.begun?.node);
    job.leaves.push(failure);
    if (isWhole || job.poison.length >= MAX_POISON) {
      if (!isWhole) job.leaves.push(this.#failure(job, code, `${end.reason}, too often`)); // the members that follow
      void this.#finish(job);
      return;
    }
    job.poison.push(failure.ordinal);
    job.hasRetried = false;
    this.#queue.unshift(job);
  }

  /** A failed leaf for a node, or for the document as a whole. */
  #failure(job: Job, code: ErrorCode, reason: string, node = job.root ?? unopened(job.source.bytes)): LeafResult {
    const ms = job.startedMs === 0 ? 0 : performance.now() - job.startedMs;
    return failedLeaf(node, code, `document: the reader was ended (${reason})`, ms);
  }

  async #finish(job: Job): Promise<void> {
    if (this.#ocr !== undefined)
      job.leaves = await Promise.all(job.leaves.map((leaf) => finishOcr(leaf, this.#ocr!, this.#logger))); // checked above
    this.#give(job, job.leaves);
  }

  #give(job: Job, leaves: LeafResult[]): void {
    job.resolve(leaves.map(toDocument));
  }
}
