// What of a text that others wrote (names of documents, labels, quotes, answers of servers) may reach a terminal.
// Invariants: P1 none of their control characters, escape sequences, direction marks or invisible characters acts on the screen: each is shown as �.
//             P2 JSON keeps its meaning: there they are written as \u escapes.

/** Controls, formats (direction marks, tags), private and unassigned characters, line separators; not the line break and the tab. */
const ACTING = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029]/gu;
/** Joiners between letters of a script that needs them (Persian, Hindi) and parts of an emoji are writing. */
const WRITTEN_JOINER = /[^\0-\x7f][\u200c\u200d](?=[^\0-\x7f])/u;

/** A text of one or more lines. */
export const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(ACTING, (char, at: number, whole: string) =>
      at > 0 && WRITTEN_JOINER.test(whole.slice(at - 1, at + 2)) ? char : '�',
    );

/** The same in one line: a cell of a table, a name within a sentence. */
export const printableLine = (text: string): string => printable(text.replace(/\s+/g, ' '));

/** A JSON document that is safe to look at. */
export const printableJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(/[\x7f-\x9f\p{Cf}\u2028\u2029]/gu, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
