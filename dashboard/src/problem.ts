// What the API says went wrong, in the chosen language where its code is known there.
import { words } from './words/errors.ts';

export interface Problem {
  message: string;
  remedy: string;
  /** The API's own English words, where the others are a translation: they name what this one is about. */
  own: string | undefined;
}

/** Reasons of the routing are their advice and nothing of their own. */
const NOTHING_OF_ITS_OWN = /^route\./;

/** @param message  what happened, as the API says it @param remedy  what to do, '' where the message says it */
export function problemOf(code: string | null, message: string, remedy = ''): Problem {
  const told = code === null ? undefined : words.byCode[code];
  if (code === null || told === undefined) return { message, remedy, own: undefined };
  const own = message === '' || NOTHING_OF_ITS_OWN.test(code) ? undefined : message;
  return { message: told[0], remedy: told[1], own };
}
