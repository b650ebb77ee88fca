// Comments within comments of mail addresses (RFC 5322, 3.2.2): `a@example.com (Ada (Accounts))`. The library ends a comment with the first bracket
// that closes; brackets inside stand for it as characters that no text has, until it has read the address.

const [OPENS, CLOSES] = ['\ufdd0', '\ufdd1'];

/** The header with the brackets inside of comments hidden. A comment that does not end is left alone, with all behind it. */
export function hideInnerBrackets(header: string): string {
  if (!/\([^)]*[(\\]/.test(header)) return header;
  let [shown, kept] = ['', 0];
  let until = '';
  for (let at = 0; at < header.length; at++) {
    const letter = header[at];
    if (until !== '') {
      if (letter === '\\' && until === '"') at += 1;
      else if (letter === until) until = '';
    } else if (letter === '"') until = '"';
    else if (letter === '<') until = '>';
    else if (letter === '(') {
      const end = endOfComment(header, at);
      if (end === undefined) break;
      shown += header.slice(kept, at + 1) + hidden(header.slice(at + 1, end));
      [kept, at] = [end, end];
    }
  }
  return shown + header.slice(kept);
}

function endOfComment(header: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < header.length; at++) {
    const letter = header[at];
    if (letter === '\\') at += 1;
    else if (letter === '(') depth += 1;
    else if (letter === ')' && --depth === 0) return at;
  }
  return undefined;
}

const hidden = (comment: string) => comment.replace(/\\?\(/g, OPENS).replace(/\\?\)/g, CLOSES); // with or without the sign that they are no end

/** What was hidden, as it was. */
export const showInnerBrackets = (text: string) => text.replaceAll(OPENS, '(').replaceAll(CLOSES, ')');
