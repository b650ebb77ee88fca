import { describe, expect, test } from 'vitest';
import { redact, redactPart } from '../../shared/documents/redact.ts';
import { hasVatChecksum } from '../../shared/documents/tax-ids.ts';
import fc from '../fakes/property.ts';

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

  test.each([
    ['USt-IdNr. DE136695976 IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFF', 'USt-IdNr. [VAT] IBAN [IBAN] BIC COBADEFF'],
    ['Rechnung RE2024 DE89 3704 0044 0532 0130 00', 'Rechnung RE2024 [IBAN]'],
    ['RE20241001 DE89370400440532013000', 'RE20241001 [IBAN]'],
    ['DE89 3704 0044 0532 0130 00 DE12 5001 0517 0648 4898 90', '[IBAN] [IBAN]'],
    ['iban de89 3704 0044 0532 0130 00 bank', 'iban [IBAN] bank'],
    ['DE89-3704-0044-0532-0130-00', '[IBAN]'],
    ['DE89\u202f3704\u202f0044\u202f0532\u202f0130\u202f00', '[IBAN]'],
    ['12 4111111111111111 03/27', '12 [CARD] 03/27'],
    ['PO 12 4111111111111111 5500005555555559', 'PO 12 [CARD] [CARD]'],
    ['123 4111 1111 1111 1111 10,00', '123 [CARD] 10,00'],
    ['01.10.2024 4111-1111-1111-1111 200', '01.10.2024 [CARD] 200'],
    ['378282246310005 3782 822463 10005', '[CARD] [CARD]'],
  ])('what stands beside an account hides it not: %s', async (text, expected) => {
    expect((await redact(text, { region: 'DE' })).text).toBe(expected);
  });

  test('no account is hidden by what stands before and after it', async () => {
    const card = fc.constantFrom('4111 1111 1111 1111', '5500005555555559', '3782 822463 10005');
    const beside = fc.constantFrom(
      'RE2024',
      'DE136695976',
      'A1',
      '12',
      '10.10.2024',
      '1.250,00',
      'XY12',
      '7',
      'Nr. 4711',
      'EUR',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(beside, { maxLength: 3 }),
        fc.oneof(iban, card),
        beside,
        async (before, account, after) => {
          const { text } = await redact([...before, account, after].join(' '), { kinds: ['iban', 'card'] });
          expect(text).toBe([...before, account.startsWith('DE') ? '[IBAN]' : '[CARD]', after].join(' '));
        },
      ),
      { numRuns: 300 },
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

describe('redact: telephone numbers', () => {
  test.each([
    'am 01.10.2024 und 31.12.2023, 1/2/2024, 2024-10-01 12:30',
    'Betrag 10 000,00 EUR',
    '2024 10 01 10 000.00',
    'Summe 12 345 678,90 und 1.234.567,89',
    'EUR 0301 234567 gebucht',
    'an 1 250 000 und 0,50',
    'Beleg 21/815/08150 vom Amt',
    'Konto 0001234567 an 4400',
    'Rechnung 2024100123',
    '01.10.2024;4400;1200;10 000,00;EUR;RE-100045',
    '01.10.2024 02.10.2024 03.10.2024',
  ])('are not: %s', async (text) => {
    for (const region of ['DE', 'US', 'FR', 'GB', 'CH', 'AT'])
      expect((await redact(text, { region })).text, region).toBe(text);
  });

  test.each([
    ['DE', '(030) 123456', '[PHONE]'],
    ['DE', 'Büro 030/123456, mobil 0171 1234567.', 'Büro [PHONE], mobil [PHONE].'],
    ['DE', 'Tel. 0301234567 am 01.10.2024', 'Tel. [PHONE] am 01.10.2024'],
    ['DE', 'Telefon (Zentrale): 089 1234567', 'Telefon (Zentrale): [PHONE]'],
    ['DE', '0171 1234567 01.10.2024', '[PHONE] 01.10.2024'],
    ['DE', 'ruf +49 (0)30 123456-78 an', 'ruf [PHONE] an'],
    ['DE', '0049 30 123456', '[PHONE]'],
    ['FR', 'au 01 23 45 67 89', 'au [PHONE]'],
    ['GB', 'on 020 7946 0018', 'on [PHONE]'],
    ['US', 'on 212-736-5000 or 212 736 5000', 'on [PHONE] or [PHONE]'],
    ['US', 'phone 2127365000', 'phone [PHONE]'],
    ['ES', 'teléfono 912 345 678', 'teléfono [PHONE]'],
    ['US', 'name;phone;city\nAda;2127365000;Rome\n', 'name;phone;city\nAda;[PHONE];Rome\n'],
  ])('%s: %s', async (region, text, expected) => {
    expect((await redact(text, { region })).text).toBe(expected);
  });

  test('a German Steuernummer is a tax id where it is called so', async () => {
    for (const text of ['Steuernummer 181/815/08155', 'St.-Nr. 21/815/08150', 'Steuernummer: 2181081508155']) {
      const { counts } = await redact(text, { region: 'DE' });
      expect(counts, text).toMatchObject({ 'tax-id': 1, phone: 0 });
    }
  });
});

/** Texts that hold what patterns like to linger on. */
const dense = fc
  .array(
    fc.constantFrom(
      '4400;',
      '01.10.2024;',
      '10 000,00;',
      '1234 5678 ',
      '030 12',
      'DE12 3456 ',
      'AB12CD34',
      'a@b',
      '@',
      '-',
      '\n',
      'tel ',
      '9',
    ),
    { minLength: 20, maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('redact: long texts', () => {
  test('the work grows with the length, not faster: characters scanned and candidates checked', async () => {
    await fc.assert(
      fc.asyncProperty(dense, fc.constantFrom('DE', 'US'), async (piece, region) => {
        const text = (chars: number) => piece.repeat(Math.ceil(chars / piece.length)).slice(0, chars);
        const once = await redact(text(50_000), { region });
        const four = await redact(text(200_000), { region });
        expect(four.effort.scanned).toBeLessThanOrEqual(4.5 * once.effort.scanned + 10_000);
        expect(four.effort.checked).toBeLessThanOrEqual(4.5 * once.effort.checked + 1000);
        expect(four.effort.scanned).toBeLessThanOrEqual(10 * 200_000);
      }),
      { numRuns: 25, seed: 13 },
    );
  });

  test('an identifier is found wherever it stands, at a seam of the work too', async () => {
    const iban = 'DE89 3704 0044 0532 0130 00';
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 32_700, max: 32_800 }),
        fc.constantFrom(' x', '; ', '7x'),
        async (at, filler) => {
          const before = filler.repeat(20_000).slice(0, at);
          const after = filler.repeat(3000);
          const { text, counts } = await redact(`${before}|${iban}|${after}`);
          expect(counts.iban).toBe(1);
          expect(text).toBe(`${before}|[IBAN]|${after}`);
        },
      ),
      { numRuns: 40, seed: 13 },
    );
  });

  test('the event loop is given back while a long text is redacted', async () => {
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await redact('4400;10 000,00;01.10.2024\n'.repeat(20_000));
    isDone = true;
    expect(turns).toBeGreaterThan(10);
  });

  test('a part is redacted as it is in the whole', async () => {
    const line = (i: number) => `${i};01.10.2024;a${i}@example.com;+49 30 12345${i % 10};text\n`;
    const text = Array.from({ length: 400 }, (_, i) => line(i)).join('');
    const whole = (await redact(text)).text;
    const cut = text.indexOf('200;');
    const [first, second] = [await redactPart(text, 0, cut), await redactPart(text, cut, text.length)];
    expect(first.text + second.text).toBe(whole);
    const inside = text.indexOf('@example.com', 5000);
    expect(whole.startsWith((await redactPart(text, 0, inside)).text)).toBe(true);
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
