// Limits of reading one document, each with its failure code. The defaults suit a host with 2 cores and 4 GB.

export interface ExtractLimits {
  /** Bytes of one document; over it: extract.too-large. */
  maxBytes: number;
  /** Pages of one document (PDF pages, slides); over it: extract.too-many-pages. */
  maxPages: number;
  /** Characters of text of one document; over it: extract.too-large. */
  maxChars: number;
  /** Cells read of one workbook; further cells are left out with a warning. */
  maxCells: number;
  /** XML or HTML elements of one part; over it: extract.too-large. */
  maxElements: number;
  /** Milliseconds for one document (one member of an archive); over it the reader is killed: extract.timeout. */
  timeoutMs: number;
  /** Milliseconds for an archive with all its members; over it: extract.timeout. */
  archiveTimeoutMs: number;
  /** Resident bytes of a reader process; over it the reader is killed: extract.out-of-memory. Needs /proc. */
  maxMemoryBytes: number;
  /** Archives inside archives; 1 = an archive whose members are documents. Over it: extract.archive-depth. */
  maxArchiveDepth: number;
  /** Members of an archive, nested ones included; over it: extract.archive-entries. */
  maxArchiveEntries: number;
  /** Expanded bytes per packed byte of a member or package part, from 1 MiB on; over it: extract.archive-ratio. */
  maxArchiveRatio: number;
  /** Expanded bytes of an archive, nested members included; over it: extract.archive-size. */
  maxArchiveBytes: number;
  /** Pages of one document sent to OCR; the others stay unread with a warning. */
  maxOcrPages: number;
  /** Documents a reader process serves before it is replaced. */
  recycleAfter: number;
  /** Resident bytes after a document from which a reader process is replaced once it is idle. */
  recycleMemoryBytes: number;
  /** Milliseconds without work after which reader processes end. */
  idleMs: number;
}

const MiB = 1024 * 1024;

export const defaultExtractLimits: ExtractLimits = {
  maxBytes: 200 * MiB,
  maxPages: 5000,
  maxChars: 64 * MiB,
  maxCells: 2_000_000,
  maxElements: 5_000_000,
  timeoutMs: 60_000,
  archiveTimeoutMs: 15 * 60_000,
  maxMemoryBytes: 1024 * MiB,
  maxArchiveDepth: 4,
  maxArchiveEntries: 10_000,
  maxArchiveRatio: 200,
  maxArchiveBytes: 1024 * MiB,
  maxOcrPages: 50,
  recycleAfter: 2000,
  recycleMemoryBytes: 640 * MiB,
  idleMs: 15_000,
};
