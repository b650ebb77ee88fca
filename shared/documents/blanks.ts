// White space: of markup, where any run of it is one space, and of texts as they are kept.

/** Each run of white space as one space. A space that stands alone, as most do, is no match: to replace it with itself is most of what `\s+` costs. */
export const singleSpaced = (text: string): string => text.replace(/[^\S ]\s*| \s+/g, ' ');

const [TAB, LINE, SPACE] = [9, 10, 32];
/** Tabs stand between cells: empty cells stay, so that columns stay columns. */
const GAP = '\t'.repeat(32);

/**
 * Each run of spaces, tabs and ends of lines as it is kept: one space, or tabs, or an end of a line or two and tabs. Spaces beside the others go, and
 * tabs at the end of a row, which hold no column in place. One pass, for most texts have nothing to change.
 */
export function evenlySpaced(text: string): string {
  let done = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const first = text.charCodeAt(at);
    if (first > SPACE || (first !== SPACE && first !== LINE && first !== TAB)) continue;
    let [lines, tabs] = [Number(first === LINE), Number(first === TAB)];
    let end = at + 1;
    for (; end < text.length; end++) {
      const char = text.charCodeAt(end);
      if (char === LINE) {
        lines += 1;
        tabs = 0;
      } else if (char === TAB) tabs += 1;
      else if (char !== SPACE) break;
    }
    const kept = Math.min(lines, 2) + Math.min(tabs, GAP.length);
    if (end > at + 1 && (kept === 0 || kept !== end - at)) {
      const blanks = kept === 0 ? ' ' : '\n\n'.slice(0, lines) + GAP.slice(0, tabs);
      done += text.slice(from, at) + blanks;
      from = end;
    }
    at = end - 1;
  }
  return from === 0 ? text : done + text.slice(from);
}
