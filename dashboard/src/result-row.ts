// A decision as people are shown it: its strongest reasons, its name, its place.
import type { Decision } from '../../shared/api/answers.ts';
import { words } from './words/parts.ts';

/** The terms that spoke more for the label than for its runner-up, the strongest first as they are stored. */
export const leadingTerms = (row: Pick<Decision, 'evidence'>, most: number): string[] =>
  row.evidence
    .filter(({ weight, runnerUpWeight }) => weight > runnerUpWeight)
    .slice(0, most)
    .map(({ term }) => term);

export const isErased = (row: Pick<Decision, 'code'>): boolean => row.code === 'document.erased';

/** What people are shown of where it lies. */
export const shownPath = (row: Pick<Decision, 'path' | 'originalPath'>): string | null => row.originalPath ?? row.path;

/** A document's name, its folder and its place in an archive, for showing them apart. */
export function nameOf(path: string | null, archivePath: string | null): PathParts {
  if (path === null || path === '') return { name: words.erased, folder: '', archive: '' };
  const slash = path.lastIndexOf('/');
  const file = path.slice(slash + 1);
  const folder = path.slice(0, Math.max(0, slash));
  if (archivePath === null || archivePath === '') return { name: file, folder, archive: '' };
  const members = archivePath.split('!/');
  const inner = members.pop() ?? archivePath;
  const innerSlash = inner.lastIndexOf('/');
  const around = [file, ...members, inner.slice(0, Math.max(0, innerSlash))].filter((part) => part !== '');
  return { name: inner.slice(innerSlash + 1), folder, archive: around.join(' ▸ ') };
}

export interface PathParts {
  name: string;
  folder: string;
  /** The archives and folders around a member, outermost first; '' for files of their own. */
  archive: string;
}
