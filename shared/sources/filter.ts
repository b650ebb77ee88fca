// Which items of a source are wanted, by path and ending.
import type { SourceEntry } from '../api/source-entry.ts';

export type Wanted = (path: string) => boolean;

/** Upper and lower case count alike, as in SharePoint. */
export function wantedPaths({ include, exclude, types }: Pick<SourceEntry, 'include' | 'exclude' | 'types'>): Wanted {
  const [inside, outside] = [include.map(toPattern), exclude.map(toPattern)];
  const endings = new Set(types);
  return (path) => {
    const lower = path.toLowerCase();
    if (endings.size > 0 && !endings.has(lower.slice(lower.lastIndexOf('.') + 1))) return false;
    if (inside.length > 0 && !inside.some((pattern) => pattern.test(lower))) return false;
    return !outside.some((pattern) => pattern.test(lower));
  };
}

/** `*` stays in a folder, `**` does not; a folder's name stands for all below it. */
function toPattern(glob: string): RegExp {
  const source = glob
    .toLowerCase()
    .replace(/^\/+|\/+$/g, '')
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:[^/]*/)*';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}(?:/.*)?$`);
}
