// From what a reader process said, or how it ended, to the element the caller sees.
import { ERROR_REMEDIES, type ErrorCode } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import type { ExtractedDocument } from './extracted-document.ts';
import { MEDIA } from './media-type.ts';
import type { LeafResult, NodeHeader } from './protocol.ts';
import type { SlotEnd } from './slot.ts';

/** A leaf without what only the reader processes need; failures get their remedy. */
export function toDocument(leaf: LeafResult): ExtractedDocument {
  const { ordinal: _ordinal, ocr: _ocr, ...rest } = leaf;
  const message = leaf.code === null ? null : `${leaf.message ?? 'document'}. ${ERROR_REMEDIES[leaf.code]}`;
  return { ...rest, message, chars: leaf.text.length, ms: Math.round(leaf.ms * 10) / 10 };
}

/** A leaf that was not read. @param ms  spent on it */
export const failedLeaf = (node: NodeHeader, code: ErrorCode, message: string, ms = 0): LeafResult => ({
  ...node,
  status: 'failed',
  code,
  message,
  pages: null,
  language: null,
  text: '',
  warnings: [],
  ms,
});

/** Header of a document no reader has looked at. */
export function unopened(bytes: Uint8Array): NodeHeader {
  return {
    ordinal: 0,
    archivePath: '',
    mediaType: MEDIA.bin,
    sizeBytes: bytes.byteLength,
    contentSha256: sha256Hex(bytes),
  };
}

/** What the end of a reader says of the document it was reading. */
export function codeOfEnd(end: SlotEnd): ErrorCode {
  if (end.reason === 'timeout') return 'extract.timeout';
  if (end.reason === 'memory') return 'extract.out-of-memory';
  // V8 aborts at its heap limit: SIGABRT or SIGTRAP by platform, exit code 134 where a shell is between.
  if (end.signal === 'SIGABRT' || end.signal === 'SIGTRAP' || end.exitCode === 134) return 'extract.out-of-memory';
  return 'extract.crashed';
}

const LIGHT_BYTES = 64 * 1024;

/** Small and without a binary or markup signature: cannot hang a reader. */
export function isLight(bytes: Uint8Array): boolean {
  if (bytes.byteLength > LIGHT_BYTES) return false;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.byteLength)).toString('latin1');
  return !/^(PK|%PDF|\xd0\xcf|\{\\rt|7z|\x1f\x8b|<|\x89PNG|\xff\xd8|II|MM|\xef\xbb\xbf<)/.test(head);
}
