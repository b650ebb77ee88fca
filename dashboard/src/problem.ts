// What the API says went wrong, in the chosen language where its code is known there.
import { words } from './words/errors.ts';

export interface Problem {
  message: string;
  remedy: string;
  /** The API's own English words, where the others are a translation: they name what this one is about. */
  own: string | undefined;
}

/** @param message  what happened, as the API says it @param remedy  what to do, '' where the message says it */
export function problemOf(code: string | null, message: string, remedy = ''): Problem {
  const told = code === null ? undefined : words.byCode[code];
  return told === undefined
    ? { message, remedy, own: undefined }
    : { message: told[0], remedy: told[1], own: message === '' || code?.startsWith('route.') ? undefined : message }; // of a route the message is its advice, in English
}
