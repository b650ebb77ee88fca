// The charset of names in a zip that does not say: the code page of the machine that wrote it. Decided over all names of the archive together.
// CP437 is what the format says; programs of Eastern Europe and Asia write their own, which shows in where their bytes lie.

const isHigh = (byte: number) => byte >= 0x80;

/** Name for iconv-lite. @param names  as stored; those with ASCII alone say nothing */
export function charsetOfNames(names: readonly Uint8Array[]): string {
  const runs = names.flatMap(highRuns);
  if (runs.length === 0 || names.every(isUtf8)) return 'utf8';
  const bytes = runs.flat();
  const longest = Math.max(...runs.map((run) => run.length));
  // A letter with an accent stands alone among others; other scripts write on.
  if (longest <= 2 && names.some(hasLatinLetters)) return latinPage(names);
  if (bytes.every(isCp866) && share(bytes, (byte) => (byte >= 0xa0 && byte <= 0xaf) || byte >= 0xe0) > 0.5)
    return 'cp866';
  if (bytes.every(isCp1251) && share(bytes, (byte) => byte >= 0xe0) > 0.5) return 'windows-1251';
  return doubleByte(names) ?? 'cp437';
}

const share = (bytes: readonly number[], is: (byte: number) => boolean) => bytes.filter(is).length / bytes.length;

/** Russian letters of DOS: 80 to AF and E0 to F1. */
const isCp866 = (byte: number) => byte <= 0xaf || (byte >= 0xe0 && byte <= 0xf1);
/** Russian letters of Windows: C0 to FF, and Ё, ё, №, Ukrainian ones. */
const isCp1251 = (byte: number) =>
  byte >= 0xc0 || [0xa8, 0xb8, 0xb9, 0xaa, 0xba, 0xaf, 0xbf, 0xb2, 0xb3].includes(byte);

function highRuns(name: Uint8Array): number[][] {
  const runs: number[][] = [];
  let run: number[] | undefined;
  for (const byte of name) {
    if (!isHigh(byte)) run = undefined;
    else if (run !== undefined) run.push(byte);
    else {
      run = [byte];
      runs.push(run);
    }
  }
  return runs;
}

export function isUtf8(name: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(name);
    return true;
  } catch {
    return false;
  }
}

/** Beside a byte of the upper half: "Pr\x81fung", no ".txt" behind a word of another script. */
function hasLatinLetters(name: Uint8Array): boolean {
  const isLetter = (byte: number | undefined) => byte !== undefined && /[a-z]/i.test(String.fromCharCode(byte));
  return name.some((byte, at) => isHigh(byte) && (isLetter(name[at - 1]) || isLetter(name[at + 1])));
}

/** Windows where the DOS page would have a Greek letter or a frame in a word. */
function latinPage(names: readonly Uint8Array[]): string {
  const letters = names.flatMap((name) => [...name]).filter(isHigh);
  const inDos = share(letters, (byte) => byte <= 0xa5 || byte === 0xe1);
  const inWindows = share(letters, (byte) => byte >= 0xc0);
  return inWindows > inDos ? 'windows-1252' : 'cp437';
}

/** Charsets of two bytes a letter: which of them all names are valid in, by the bytes that lead. */
function doubleByte(names: readonly Uint8Array[]): string | undefined {
  const isValid = (charset: string) =>
    names.every((name) => {
      try {
        new TextDecoder(charset, { fatal: true }).decode(name);
        return true;
      } catch {
        return false;
      }
    });
  const pairs = names.flatMap(pairsOf);
  const leads = pairs.map(([lead]) => lead);
  if (leads.some((lead) => lead < 0xa1))
    return isValid('shift_jis') ? 'shift_jis' : isValid('gb18030') ? 'gb18030' : undefined;
  if (pairs.some(([, trail]) => trail < 0xa1))
    return isValid('big5') ? 'big5' : isValid('gb18030') ? 'gb18030' : undefined;
  // The syllables of Korean lie between B0 and C8, Chinese characters between B0 and D7.
  const isKorean =
    leads.length >= MIN_KOREAN && leads.every((lead) => lead >= 0xb0 && lead <= 0xc8) && isValid('euc-kr');
  if (isKorean) return 'cp949';
  return isValid('gb18030') ? 'gb18030' : undefined;
}

const MIN_KOREAN = 4;

function pairsOf(name: Uint8Array): [lead: number, trail: number][] {
  const pairs: [number, number][] = [];
  for (let at = 0; at < name.length; at++) {
    const byte = name[at]!; // at < length
    if (isHigh(byte)) pairs.push([byte, name[++at] ?? 0]);
  }
  return pairs;
}
