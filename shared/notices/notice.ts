// A message to people: some lines of numbers and a link, in words that every channel can show. Never a document's content, name or path.
import type { NoticeStatus } from '../api/notices.ts';

export interface Notice {
  /** The same work gives the same id, so that it is told once. */
  id: string;
  kind: NoticeStatus['kind'];
  title: string;
  lines: string[];
  /** A view of the page; null where nobody said where it is (PUBLIC_URL). */
  link: string | null;
}

/** Where notices go. */
export interface Channel {
  name: 'webhook' | 'email';
  /** Resolves when it was taken. @throws {SluiceError} notice.refused, notice.unavailable, without the address or its answer */
  send(notice: Notice): Promise<void>;
}

/** As plain text. */
export const textOf = ({ title, lines, link }: Notice): string =>
  [title, '', ...lines, ...(link === null ? [] : ['', link])].join('\n');
