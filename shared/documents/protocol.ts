// Messages between the host and a reader process.
// Invariants: P1 a reader answers requests in the order they came. P2 within a request, every node of the document tree (a document,
// an archive, a member) has an ordinal in walking order, equal on every walk; `begin` names it before it is opened.
import type { ErrorCode } from '../errors.ts';
import type { ExtractLimits } from './limits.ts';

/** Where page images are read: nowhere, in the reader process, or by the host after the reader has asked for it. */
export type OcrMode = 'off' | 'local' | 'host';

export interface ReaderOptions {
  limits: ExtractLimits;
  ocr: OcrMode;
}

export interface ReadRequest {
  kind: 'read';
  id: number;
  name: string;
  bytes: Uint8Array;
  /** Leaves up to this ordinal were answered by an earlier walk and are not read again; -1 at first. */
  resumeAfter: number;
  /** Ordinals that ended a reader; they are passed over. */
  poison: number[];
}

export type HostMessage = { kind: 'configure'; options: ReaderOptions } | ReadRequest;

/** What is known of a node before it is opened. */
export interface NodeHeader {
  ordinal: number;
  archivePath: string;
  mediaType: string;
  sizeBytes: number;
  contentSha256: string;
}

/** Pages the host's OCR should read, with the text of the others. */
export interface OcrWanted {
  bytes: Uint8Array;
  /** 1-based; null = the whole document is one image; [] = none. */
  pages: number[] | null;
  /** Text per page, '' where OCR is wanted. */
  texts: string[];
  /** Image files that stand in the document. */
  pictures: Uint8Array[];
}

export interface LeafResult extends NodeHeader {
  status: 'ok' | 'failed';
  code: ErrorCode | null;
  message: string | null;
  pages: number | null;
  language: string | null;
  text: string;
  warnings: string[];
  ms: number;
  ocr?: OcrWanted;
}

/** `begin` is left out for a plain text standing alone; the leaf of a document without members travels with `done`. */
export type ReaderMessage =
  | { kind: 'ready' }
  | { kind: 'begin'; id: number; node: NodeHeader; isContainer: boolean }
  | { kind: 'progress'; id: number }
  | { kind: 'leaf'; id: number; leaf: LeafResult }
  | { kind: 'done'; id: number; last: LeafResult | null; rssBytes: number };
