// Messages by key, English beside the code that shows them, German in a file that is loaded when it is wanted.
// Invariants: T1 the English catalogue is the type of the German one: a key that lacks is an error of types. T2 a message is read when it is
// shown, so that a component that shows one is drawn again when the language changes.
import { german, language } from './language.ts';

/** What a component can show. Preact's own type would bring the browser's globals into programs that have none, as tests are. */
export type Shown = string | object;

/** Makes an element of a part of a sentence, such as a link. */
export type Wrap = (text: string) => Shown;

/**
 * A catalogue that speaks the chosen language.
 * @param name     of its German in words/german.ts
 * @param english  texts, functions that make texts of values, or records of both
 */
export function catalogue<T extends object>(name: string, english: T): T {
  const spoken = {} as T; // filled just below, key by key
  for (const key of Object.keys(english) as (keyof T & string)[])
    Object.defineProperty(spoken, key, {
      enumerable: true,
      get: () =>
        (language.value === 'de' ? (german.catalogues[name] as T | undefined) : undefined)?.[key] ?? english[key], // T2
    });
  return spoken;
}
