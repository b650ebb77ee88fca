// Media types by the names people know.
import { words } from '../../words/run.ts';

const NAMES: readonly (readonly [pattern: RegExp, name: string | (() => string)])[] = [
  [/wordprocessingml/, 'Word'],
  [/spreadsheetml/, 'Excel'],
  [/presentationml/, 'PowerPoint'],
  [/^application\/msword$/, 'Word 97–2003'],
  [/^application\/vnd\.ms-excel$/, 'Excel 97–2003'],
  [/^application\/vnd\.ms-powerpoint$/, 'PowerPoint 97–2003'],
  [/^application\/vnd\.ms-outlook$/, () => words.formats.outlook],
  [/^message\/rfc822$/, () => words.formats.mail],
  [/^application\/pdf$/, 'PDF'],
  [/^application\/x-ndjson$/, () => words.formats.jsonLines],
  [/^text\/plain$/, () => words.formats.text],
  [/^text\/(x-)?markdown$/, 'Markdown'],
  [/^text\/html$/, 'HTML'],
  [/^text\/csv$/, 'CSV'],
];

/** Short and known, or the media type's own second part. */
export function formatName(mediaType: string): string {
  const name = NAMES.find(([pattern]) => pattern.test(mediaType))?.[1];
  return (typeof name === 'function' ? name() : name) ?? mediaType.replace(/^application\/(vnd\.|x-)?/, '');
}
