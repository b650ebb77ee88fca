// Text of mails whose lines flow (format=flowed, RFC 3676): a line that ends with a space goes on in the next one of the same depth of quotes.

/** Marks of quotes, `>>` or `> >`, and the space behind them or before a line that is not quoted: it guards what follows and is no text. */
const QUOTED = /^(?:(?:> ?)+| ?)/;
const SIGNATURE = '-- ';

/**
 * Paragraphs as lines, each behind the marks of its first line.
 * @param isSpaceAdded  the space that ends a line is there for the line's end alone (DelSp=yes)
 */
export function unfoldFlowed(text: string, isSpaceAdded: boolean): string {
  const lines: string[] = [];
  let paragraph: string[] = [];
  let depth = 0;
  const end = () => {
    if (paragraph.length > 0) lines.push(paragraph.join(''));
    paragraph = [];
  };
  for (const line of text.split(/\r?\n/)) {
    const marks = QUOTED.exec(line)?.[0] ?? '';
    const content = line.slice(marks.length);
    const ownDepth = marks.replaceAll(' ', '').length;
    // An empty line ends what flows into it, and remains: what is written behind it is another paragraph.
    if (ownDepth !== depth || content === '' || content === SIGNATURE) end();
    depth = ownDepth;
    const flows = content.endsWith(' ') && content !== SIGNATURE;
    if (paragraph.length === 0) paragraph.push(marks.trimStart());
    paragraph.push(flows && isSpaceAdded ? content.slice(0, -1) : content);
    if (!flows) end();
  }
  end();
  return lines.join('\n');
}
