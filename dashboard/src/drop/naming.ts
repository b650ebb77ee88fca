// Where added files go in the lake. Pure.

/** Files that operating systems leave in folders and nobody means. */
const JUNK =
  /(^|\/)(\.DS_Store|\._[^/]*|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.Spotlight-V100|\.Trashes|__MACOSX)(\/|$)/i;

export const isJunk = (path: string): boolean => JUNK.test(path);

/** Longest path the API takes, characters. */
export const MAX_PATH_CHARS = 1024;

/**
 * A name as the lake keeps it: composed letters (macOS gives them decomposed), no backslash (storage takes it for a slash), no control
 * characters and no halves of characters, which no URL can hold.
 */
export const cleanPath = (path: string): string =>
  path
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\\\p{Cc}\uFFFE\uFFFF]/gu, '_')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');

/** `letters` at 14:05:09 UTC → `letters-20250503-140509/`: two imports of one folder do not mix. */
export const folderPrefix = (folder: string, now: Date): string =>
  `${cleanPath(folder).replaceAll('/', '-') || 'files'}-${stampOf(now)}/`;

/** `scan.pdf` → `scan-20250503-140509.pdf`, where the plain name is taken. */
export function stampedName(name: string, now: Date): string {
  const dot = name.lastIndexOf('.');
  const end = dot > 0 ? dot : name.length;
  return `${name.slice(0, end)}-${stampOf(now)}${name.slice(end)}`;
}

/** UTC, to the second. */
const stampOf = (now: Date): string => now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);

/** `scan.pdf` when it is free, else `scan (2).pdf` and so on. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const dot = name.lastIndexOf('.');
  const end = dot > 0 ? dot : name.length;
  for (let n = 2; ; n++) {
    const next = `${name.slice(0, end)} (${n})${name.slice(end)}`;
    if (!taken.has(next)) return next;
  }
}

/** Path of the PUT below /api/, each part encoded by itself. */
export const uploadPath = (container: 'landing' | 'imports', path: string): string =>
  `uploads/${container}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** Kinds of files whose members become documents of their own, by their names. */
export const isArchive = (path: string): boolean =>
  /\.(zip|7z|rar|tar|tgz|tbz2?|txz|gz|bz2|xz|cab|iso|mbox)$/i.test(path);
