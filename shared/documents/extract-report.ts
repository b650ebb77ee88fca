// One document as `sluice extract` prints it: a JSON line for programs, a block for people.
import type { ExtractedDocument } from './extract.ts';

/** The fields of one JSON line, in this order. */
export interface ExtractLine {
  path: string;
  archivePath: string;
  status: 'ok' | 'failed';
  code: string | null;
  mediaType: string;
  language: string | null;
  pages: number | null;
  chars: number;
  text: string;
  warnings: string[];
  ms: number;
}

/** One line of JSON, without line end. @param path the file as the user named it */
export function formatExtractJsonLine(path: string, document: ExtractedDocument): string {
  const { archivePath, status, code, mediaType, language, pages, chars, text, warnings, ms } = document;
  const line: ExtractLine = { path, archivePath, status, code, mediaType, language, pages, chars, text, warnings, ms };
  return JSON.stringify(line);
}

/** Heading, warnings and text for reading on a screen. */
export function formatExtractText(path: string, document: ExtractedDocument): string {
  const { archivePath, status, code, message, mediaType, language, pages, chars, text, warnings, ms } = document;
  const facts = [
    status === 'ok' ? 'ok' : `failed (${code})`,
    mediaType,
    language === null ? undefined : `language ${language}`,
    pages === null ? undefined : `${pages} page(s)`,
    `${chars} characters`,
    `${ms} ms`,
  ].filter((fact) => fact !== undefined);
  const head = [
    `== ${archivePath === '' ? path : `${path}!/${archivePath}`}`,
    `   ${facts.join(', ')}`,
    ...warnings.map((warning) => `   ! ${warning}`),
  ];
  if (message !== null) head.push(`   ${message}`);
  return text === '' ? head.join('\n') : `${head.join('\n')}\n\n${text}`;
}
