// JSON as Python and C++ libraries write it: NaN and infinities stand bare in it.

/**
 * JSON in which NaN, Infinity and -Infinity are read as the strings of that name; Number() makes numbers of them.
 * @throws {SyntaxError}
 */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(NaN|Infinity)\b/.test(text)) throw error;
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
      found.startsWith('"') ? found : `"${found}"`,
    );
    return JSON.parse(quoted);
  }
}
