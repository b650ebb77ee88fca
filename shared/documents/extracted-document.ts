// One element of what was read: the document itself, a member of an archive, an attachment.
import type { ErrorCode } from '../errors.ts';

export interface ExtractedDocument {
  /** '' for the document itself, `inner/a.txt` or `inner.zip!/b.txt` for a member or attachment. */
  archivePath: string;
  status: 'ok' | 'failed';
  code: ErrorCode | null;
  message: string | null;
  mediaType: string;
  sizeBytes: number;
  /** SHA-256 of the document's own bytes, lower-case hex. */
  contentSha256: string;
  /** Pages or slides; null for formats without pages. */
  pages: number | null;
  /** Length of `text` in UTF-16 units. */
  chars: number;
  /** ISO 639-1, null when undetermined. */
  language: string | null;
  /** Cleaned and whole; '' when failed. */
  text: string;
  /** What was left out or mended, in words; no content. */
  warnings: string[];
  /** Reading time in milliseconds. */
  ms: number;
}
