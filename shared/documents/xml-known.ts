// Names of elements and short start tags of XML that were met before, in any text: programs write the same few in all of them.
// Invariants: K1 what is kept is bounded, in number and length. K2 it keeps no text alive: a piece of a string would.
import { localOf, type Tag, takeTagApart } from './xml-tag.ts';

export interface Name {
  written: string;
  /** Without its prefix. */
  local: string;
}

const [MAX_NAMES, MAX_NAME] = [4000, 60];
const MAX_TAGS = 4000;
/** Characters of a tag that is kept. */
export const MAX_TAG = 160;

/** The engine keeps each name once: comparing two costs nothing. */
const names = new Map<string, Name>();
/** Those met last, by their hash: finding one makes no string. */
const slots: (Name | undefined)[] = Array.from({ length: 1024 }, () => undefined);
const tags = new Map<string, Tag>();

/** Forgets what was met when there is too much of it: once before a text. */
export function makeRoom(): void {
  if (names.size >= MAX_NAMES) names.clear();
  if (tags.size >= MAX_TAGS) tags.clear();
}

/** The name that stands there. @param hash  of it */
export function nameAt(xml: string, from: number, to: number, hash: number): Name {
  const slot = (hash ^ (hash >> 10)) & (slots.length - 1);
  const last = slots[slot];
  if (last !== undefined && last.written.length === to - from && xml.startsWith(last.written, from)) return last;
  const written = xml.slice(from, to);
  const name = names.get(written) ?? keepName(written);
  if (name === undefined) return { written, local: localOf(written) };
  slots[slot] = name;
  return name;
}

/** @returns undefined where it is not kept */
function keepName(written: string): Name | undefined {
  if (written.length > MAX_NAME || names.size >= MAX_NAMES) return undefined;
  const key = asKey(written);
  const name = { written: key, local: asKey(localOf(key)) };
  names.set(key, name);
  return name;
}

/** @param written  from its first char to its last */
export const knownTag = (written: string): Tag | undefined => tags.get(written);

/** Takes a tag apart and keeps it. @returns undefined where it does not end where it seems to */
export function keepTag(written: string): Tag | undefined {
  const key = asKey(written);
  const taken = takeTagApart(key, 0);
  if (taken !== undefined) tags.set(key, taken.tag);
  return taken?.tag;
}

/** The same as one of the strings that the engine keeps once. */
function asKey(text: string): string {
  const keys: Record<string, number> = Object.create(null);
  keys[text] = 0;
  return Object.keys(keys)[0]!; // the one there is
}
