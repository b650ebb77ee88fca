// Targets of links as the files write them (relative, so that GitHub follows them too), resolved to files of the project.
import { posix } from 'node:path';

export interface Target {
  /** From the root of the project. */
  file: string;
  anchor: string;
}

/** @returns undefined of an address elsewhere */
export function targetOf(source: string, href: string): Target | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return undefined;
  const [path = '', anchor = ''] = href.split('#');
  const file = path === '' ? source : posix.normalize(posix.join(posix.dirname(source), decodeURIComponent(path)));
  return { file, anchor: decodeURIComponent(anchor) };
}
