// Names of members as parts of an archive path. They name rows, never files.

const MAX_PATH_CHARS = 900; // a lake path holds 1,024
const JUNK = /(^|\/)(__MACOSX\/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i;

/** Relative, with forward slashes, without `..`, drive, control characters or empty parts. */
export function memberPath(name: string): string {
  const parts = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/^[a-z]:/i, '')
    .split(/[/\\]+/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  const path = parts.join('/');
  return path === '' ? 'unnamed' : path.slice(-MAX_PATH_CHARS).toWellFormed();
}

/** Files that operating systems leave in archives and nobody wrote. */
export function isJunk(name: string): boolean {
  return JUNK.test(name.replaceAll('\\', '/'));
}

/** Makes names unique within one archive: the second `a.txt` is `a.txt#2`. */
export class UniqueNames {
  readonly #seen = new Map<string, number>();

  take(path: string): string {
    const count = (this.#seen.get(path) ?? 0) + 1;
    this.#seen.set(path, count);
    return count === 1 ? path : this.take(`${path}#${count}`);
  }
}
