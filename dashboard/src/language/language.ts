// The one language of the page, and what follows from it. Pure: choose.ts knows the browser.
// Invariant: W1 what is shown follows `language`, a signal: a switch redraws and keeps all state.
import { computed, signal } from '@preact/signals-core';

export type Language = 'en' | 'de';

export const language = signal<Language>('en');

/** What the browser asks for, the first wanted most: navigator.languages, which is also its Accept-Language. */
export const asked = signal<readonly string[]>([]);

/** For Intl: the chosen language as it is written where the browser is at home (de-CH, en-GB), where it says so. */
export const locale = computed(() => localeOf(language.value, asked.value));

/** Catalogues of German by name; empty until they are loaded. */
export const german: { catalogues: Readonly<Record<string, object>> } = { catalogues: {} };

const isLanguage = (text: string | null): text is Language => text === 'en' || text === 'de';

/** The language to begin with. @param saved  what was chosen before @param wanted  language tags, the first wanted most */
export function firstLanguage(saved: string | null, wanted: readonly string[]): Language {
  if (isLanguage(saved)) return saved;
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}

/** A tag for Intl. @param wanted  language tags of the browser */
export const localeOf = (chosen: Language, wanted: readonly string[]): string =>
  wanted.find((tag) => new RegExp(`^${chosen}-[a-z]{2}$`, 'i').test(tag)) ?? chosen;
