// The form of a word that goes with a number, by the rules of its language.

const rules = { en: new Intl.PluralRules('en'), de: new Intl.PluralRules('de') };

/** @param one  the word for what the language counts as one: 1 run, 1 Lauf */
export const pluralEn = (value: number, one: string, other: string): string =>
  rules.en.select(value) === 'one' ? one : other;

/** The same in German. */
export const pluralDe = (value: number, one: string, other: string): string =>
  rules.de.select(value) === 'one' ? one : other;
