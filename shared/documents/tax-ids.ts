// Patterns and checksums of tax and social-security numbers. Kinds without a checksum need a telling word before them.
// Sources: SSA (SSN areas), IRS (EIN prefixes), the EU's VIES check-digit routines, national descriptions of the numbers.

export interface Check {
  pattern: RegExp;
  /** @param compact the match without separators, upper case; @param written the match as it stands */
  isValid(compact: string, written: string): boolean;
  /** Must be found shortly before the number. */
  context?: RegExp;
}

const VAT_WORD = /\b(vat|ust|umsatzsteuer|uid|tva|iva|btw|moms|dph|nip|p\.?\s?iva|cif|nif|ein|tax)\b/i;
const TAX_WORD =
  /\b(tin|tax|steuer\w*|id-?nr|ssn|social security|bsn|pesel|nino|insurance|identifikationsnummer|itin|codice fiscale)\b/i;

const STEUERNUMMER_WORD = /\b(?:steuer-?n(?:umme)?r\b|st\.? ?-? ?nr\b|tax (?:number|no|id))[^\d\n]{0,20}$/i;

export async function checksOf(kind: 'vat' | 'ssn' | 'ein' | 'tax-id'): Promise<readonly Check[]> {
  const { default: validator } = await import('validator');
  switch (kind) {
    case 'vat':
      return [
        {
          pattern: /\b(?:DE|FR|IT|BE|NL|PL|GB|AT|DK|SE|FI|LU|PT)[ -]?[A-Z0-9](?:[ .-]?[A-Z0-9]){7,11}\b/g,
          isValid: (compact) => hasVatChecksum(compact),
        },
        {
          pattern: /\b(?:BG|CY|CZ|EE|EL|ES|HR|HU|IE|LT|LV|MT|RO|SI|SK|CHE)[ -]?[A-Z0-9](?:[ .-]?[A-Z0-9]){6,11}\b/g,
          isValid: (compact) => /\d{5}/.test(compact),
          context: VAT_WORD,
        },
      ];
    case 'ssn':
      return [
        { pattern: /\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/g, isValid: () => true },
        {
          pattern: /\b(?!000|666|9\d\d)\d{3} ?(?!00)\d{2} ?(?!0000)\d{4}\b/g,
          isValid: () => true,
          context: /\b(ssn|social security)\b/i,
        },
        { pattern: /\b9\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}\b/g, isValid: () => true }, // ITIN
      ];
    case 'ein':
      return [{ pattern: /\b\d{2}-\d{7}\b/g, isValid: (_compact, written) => validator.isTaxID(written, 'en-US') }];
    case 'tax-id':
      return [
        {
          // German Steuernummer: its check digits differ by state, so a telling word is asked for.
          pattern: /(?<![\d/])\d{2,3}\/\d{3,4}\/\d{4,5}(?![\d/])|\b\d{13}\b/g,
          isValid: (_compact, written) => written.includes('/') || /^[1-9]/.test(written),
          context: STEUERNUMMER_WORD,
        },
        { pattern: /\b\d{2} \d{3} \d{3} \d{3}\b/g, isValid: (compact) => validator.isTaxID(compact, 'de-DE') },
        {
          pattern: /\b\d{11}\b/g,
          isValid: (compact) => validator.isTaxID(compact, 'de-DE') || isPesel(compact),
          context: TAX_WORD,
        },
        {
          pattern: /\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b/g,
          isValid: (compact) => validator.isTaxID(compact, 'it-IT'),
        },
        { pattern: /\b(?:[XYZ]\d{7}|\d{8})-?[A-Z]\b/g, isValid: (compact) => validator.isTaxID(compact, 'es-ES') },
        { pattern: /\b\d{9}\b/g, isValid: isBsn, context: /\b(bsn|burgerservicenummer|sofi)\b/i },
        {
          pattern: /\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b/g,
          isValid: () => true,
        },
      ];
  }
}

const digitsOf = (text: string) => Array.from(text, Number);
const weighted = (digits: readonly number[], weights: readonly number[]) =>
  weights.reduce((sum, weight, i) => sum + weight * (digits[i] ?? 0), 0);

/** Check digits of the European VAT numbers that have them. */
export function hasVatChecksum(number: string): boolean {
  const [country, body] = [number.slice(0, 2), number.slice(2)];
  const digits = digitsOf(body.replace(/\D/g, ''));
  switch (country) {
    case 'DE':
      return /^[1-9]\d{8}$/.test(body) && iso7064(digits.slice(0, 8)) === digits[8];
    case 'FR':
      return /^\d{11}$/.test(body) && (12 + 3 * (Number(body.slice(2)) % 97)) % 97 === Number(body.slice(0, 2));
    case 'IT':
      return /^\d{11}$/.test(body) && luhn(digits);
    case 'BE':
      return /^[01]\d{9}$/.test(body) && 97 - (Number(body.slice(0, 8)) % 97) === Number(body.slice(8));
    case 'NL':
      return (
        /^\d{9}B\d{2}$/.test(body) &&
        (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === digits[8] || mod97(`2321${body.replace('B', '11')}`) === 1)
      );
    case 'PL':
      return /^\d{10}$/.test(body) && weighted(digits, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digits[9];
    case 'GB': {
      if (!/^\d{9}(\d{3})?$/.test(body)) return false;
      const sum = weighted(digits, [8, 7, 6, 5, 4, 3, 2]) + Number(body.slice(7, 9));
      return sum % 97 === 0 || (sum + 55) % 97 === 0;
    }
    case 'AT': {
      if (!/^U\d{8}$/.test(body)) return false;
      const sum = digits.slice(0, 7).reduce((s, d, i) => s + (i % 2 === 0 ? d : Math.floor(d / 5) + ((d * 2) % 10)), 0);
      return (10 - ((sum + 4) % 10)) % 10 === digits[7];
    }
    case 'DK':
      return /^\d{8}$/.test(body) && weighted(digits, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
    case 'FI':
      return /^\d{8}$/.test(body) && (11 - (weighted(digits, [7, 9, 10, 5, 8, 4, 2]) % 11)) % 11 === digits[7];
    case 'SE':
      return /^\d{10}01$/.test(body) && luhn(digits.slice(0, 10));
    case 'LU':
      return /^\d{8}$/.test(body) && Number(body.slice(0, 6)) % 89 === Number(body.slice(6));
    case 'PT':
      return /^\d{9}$/.test(body) && ((11 - (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === digits[8];
    default:
      return false;
  }
}

/** ISO 7064 MOD 11,10. */
function iso7064(digits: readonly number[]): number {
  let product = 10;
  for (const digit of digits) {
    const sum = (digit + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10;
}

function luhn(digits: readonly number[]): boolean {
  const sum = digits.toReversed().reduce((s, d, i) => s + (i % 2 === 0 ? d : d * 2 > 9 ? d * 2 - 9 : d * 2), 0);
  return sum % 10 === 0;
}

function mod97(digits: string): number {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest;
}

function isPesel(text: string): boolean {
  const digits = digitsOf(text);
  return /^\d{11}$/.test(text) && (10 - (weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === digits[10];
}

function isBsn(text: string): boolean {
  return weighted(digitsOf(text), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
}
