// The number formats that most cells have, as functions: digits in fixed places, with groups of thousands, in hundredths, with words and signs around
// them, a section each for what is positive, negative and zero. All else is left to the workbook library.
// Source: ECMA-376 part 1, 18.8.30 and 18.8.31 (number formats).

type Show = (value: number) => string;

/** Undefined for formats with anything else in them. White space of the shown text means nothing. */
export function plainFormat(format: string): Show | undefined {
  if (format === '@' || /^general$/i.test(format)) return generalNumber;
  const sections = sectionsOf(format);
  if (sections === undefined) return undefined;
  const [positive, negative, zero] = textSection(sections) === undefined ? sections : sections.slice(0, -1);
  if (positive === undefined || [positive, negative, zero].some((section) => section?.isText === true))
    return undefined;
  // Blanks for digits show nothing of a zero only.
  if (positive.hasBlanks || negative?.hasBlanks === true) return undefined;
  const ofPositive = showOf(positive);
  const ofNegative = negative === undefined ? (value: number) => signed(ofPositive(value)) : showOf(negative);
  const ofZero = zero === undefined ? ofPositive : showOf(zero);
  return (value) => (value > 0 ? ofPositive(value) : value < 0 ? ofNegative(-value) : ofZero(0));
}

/** What a format shows of texts: undefined for formats with anything else in them, and for those that show a text as it is. */
export function plainTextFormat(format: string): ((text: string) => string) | undefined {
  const section = textSection(sectionsOf(format) ?? []);
  if (section === undefined || section.places !== undefined || section.hasBlanks) return undefined;
  const { before, after, isText } = section;
  return isText ? (text) => before + text + after : () => before;
}

/** The fourth, or the last with its sign. */
function textSection(sections: readonly Section[]): Section | undefined {
  const last = sections.at(-1);
  return sections.length === 4 || last?.isText === true ? last : undefined;
}

/** A minus before what is not all zeros. */
export const signed = (shown: string) => (/[1-9]/.test(shown) ? `-${shown}` : shown);

interface Section {
  before: string;
  after: string;
  /** Places behind the point; undefined in a section without digits. */
  places: number | undefined;
  isGrouped: boolean;
  isPercent: boolean;
  isText: boolean;
  /** Question marks and no digits. */
  hasBlanks: boolean;
}

const TOKEN =
  /"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]{0,20})(?:-[\da-f]{1,8})?\]|\[(?:black|blue|cyan|green|magenta|red|white|yellow|color\d+)\]|((?:#,##)?0(?:\.0{1,9})?)|([$\-+()/: %])|(@)|(\?+)|(;)/giy;

function sectionsOf(format: string): Section[] | undefined {
  let section = emptySection();
  const sections = [section];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < format.length; at = TOKEN.lastIndex) {
    const [token, quoted, escaped, currency, digits, sign, text, blanks, end] = TOKEN.exec(format) ?? [];
    if (token === undefined) return undefined;
    if (end !== undefined) {
      section = emptySection();
      sections.push(section);
    } else if (digits !== undefined) {
      // Digits behind digits, or after a text, are no fixed places.
      if (section.places !== undefined || section.isText) return undefined;
      section.places = digits.includes('.') ? digits.length - digits.indexOf('.') - 1 : 0;
      section.isGrouped = digits.includes(',');
    } else if (text !== undefined) {
      if (section.isText) return undefined;
      section.isText = true;
    } else if (blanks !== undefined && section.places !== undefined) return undefined;
    else {
      if (blanks !== undefined) section.hasBlanks = true;
      if (sign === '%') section.isPercent = true;
      // What fills the cell, colours and languages show nothing, the width of a character is a blank.
      const literal = quoted ?? escaped ?? currency ?? sign ?? (/^[*[]/.test(token) ? '' : ' ');
      if (section.places === undefined && !section.isText) section.before += literal;
      else section.after += literal;
    }
  }
  // Hundredths need a number.
  return sections.length > 4 ||
    sections.some(({ places, isPercent, isText }) => isPercent && (places === undefined || isText))
    ? undefined
    : sections;
}

const emptySection = (): Section => ({
  before: '',
  after: '',
  places: undefined,
  isGrouped: false,
  isPercent: false,
  isText: false,
  hasBlanks: false,
});

/** @returns what a section shows of a number that is not negative */
function showOf({ before, after, places, isGrouped, isPercent }: Section): Show {
  if (places === undefined) return () => before;
  const unit = 10 ** places;
  return (value) => {
    const text = fixed(isPercent ? value * 100 : value, places, unit);
    return text === '' ? '' : before + (isGrouped && value >= 999 ? grouped(text, places) : text) + after;
  };
}

/** Digits with so many places. Halves are those of the fifteen digits that a person sees: 1.005 in memory is a little less. @param unit  10 ** places */
function fixed(value: number, places: number, unit: number): string {
  const scaled = value * unit;
  if (scaled > Number.MAX_SAFE_INTEGER) {
    if (value < 1e21) return value.toFixed(places);
    return Number.isFinite(value) ? `${BigInt(value)}${places === 0 ? '' : `.${'0'.repeat(places)}`}` : '';
  }
  const isHalf = Math.abs(scaled - Math.floor(scaled) - 0.5) < 0.001;
  return (Math.round(isHalf ? Number(scaled.toPrecision(15)) : scaled) / unit).toFixed(places);
}

function grouped(text: string, places: number): string {
  const whole = places === 0 ? text.length : text.length - places - 1;
  let result = text.slice(whole);
  let at = whole;
  for (; at > 3; at -= 3) result = `,${text.slice(at - 3, at)}${result}`;
  return text.slice(0, at) + result;
}

/** The usual format: as many digits as eleven characters hold, powers of ten for what is smaller or larger. */
export function generalNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return Number.isFinite(value) ? '0' : '';
  if (size >= 1e11) return Number.isInteger(value) && size < 1e21 ? String(value) : powers(value);
  if (Number.isInteger(value)) return String(value);
  if (size >= 1e10) return String(Math.round(value));
  if (size >= 1) return withoutZeros(value.toPrecision(10));
  if (size >= 1e-4) return withoutZeros(value.toFixed(9));
  const plain = withoutZeros(value.toFixed(12));
  return plain.length <= (value < 0 ? 12 : 11) && Number(plain) !== 0 ? plain : powers(value);
}

const withoutZeros = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const powers = (value: number) =>
  value
    .toExponential(5)
    .replace(/\.?0+e/, 'e')
    .replace(/e([+-])(\d+)$/, (_whole, sign: string, digits: string) => `E${sign}${digits.padStart(2, '0')}`);
