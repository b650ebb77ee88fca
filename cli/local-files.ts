// Files that the command line is given: what is wrong with one is told in words, with its name as it was given.
// Invariants: F1 nobody reads ENOENT or EISDIR: every errno that a path can cause has a sentence.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from './console.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file, not a folder',
  EISDIR: 'is a folder; a file is needed',
  EEXIST: 'exists already and is not a folder',
  EACCES: 'may not be opened: this user has no right to it',
  EPERM: 'may not be changed: this user has no right to it',
  EROFS: 'cannot be written: the disk is read-only',
  ENOSPC: 'cannot be written: the disk is full',
  EDQUOT: 'cannot be written: your quota of the disk is used up',
  ENAMETOOLONG: 'is too long for a name here',
  ELOOP: 'is a link that leads in a circle',
  EMFILE: 'cannot be opened: this process has too many files open',
  EBUSY: 'is in use by another program',
  EINVAL: 'is not a name that can be opened',
  ERR_INVALID_ARG_VALUE: 'is not a name that can be opened',
};

/**
 * An error of the file system in words; undefined for an error of anything else.
 * @param path  as the user gave it; default: as the error has it
 */
export function fileProblem(error: unknown, path?: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path: own } = error as NodeJS.ErrnoException;
  const sentence = SENTENCES[code];
  const name = path ?? own;
  return sentence === undefined || name === undefined ? undefined : `${name} ${sentence}`;
}

/** What stands in a file. @throws {UsageError} it cannot be read */
export function readGivenFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(fileProblem(error, path) ?? `${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Why a file cannot be read there; undefined when it can. */
export function whyNoFile(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? SENTENCES.EISDIR : undefined;
  } catch (error) {
    return fileProblem(error, '')?.trimStart() ?? (error as Error).message;
  }
}

/** Why a file cannot be written there; undefined when it may be. Looked at before the work whose result it takes. */
export function whyNotWritable(path: string): string | undefined {
  const here = whyNoFile(path);
  if (here === undefined || here !== SENTENCES.ENOENT) return here;
  try {
    return statSync(dirname(path)).isDirectory() ? undefined : 'is not in a folder';
  } catch {
    return 'is in a folder that does not exist';
  }
}
