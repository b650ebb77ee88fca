// The charset of 8-bit text nobody declared: byte habits for what detectors do not know, statistics, and a second look by the language read.
import { detectLanguage } from './language.ts';

/** Name for iconv-lite. Never throws; 'windows-1252' when nothing speaks for another. */
export async function guessCharset(sample: Uint8Array): Promise<string> {
  if (looksDosCyrillic(sample)) return 'cp866';
  if (looksThai(sample)) return 'windows-874';
  const guess = await guessByStatistics(sample);
  return isWestern(guess) ? await refineWestern(sample) : guess;
}

const isWestern = (charset: string) =>
  charset === 'windows-1252' || charset === 'windows-1250' || charset === 'windows-1254';

/** cp866 puts its letters in 80–AF and E0–EF and leaves C0–DF to box drawing; every Windows or ISO Cyrillic page does the opposite. */
function looksDosCyrillic(sample: Uint8Array): boolean {
  let high = 0;
  let letters = 0;
  let lower = 0;
  for (const byte of sample) {
    if (byte < 0x80) continue;
    high += 1;
    if (byte <= 0xaf || (byte >= 0xe0 && byte <= 0xef)) letters += 1;
    if (byte >= 0xa0 && byte <= 0xaf) lower += 1;
  }
  return high >= 20 && letters / high > 0.9 && lower / high > 0.25 && high / sample.length > 0.2;
}

/** Thai vowel and tone marks stand above or below a consonant: in any other charset these bytes follow anything. */
function looksThai(sample: Uint8Array): boolean {
  let high = 0;
  let marks = 0;
  let placed = 0;
  let outside = 0;
  let previous = 0;
  let run = 0;
  let oddRuns = 0;
  for (const byte of sample) {
    if (byte >= 0x80) {
      high += 1;
      run += 1;
    } else {
      oddRuns += run & 1;
      run = 0;
    }
    if ((byte >= 0x80 && byte < 0xa1) || (byte >= 0xdb && byte <= 0xde) || byte > 0xfb) outside += 1;
    const isMark = isThaiMark(byte);
    if (isMark) marks += 1;
    if (isMark && ((previous >= 0xa1 && previous <= 0xce) || isThaiMark(previous))) placed += 1;
    previous = byte;
  }
  // Two-byte charsets have runs of even length only.
  return high >= 20 && oddRuns + (run & 1) > 0 && outside / high < 0.02 && marks / high > 0.08 && placed / marks > 0.97;
}

const isThaiMark = (byte: number) => byte === 0xd1 || (byte >= 0xd4 && byte <= 0xda) || (byte >= 0xe7 && byte <= 0xee);

async function guessByStatistics(sample: Uint8Array): Promise<string> {
  const high = sample.reduce((n, byte) => n + (byte >= 0x80 ? 1 : 0), 0);
  const { default: chardet } = await import('chardet');
  const best = chardet.analyse(sample)[0];
  if (best === undefined) return 'windows-1252';
  const name = best.name.toLowerCase();
  const isMultibyte = /shift|gb|big5|euc|2022/.test(name);
  if (isMultibyte) {
    if (best.confidence < 30 || high < 4) return 'windows-1252';
    return name === 'gb2312' ? 'gb18030' : name;
  }
  // Few accented letters look like anything, and the Latin pages are told apart below.
  if (high < 12 || best.confidence < 20 || /^(iso-8859-[129]|windows-125[024]|utf|ebcdic|ibm)/.test(name)) {
    return name === 'iso-8859-2' && best.confidence >= 20 && high >= 12 ? 'iso-8859-2' : 'windows-1252';
  }
  return name;
}

const PAGE_OF_LANGUAGE: Readonly<Record<string, string>> = {
  tr: 'windows-1254',
  az: 'windows-1254',
  lt: 'windows-1257',
  lv: 'windows-1257',
  pl: 'windows-1250',
  cs: 'windows-1250',
  sk: 'windows-1250',
  hu: 'windows-1250',
  ro: 'windows-1250',
  sl: 'windows-1250',
  hr: 'windows-1250',
  bs: 'windows-1250',
}; // prettier-ignore

/**
 * The Latin pages: the language shows even in a wrong decoding and names its page; DOS and Macintosh text betrays itself by signs
 * inside words ("M„rz", "Pr\x81fung").
 */
async function refineWestern(sample: Uint8Array): Promise<string> {
  const iconv = (await import('iconv-lite')).default;
  const decode = (charset: string) => iconv.decode(Buffer.from(sample), charset);
  let best = { charset: 'windows-1252', oddities: oddities(decode('windows-1252')) };
  if (best.oddities >= 2) {
    for (const charset of ['windows-1250', 'cp850', 'macintosh']) {
      const found = oddities(decode(charset));
      if (found * 2 < best.oddities) best = { charset, oddities: found };
    }
    if (best.charset !== 'windows-1252') return best.charset;
  }
  const language = await detectLanguage(decode('windows-1252'));
  return (language === null ? undefined : PAGE_OF_LANGUAGE[language]) ?? 'windows-1252';
}

/** Signs, controls or capitals where a lower-case letter belongs. */
function oddities(text: string): number {
  const signs =
    text.match(
      /\p{L}[\u0080-\u009f\ufffd\u00a1-\u00bf\u2018-\u203a\u2020-\u2030\u0152\u0160\u0192\u2122\u02c6\u02dc](?=\p{Ll})/gu,
    )?.length ?? 0;
  const capitals = text.match(/\p{Ll}[\u00c0-\u00de\u0178](?=\p{Ll})/gu)?.length ?? 0;
  const drawing = text.match(/[\u2500-\u259f]|(?<=\p{L})[^\p{L}\p{M}\s\x20-\x7e\u2019'](?=\p{Ll})/gu)?.length ?? 0;
  return signs + capitals + drawing;
}
