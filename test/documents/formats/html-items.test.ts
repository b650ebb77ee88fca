// Pages and plain text: what a browser, a terminal or a spreadsheet shows of them, and what it does not.
import iconv from 'iconv-lite';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { mimeMail } from '../containers.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const textOf = async (name: string, content: string | Uint8Array) =>
  (await extractor.extract({ name, bytes: Buffer.from(content as string) }))[0]?.text;
const lines = async (html: string) => (await textOf('a.html', `<html><body>${html}`))?.split(/\n+/);

describe('html: numbers of lists', () => {
  test.each([
    ['from one', '<ol><li>Term<li>Rent</ol>', ['1. Term', '2. Rent']],
    [
      'from elsewhere, in letters',
      '<ol start=3 type=a><li>Term<li value=9>Rent<li>Dues</ol>',
      ['c. Term', 'i. Rent', 'j. Dues'],
    ],
    ['backwards', '<ol start=2 reversed><li>Term<li>Rent</ol>', ['2. Term', '1. Rent']],
    ['in each other', '<ol><li>A<ul><li>dot</ul><ol type=I><li>B</ol><li>C</ol>', ['1. A', 'dot', 'I. B', '2. C']],
    ['none', '<ol style="list-style: none"><li>Term</ol><ul><li>dot</ul>', ['Term', 'dot']],
  ])('%s', async (_name, html, expected) => {
    expect(await lines(html)).toEqual(expected);
  });
});

test.each([
  ['a fraction', '<math><mfrac><mn>1</mn><mn>4</mn></mfrac></math> share', '1/4 share'],
  [
    'a fraction in one',
    '<math><mfrac><mfrac><mn>1</mn><mn>2</mn></mfrac><mrow><mi>a</mi><mi>b</mi></mrow></mfrac></math>',
    '1/2/ab',
  ],
])('html: %s is no number of two digits', async (_name, html, expected) => {
  expect(await lines(html)).toEqual([expected]);
});

test.each([
  ['letters of no size', '<div style="color:red;font-size:0px;line-height:0">secret</div>'],
  ['nothing but a ghost', '<span style="opacity: 0">secret</span>'],
  ['what Outlook hides', '<span style="mso-hide:all">secret</span>'],
  ['a class that is invisible', '<style>.x { visibility: hidden }</style><p class=x>secret</p>'],
])('html: %s is not seen', async (_name, html) => {
  expect(await lines(`${html}<p style="opacity:0.5;font-size:0.9em">Seen`)).toEqual(['Seen']);
});

describe('csv and json as people read them', () => {
  test.each([
    ['the delimiter that Excel is told is no row', 'sep=;\nname;sum\nRent;900', 'name\tsum\nRent\t900'],
    ['of a tab as well', 'sep=\t\nname;x\tsum', 'name;x\tsum'],
    ['a name that begins so is a cell', 'sep=1,5\nRent,900', 'sep=1\t5\nRent\t900'],
  ])('%s', async (_name, csv, expected) => {
    expect(await textOf('a.csv', csv)).toBe(expected);
  });

  test('a short table of Poland', async () => {
    const csv = iconv.encode('nazwa;kwota\nŻądanie;5\nświadczenie;6\nnależność;7\n', 'cp1250');
    expect(await textOf('a.csv', csv)).toBe('nazwa\tkwota\nŻądanie\t5\nświadczenie\t6\nnależność\t7');
  });

  test('numbers of JSON as they are written, in JSON Lines too', async () => {
    const json =
      '{"iban": 1234567890123456789, "rate": 0.10, "big": 1e3, "text": "12345678901234567890 and \\"0.10\\"", "n": -41}';
    const expected = 'iban: 1234567890123456789\nrate: 0.10\nbig: 1e3\ntext: 12345678901234567890 and "0.10"\nn: -41';
    expect(await textOf('a.json', json)).toBe(expected);
    expect(await textOf('a.jsonl', `${json}\n{"id": 98765432109876543210}`)).toBe(
      `${expected}\n\nid: 98765432109876543210`,
    );
  });
});

test('colours of a terminal are no words', async () => {
  expect(await textOf('a.txt', '\x1b[1;31mOverdue\x1b[0m since May')).toBe('Overdue since May');
});

describe('mail: what is told wrongly', () => {
  test('a body that says base64 and is plain text; one that is base64', async () => {
    const part = (content: string) => ({
      type: 'text/plain; charset=utf-8',
      headers: 'Content-Transfer-Encoding: base64\r\n',
      content,
    });
    expect(await textOf('a.eml', mimeMail([part('The lease of Aarhus is signed.')]))).toMatch(
      /The lease of Aarhus is signed\.$/,
    );
    const packed = Buffer.from('The lease of Aarhus is signed.').toString('base64');
    expect(await textOf('a.eml', mimeMail([part(packed)]))).toMatch(/The lease of Aarhus is signed\.$/);
  });

  test('lines that end by a carriage return alone', async () => {
    const mail = 'From: a@example.com\rSubject: Note\rContent-Type: text/plain\r\rBody of Aarhus\rand more\r';
    expect(await textOf('a.eml', mail)).toBe('Subject: Note\nFrom: <a@example.com>\n\nBody of Aarhus\nand more');
  });

  test('a subject of Korean Windows under the name of the older set', async () => {
    const subject = iconv.encode('세금계산서 똠방', 'cp949').toString('base64');
    const mail = mimeMail([{ type: 'text/plain', content: 'Body' }], {
      headers: `Subject: =?ks_c_5601-1987?B?${subject}?=\r\n`,
    });
    expect(await textOf('a.eml', mail)).toContain('Subject: 세금계산서 똠방');
  });
});

describe('rtf: signs and texts that are written twice', () => {
  test.each([
    [
      'a sign that a field shows',
      String.raw`{\field{\*\fldinst{ SYMBOL 254 \\f "Wingdings" \\s 10}}{\fldrslt}}resident`,
      '[x] ☑ resident',
    ],
    ['its number in hex', String.raw`{\field{\*\fldinst{ SYMBOL 0x62 \\f Symbol}}{\fldrslt}} factor`, 'β factor'],
    ['for readers of old and in Unicode', String.raw`A {\upr{Pruefung}{\*\ud{Pr\u252?fung}}} B`, 'A Prüfung B'],
    ['the same, not shown', String.raw`A{\v{\upr{Pruefung}{\*\ud{Pr\u252?fung}}}} B`, 'A B'],
  ])('%s', async (_name, body, expected) => {
    expect(await textOf('a.rtf', `{\\rtf1\\ansi ${body}}`)).toBe(expected);
  });
});
