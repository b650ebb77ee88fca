// Where added files go in the lake. Pure.

/** Files that operating systems leave in folders and nobody means. */
const JUNK =
  /(^|\/)(\.DS_Store|\._[^/]*|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.Spotlight-V100|\.Trashes|__MACOSX)(\/|$)/i;

export const isJunk = (path: string): boolean => JUNK.test(path);

/** Longest path the API takes, characters. */
export const MAX_PATH_CHARS = 1024;

/**
 * A name as the lake keeps it: composed letters (macOS gives them decomposed), no control characters, no lone halves of
 * surrogate pairs, which no URL can hold.
 */
export const cleanPath = (path: string): string =>
  path
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f]/g, '_')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');

/** `letters` at 14:05:09 UTC → `letters-20250503-140509/`: two imports of one folder never mix. */
export function folderPrefix(folder: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${cleanPath(folder).replaceAll('/', '-') || 'files'}-${stamp}/`;
}

/** Path of the PUT below /api/, each part encoded by itself. */
export const uploadPath = (container: 'landing' | 'imports', path: string): string =>
  `uploads/${container}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** Kinds of files whose members become documents of their own, by their names. */
export const isArchive = (path: string): boolean =>
  /\.(zip|7z|rar|tar|tgz|tbz2?|txz|gz|bz2|xz|cab|iso|mbox)$/i.test(path);
