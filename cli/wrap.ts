// Sentences in lines of the terminal. Commands are never broken: they are pasted.
import stringWidth from 'string-width';

/** Below this a line is left to the terminal. */
const MIN_WIDTH = 30;

/** @param indent  blanks before each line @param width  columns of the terminal */
export function wrapped(text: string, indent: number, width: number): string[] {
  const room = width - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || room < MIN_WIDTH || stringWidth(longer) <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}
