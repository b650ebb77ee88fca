import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from '../../shared/documents/redact.ts';
import { hasVatChecksum } from '../../shared/documents/tax-ids.ts';

/** A German IBAN with right check digits. */
const iban = fc.integer({ min: 0, max: 10 ** 17 }).map((n) => {
  const body = String(n).padStart(18, '0');
  let rest = 0;
  for (const digit of `${body}131400`) rest = (rest * 10 + Number(digit)) % 97;
  return `DE${String(98 - rest).padStart(2, '0')}${body}`;
});

describe('redact', () => {
  test.each([
    ['write to ada.lovelace@example.com today', 'write to [EMAIL] today', 'email'],
    ['pay to DE89 3704 0044 0532 0130 00 now', 'pay to [IBAN] now', 'iban'],
    ['IBAN GB82WEST12345698765432 BIC', 'IBAN [IBAN] BIC', 'iban'],
    ['card 4111 1111 1111 1111.', 'card [CARD].', 'card'],
    ['SSN 219-09-9998 on file', 'SSN [SSN] on file', 'ssn'],
    ['EIN 12-3456789.', 'EIN [EIN].', 'ein'],
    ['USt-IdNr. DE136695976', 'USt-IdNr. [VAT]', 'vat'],
    ['Steuer-ID 86095742719', 'Steuer-ID [TAX-ID]', 'tax-id'],
    ['call +49 30 123456 or', 'call [PHONE] or', 'phone'],
    ['call (213) 373-4253 or', 'call [PHONE] or', 'phone'],
  ] as const)('%s', async (text, expected, kind) => {
    const { text: redacted, counts } = await redact(text);
    expect(redacted).toBe(expected);
    expect(counts[kind]).toBe(1);
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(1);
  });

  test.each([
    'DE89 3704 0044 0532 0130 01 has wrong check digits',
    'order 4111111111111112 is no card',
    'case 000-12-3456 and 666-12-3456 are no SSN',
    'DE136695977 is no VAT number',
    'a total of 1,234,567.89 in 2024-2025, section 12.3.4',
    'IBM announced on 12/03/2024 a plan, see pages 120-134',
  ])('leaves alone: %s', async (text) => {
    expect((await redact(text)).text).toBe(text);
  });

  test('replaces every valid IBAN and no invalid one', async () => {
    await fc.assert(
      fc.asyncProperty(iban, fc.integer({ min: 1, max: 9 }), async (valid, shift) => {
        const wrong = valid.slice(0, -1) + String((Number(valid.at(-1)) + shift) % 10);
        expect((await redact(`to ${valid}.`, { kinds: ['iban'] })).text).toBe('to [IBAN].');
        expect((await redact(`to ${wrong}.`, { kinds: ['iban'] })).text).toBe(`to ${wrong}.`);
      }),
      { numRuns: 200 },
    );
  });

  test('is idempotent, whatever the text', async () => {
    const pieces = fc.constantFrom(
      '4111 1111 1111 1111',
      'a@b.de',
      '+1 213 373 4253',
      'DE136695976',
      '219-09-9998',
      ' ',
      '\n',
      'x',
      '12',
      '-',
      'GB82WEST12345698765432',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
        const once = await redact(parts.join(''));
        const twice = await redact(once.text);
        expect(twice.text).toBe(once.text);
      }),
      { numRuns: 300 },
    );
  });

  test('kinds can be chosen', async () => {
    const { text, counts } = await redact('a@example.com 219-09-9998', { kinds: ['ssn'] });
    expect(text).toBe('a@example.com [SSN]');
    expect(counts).toMatchObject({ email: 0, ssn: 1 });
  });
});

describe('hasVatChecksum', () => {
  test.each([
    'DE136695976',
    'FR40303265045',
    'IT00743110157',
    'BE0428759497',
    'NL004495445B01',
    'PL8567346215',
    'GB980780684',
    'ATU13585627',
    'DK13585628',
    'FI20774740',
    'SE123456789701',
    'LU15027442',
    'PT501964843',
  ])('%s holds, and fails with one digit changed', (number) => {
    expect(hasVatChecksum(number)).toBe(true);
    const at = number.length - (number.startsWith('SE') ? 3 : number.startsWith('NL') ? 4 : 1);
    const changed = `${number.slice(0, at)}${(Number(number[at]) + 1) % 10}${number.slice(at + 1)}`;
    expect(hasVatChecksum(changed)).toBe(false);
  });
});
