// Media types by the names people know.

const NAMES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/wordprocessingml/, 'Word'],
  [/spreadsheetml/, 'Excel'],
  [/presentationml/, 'PowerPoint'],
  [/^application\/msword$/, 'Word 97–2003'],
  [/^application\/vnd\.ms-excel$/, 'Excel 97–2003'],
  [/^application\/vnd\.ms-powerpoint$/, 'PowerPoint 97–2003'],
  [/^application\/vnd\.ms-outlook$/, 'Outlook mail'],
  [/^message\/rfc822$/, 'Mail'],
  [/^application\/pdf$/, 'PDF'],
  [/^application\/x-ndjson$/, 'JSON lines'],
  [/^text\/plain$/, 'Plain text'],
  [/^text\/(x-)?markdown$/, 'Markdown'],
  [/^text\/html$/, 'HTML'],
  [/^text\/csv$/, 'CSV'],
];

/** Short and known, or the media type's own second part. */
export const formatName = (mediaType: string): string =>
  NAMES.find(([pattern]) => pattern.test(mediaType))?.[1] ?? mediaType.replace(/^application\/(vnd\.|x-)?/, '');
