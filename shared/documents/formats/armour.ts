// Text armour of PGP and PEM: what is signed is the text, what is encrypted is not there, keys and signatures are no words. RFC 4880, 6.2 and 7; RFC 7468.
const BEGIN = /-----BEGIN ([A-Z0-9][A-Z0-9 #]{1,40})-----/g;
const SIGNED = 'PGP SIGNED MESSAGE';
const MAX_BLOCKS = 10_000;

export interface Unarmoured {
  text: string;
  /** Messages that only their recipient can read. */
  encrypted: number;
}

/** Blocks without an end stay as they are. */
export function withoutArmour(text: string): Unarmoured {
  if (!text.includes('-----BEGIN ')) return { text, encrypted: 0 };
  const found: Unarmoured = { text: '', encrypted: 0 };
  let at = 0;
  let blocks = 0;
  for (const match of text.matchAll(BEGIN)) {
    if (match.index < at || ++blocks > MAX_BLOCKS) continue;
    const label = match[1]!; // the pattern has one group
    const start = match.index + match[0].length;
    const end = label === SIGNED ? endOfSigned(text, start) : endOf(text, label, start);
    if (end === undefined) break;
    found.text += text.slice(at, match.index);
    if (label === SIGNED) found.text += signedText(text.slice(start, end));
    else if (label === 'PGP MESSAGE') found.encrypted += 1;
    else if (label !== 'PGP SIGNATURE') found.text += match[0];
    at = end;
  }
  found.text += text.slice(at);
  return found;
}

function endOf(text: string, label: string, from: number): number | undefined {
  const mark = `-----END ${label}-----`;
  const end = text.indexOf(mark, from);
  return end < 0 ? undefined : end + mark.length;
}

/** The signature follows, a block of its own. */
function endOfSigned(text: string, from: number): number | undefined {
  const end = text.indexOf('-----BEGIN PGP SIGNATURE-----', from);
  return end < 0 ? undefined : end;
}

/** Without the headers before the first blank line, and the dashes put before lines that begin with one. */
const signedText = (block: string) =>
  block.replace(/^[ \t]*\r?\n(?:[A-Za-z]+: [^\n]*\n)*[ \t]*\r?\n/, '').replace(/^- (?=-|From )/gm, '');
