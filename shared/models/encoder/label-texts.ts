// What a label's description says belongs there, cut into pieces an encoder understands best: names and short phrases.
// Invariant: T1 what a description says does not belong there is left out: an encoder hears the words, not the "not".

/** Beginnings of a sentence that says what does not belong, in the languages people have written descriptions in. */
const EXCLUDES =
  /^(?:does not|do not|doesn't|don't|not\b|never\b|excludes?\b|excluding\b|except\b|without\b|nicht\b|kein\w*\b|ohne\b|außer\b|ausgenommen\b|n'inclut pas|ne comprend pas|sauf\b|hors\b|no incluye|excepto\b|non include)/i;
const MAX_PHRASES = 64;
const MIN_CHARS = 4;

export interface DescribedLabel {
  name: string;
  description: string;
  aliases?: readonly string[] | undefined;
}

/** Name, aliases and phrases of a label, without repetition. */
export function labelPhrases({ name, description, aliases = [] }: DescribedLabel): string[] {
  const sentences = description
    .split(/(?<=[.;!?])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && !EXCLUDES.test(sentence));
  const phrases = sentences.flatMap((sentence) =>
    sentence
      .split(/[,;:()]\s*|\s+(?:and|or|und|oder|et|ou|y|e)\s+/)
      .map((phrase) => phrase.trim().replace(/[.!?]+$/, ''))
      .filter((phrase) => phrase.length >= MIN_CHARS),
  );
  const readable = name.replaceAll('_', ' ');
  return [...new Set([readable, ...aliases, ...phrases])].slice(0, MAX_PHRASES);
}
