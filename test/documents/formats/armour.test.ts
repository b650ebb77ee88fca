// Text armour of PGP and PEM: no base64 is words, what is signed is the text.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { withoutArmour } from '../../../shared/documents/formats/armour.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { mimeMail } from '../containers.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const first = async (name: string, content: string | Uint8Array) =>
  (await extractor.extract({ name, bytes: Buffer.from(content as string) }))[0];

const block = (label: string, body = 'hQEMA0x3ZJ9u8k3pAQf/bZl0cDq1zHk8\n=abcd') =>
  `-----BEGIN ${label}-----\n\n${body}\n-----END ${label}-----\n`;
const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nPay by Friday\n- -- \nBursar\n${block('PGP SIGNATURE')}`;

describe('armour', () => {
  test.each([
    ['what is signed is the text', signed, 'Pay by Friday\n-- \nBursar\n\n', 0],
    ['a message for others is counted', `See\n${block('PGP MESSAGE')}below`, 'See\n\nbelow', 1],
    [
      'a key keeps its name',
      `Key:\n${block('PGP PUBLIC KEY BLOCK')}`,
      'Key:\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n',
      0,
    ],
    ['a block without an end stays', '-----BEGIN CERTIFICATE-----\nabc', '-----BEGIN CERTIFICATE-----\nabc', 0],
    ['a rule of dashes is none', '----- BEGIN -----', '----- BEGIN -----', 0],
  ])('%s', (_name, text, expected, encrypted) => {
    expect(withoutArmour(text)).toEqual({ text: expected, encrypted });
  });

  test('a mail or a text of an encrypted message alone says so; beside words it is a warning', async () => {
    const body = (content: string) => mimeMail([{ type: 'text/plain', content }]);
    expect((await first('a.eml', body(block('PGP MESSAGE'))))?.code).toBe('extract.encrypted');
    expect((await first('a.asc', block('PGP MESSAGE')))?.code).toBe('extract.encrypted');
    const beside = await first('a.eml', body(`The lease is below\n${block('PGP MESSAGE')}`));
    expect(beside?.text).toMatch(/The lease is below$/);
    expect(beside?.warnings).toEqual(['mail: 1 encrypted part(s) were not read']);
  });
});
