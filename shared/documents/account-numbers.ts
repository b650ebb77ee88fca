// IBANs and card numbers in running text: where such a number may begin and end, then its check digits.
// Invariants: A1 what stands before or after a number (an invoice number, a month, another account, a word) does not hide it. A2 each place where
// one may begin looks at a bounded stretch: time is linear in the text.

export interface AccountScan {
  spans: { start: number; end: number }[];
  /** Places and candidates looked at. */
  checked: number;
}

type Validator = (text: string) => boolean;

const SHORTEST_IBAN = 15;
const LONGEST_IBAN = 34;
const IBAN_BEGINNING = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=(?:[ \u00a0\u2009\u202f-]{0,2}[A-Za-z0-9]){11})/g;
const MOST_BLANKS = 2;

/**
 * IBANs as people and programs write them: in one, or in groups parted by blanks or hyphens.
 * @param countries  that have IBANs, ISO 3166
 */
export function ibanFinder(isIBAN: Validator, countries: ReadonlySet<string>): (text: string) => AccountScan {
  return (text) => {
    const spans: AccountScan['spans'] = [];
    let checked = 0;
    let free = 0;
    for (const { index: start } of text.matchAll(IBAN_BEGINNING)) {
      if (start < free || !countries.has(text.slice(start, start + 2).toUpperCase())) continue;
      checked++;
      const end = ibanEnd(text, start, isIBAN);
      if (end === undefined) continue;
      spans.push({ start, end });
      free = end;
    }
    return { spans, checked };
  };
}

/** Where the longest IBAN that begins here ends: capitals or digits of the next word may follow it. */
function ibanEnd(text: string, start: number, isIBAN: Validator): number | undefined {
  const head = text.slice(start, start + 4).toUpperCase();
  let compact = head;
  let rest = 0; // of the account part, by 97
  let longest: number | undefined;
  let blanks = 0;
  for (let at = start + 4; at < text.length && compact.length < LONGEST_IBAN; at++) {
    const char = text.charAt(at).toUpperCase();
    const isSign = (char >= 'A' && char <= 'Z') || (char >= '0' && char <= '9');
    if (!isSign) {
      if (!isBlank(char) || ++blanks > MOST_BLANKS) break;
      continue;
    }
    blanks = 0;
    compact += char;
    rest = appended(rest, char);
    // The number is divided with its head behind it; the remainder of a right one is 1 (ISO 7064).
    if (compact.length >= SHORTEST_IBAN && [...head].reduce(appended, rest) === 1 && isIBAN(compact)) longest = at + 1;
  }
  return longest;
}

const isBlank = (char: string): boolean => ' \u00a0\u2009\u202f-'.includes(char);

function appended(rest: number, char: string): number {
  const value = Number.parseInt(char, 36);
  return (rest * (value > 9 ? 100 : 10) + value) % 97;
}

const DIGIT_RUN = /\d(?:[ \u00a0\u202f-]?\d){12,}/g;
/** How cards are printed; anything else is believed only where no other digits are near. */
const CARD_SHAPE =
  /^(?:\d{13,19}|\d{4}([ \u00a0\u202f-])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ \u00a0\u202f-])\d{6}\2\d{4,5})$/;
const PLAIN_SHAPE = /^\d(?:[ -]?\d){12,18}$/;
const MOST_GROUPS = 5;

/** Card numbers, alone or between other digits. */
export function cardFinder(isCreditCard: Validator): (text: string) => AccountScan {
  return (text) => {
    const spans: AccountScan['spans'] = [];
    let checked = 0;
    const isCard = (start: number, end: number, shape: RegExp): boolean => {
      const written = text.slice(start, end);
      if (!shape.test(written)) return false;
      checked++;
      return isCreditCard(written.replace(/\D/g, ''));
    };
    for (const { 0: run, index } of text.matchAll(DIGIT_RUN)) {
      const groups = digitGroups(text, run, index);
      const [first, last] = [groups[0], groups.at(-1)];
      if (first === undefined || last === undefined) continue;
      if (isCard(first.start, last.end, PLAIN_SHAPE)) {
        spans.push({ start: first.start, end: last.end });
        continue;
      }
      for (let i = 0; i < groups.length; i++) {
        const start = groups[i]?.start ?? 0;
        if (i > 0 && text[start - 1] === '-') continue; // the rest of something
        for (let j = Math.min(i + MOST_GROUPS, groups.length) - 1; j >= i; j--) {
          const end = groups[j]?.end ?? 0;
          if (end - start < 13 || (j < groups.length - 1 && text[end] === '-') || !isCard(start, end, CARD_SHAPE))
            continue;
          spans.push({ start, end });
          i = j;
          break;
        }
      }
    }
    return { spans, checked };
  };
}

/** The groups of a run of digits, without those at its ends that belong to an amount, a date or a code. */
function digitGroups(text: string, run: string, index: number): { start: number; end: number }[] {
  const groups = [...run.matchAll(/\d+/g)].map((m) => ({ start: index + m.index, end: index + m.index + m[0].length }));
  if (/[.,-]/.test(text.charAt(index - 1))) groups.shift();
  const end = index + run.length;
  if (text[end] === '-' || /^[.,]\d/.test(text.slice(end, end + 2))) groups.pop();
  return groups;
}
