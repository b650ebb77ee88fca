// Messages between the host and a drawing process.
// Invariants: P1 one request at a time. P2 a process holds the document it drew last; the host sends the content of another with the request.
import type { ErrorCode } from '../../errors.ts';
import type { DrawnPage } from './page.ts';

/** What to draw from: a file, or a member of it, whose bytes must have that hash; or a text. */
export type PageContent =
  | { kind: 'file'; name: string; archivePath: string; contentSha256: string; bytes: Uint8Array }
  | { kind: 'text'; text: string };

export interface DrawRequest {
  kind: 'draw';
  id: number;
  /** Names the content. */
  key: string;
  /** Left out when the process holds it. */
  content?: PageContent;
  /** From 1. */
  page: number;
  widthPx: number;
  /** Look for words where the page is an image; takes seconds. */
  readsImage: boolean;
}

export type DrawAnswer =
  | { kind: 'ready' }
  | { kind: 'progress'; id: number }
  | { kind: 'drawn'; id: number; drawn: DrawnPage; rssBytes: number }
  | { kind: 'refused'; id: number; code: ErrorCode; message: string; rssBytes: number };
