// Characters outside the BMP are two UTF-16 units, and Java looks between the two where JavaScript does not: after an empty match it
// goes on one unit later, and without a class of all planes in the pattern it begins at every unit. V8 begins there too, and sees
// neither half of the pair. A pattern that matches in there is refused.
const EDGES = ['', 'a', '1', ' ', '\n', '_', '.', 'é'];
/** A symbol, a letter, a capital, a digit and a mark. */
const PAIRS = ['\u{1F600}', '\u{1D4B3}', '\u{10400}', '\u{1D7D9}', '\u{1D165}'];
/** What Java sees between the units of a pair: a lone one on either side. Two of a kind, because JavaScript would join the others. */
const APART = '\uD83D\uD83D';

/**
 * @param seen    an expression that consumes nothing, with the flag u
 * @param inside  the same as Java sees it between two surrogates
 */
export function matchesInsidePairs(seen: RegExp, inside: RegExp): boolean {
  const matches = (expression: RegExp, before: string, pair: string, after: string): boolean =>
    Array.from((before + pair + after).matchAll(expression)).some(({ index }) => index === before.length + 1);
  return EDGES.some((before) =>
    EDGES.some(
      (after) => matches(inside, before, APART, after) || PAIRS.some((pair) => matches(seen, before, pair, after)),
    ),
  );
}
