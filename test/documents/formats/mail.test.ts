// Mails of other senders, charsets and wrappings than they say: what a person sees is what is read.
import iconv from 'iconv-lite';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import {
  compressedCms,
  detachedCms,
  envelopedCms,
  fileTime,
  mimeEntity,
  mimeMail,
  signedCms,
  tnef,
} from '../containers.ts';
import { mail as plainMail, zip } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (name: string, bytes: Uint8Array) => extractor.extract({ name, bytes });
const textOf = async (bytes: Uint8Array) => (await readAll('a.eml', bytes))[0]?.text ?? '';
const encoded = (text: string, charset: string) => iconv.encode(text, charset).toString('latin1');

const GERMAN = 'Die Prüfung der Rechnung für März ergab keine Mängel, über die zu berichten wäre.';
const POLISH = 'Proszę o przesłanie żądanych załączników do końca września, zgodnie z umową.';
const RUSSIAN = 'Просим подтвердить получение счета и оплатить его до конца месяца.';

describe('mail: the charset of bodies', () => {
  test.each([
    ['declared UTF-8, written in Windows-1252', 'text/plain; charset=UTF-8', encoded(GERMAN, 'windows-1252'), GERMAN],
    ['declared US-ASCII, written in Windows-1252', 'text/plain; charset=us-ascii', encoded(GERMAN, 'cp1252'), GERMAN],
    ['declared ISO-8859-1, written in UTF-8', 'text/plain; charset=iso-8859-1', encoded(GERMAN, 'utf8'), GERMAN],
    ['declared nothing, written in Windows-1252', 'text/plain', encoded(GERMAN, 'cp1252'), GERMAN],
    ['declared nothing, written in Windows-1250', 'text/plain', encoded(POLISH, 'cp1250'), POLISH],
    ['declared a name nobody knows', 'text/plain; charset=x-unknown', encoded(RUSSIAN, 'cp1251'), RUSSIAN],
    ['declared KOI8-R and true', 'text/plain; charset=koi8-r', encoded(RUSSIAN, 'koi8-r'), RUSSIAN],
    ['UTF-7', 'text/plain; charset=utf-7', encoded(GERMAN, 'utf-7'), GERMAN],
    ['UTF-7 by its other name', 'text/plain; charset="unicode-1-1-utf-7"', encoded(RUSSIAN, 'utf-7'), RUSSIAN],
    ['HZ', 'text/plain; charset=hz-gb-2312', 'Tax ~{;a~} office ~~', 'Tax 会 office ~'],
    [
      'a meta element where the header lies',
      'text/html; charset=utf-8',
      `<html><head><meta charset="windows-1250"></head><body>${encoded(POLISH, 'cp1250')}</body></html>`,
      POLISH,
    ],
    [
      'a meta element where the header is silent',
      'text/html',
      `<html><head><meta charset="windows-1251"></head><body>${encoded(RUSSIAN, 'cp1251')}</body></html>`,
      RUSSIAN,
    ],
  ])('%s', async (_name, type, content, expected) => {
    expect(await textOf(mimeMail([{ type, content }]))).toContain(expected);
  });
});

describe('mail: lines that flow (RFC 3676)', () => {
  const flowed = (lines: readonly string[], more = '') =>
    textOf(mimeMail([{ type: `text/plain; charset=utf-8; format=flowed${more}`, content: lines.join('\r\n') }])).then(
      (text) => text.slice(text.indexOf('\n\n') + 2),
    );

  test('are one paragraph; what is answered stays apart from what is quoted, at each depth', async () => {
    const lines = [
      '> The invoice of ',
      '> March is open.',
      '>> Paid ',
      '>> in May. ',
      '> No. ',
      'It was paid ',
      'in June.',
    ];
    expect(await flowed(lines)).toBe('> The invoice of March is open.\n>> Paid in May.\n> No.\nIt was paid in June.');
  });

  test('end at an empty line, and before the signature', async () => {
    expect(await flowed(['One ', 'more. ', '', 'Two. ', '-- ', 'Ada'])).toBe('One more.\n\nTwo.\n--\nAda');
  });

  test('lose the space that guards them', async () => {
    expect(await flowed([' From the ', ' > 5 items ', '>  sold.', ' >', '> > a ', '> > b'])).toBe(
      'From the > 5 items\n> sold.\n>\n> > a b',
    );
  });

  test('lose the space of their end where it was added (DelSp), in words without spaces', async () => {
    const lines = [encoded('これは ', 'utf8'), encoded('長い文。', 'utf8'), '> Rechnungs ', '> nummer'];
    expect(await flowed(lines, '; delsp=yes')).toBe('これは長い文。\n> Rechnungsnummer');
    expect(await flowed(['Invoice  ', 'number'], '; DelSp="Yes"')).toBe('Invoice number');
  });

  test('of a fixed text stay lines', async () => {
    expect(await textOf(mimeMail([{ type: 'text/plain; format=fixed', content: 'One \r\ntwo' }]))).toMatch(/One\ntwo$/);
  });
});

test.each([
  ['a@example.com (Ada (Accounts))', 'Ada (Accounts) <a@example.com>'],
  ['a@example.com (Ada \\(Accounts\\))', 'Ada (Accounts) <a@example.com>'],
  ['Ada (Accounts (London)) <a@example.com>, b@example.com (Bob)', 'Ada <a@example.com>'],
  ['"Ada (x (y)" <a@example.com>', 'Ada (x (y) <a@example.com>'],
  ['=?utf-8?q?Ada_=28x_=28y=29=29?= <a@example.com>', 'Ada (x (y)) <a@example.com>'],
  ['Team: a@example.com (Ada (x)), b@example.com;', 'Team, Ada (x) <a@example.com>, <b@example.com>'],
  ['a@example.com (Ada)', 'Ada <a@example.com>'],
])('mail: comments of an address, one in another: %s', async (from, shown) => {
  const bytes = Buffer.from(`From: ${from}\r\nTo: ${from}\r\nSubject: s\r\n\r\nBody\r\n`);
  const text = await textOf(bytes);
  expect(/^From: (.*)$/m.exec(text)?.[1]).toBe(shown);
  expect(/^To: (.*)$/m.exec(text)?.[1]?.startsWith(shown)).toBe(true);
});

test('an attachment that stands elsewhere is told, its stub is no document', async () => {
  const stub = 'Content-Type: application/pdf\r\nContent-ID: <1@example.com>\r\n\r\n';
  const type = 'message/external-body; access-type=URL; URL="https://example.com/report.pdf"';
  const mail = mimeMail([
    { type: 'text/plain; charset=utf-8', content: 'See the report' },
    { type, content: stub },
  ]);
  const documents = await readAll('a.eml', mail);
  expect(documents.map((d) => [d.archivePath, d.warnings])).toEqual([
    ['', ['mail: 1 attachment(s) stand elsewhere (external-body) and were not fetched']],
  ]);
  expect(documents[0]?.text).toMatch(/See the report$/);
});

describe('mail: the charset of headers', () => {
  test.each([
    [
      'raw bytes of Windows-1252',
      encoded('Subject: Rückfrage zur Körperschaftsteuererklärung\r\n', 'cp1252'),
      'Rückfrage zur Körper',
    ],
    ['raw UTF-8', encoded('Subject: Rückfrage\r\n', 'utf8'), 'Rückfrage'],
    ['an encoded word that lies', 'Subject: =?utf-8?Q?R=FCckfrage_zur_Pr=FCfung?=\r\n', 'Rückfrage zur Prüfung'],
    ['an encoded word in UTF-7', 'Subject: =?utf-7?Q?R+APw-ckfrage?=\r\n', 'Rückfrage'],
    ['a letter cut in two words', 'Subject: =?utf-8?B?UsO8Y2tmcmFnw?= =?utf-8?Q?=BC?=\r\n', 'Rückfrag'],
  ])('%s', async (_name, headers, expected) => {
    expect(
      await textOf(mimeMail([{ type: 'text/plain; charset=utf-8', content: 'Body of it' }], { headers })),
    ).toContain(expected);
  });
});

describe('mail: the body that says more', () => {
  const html =
    '<p>The declaration was rejected.</p><table><tr><td>Declarant<td>Northwind Trading<tr><td>Reference<td>2025-0213</table>';
  test.each([
    [
      'a notice to open the browser',
      'Your program shows no HTML. See https://portal.example/view?id=9f8e7d',
      'Northwind Trading',
    ],
    ['a notice in another language', 'Ihr Programm kann dieses Format nicht anzeigen.', 'Northwind Trading'],
    ['a text without the table', 'The declaration was rejected.', 'Northwind Trading'],
  ])('HTML wins over %s', async (_name, text, expected) => {
    const mail = mimeMail(
      [
        { type: 'text/plain; charset=utf-8', content: text },
        { type: 'text/html; charset=utf-8', content: html },
      ],
      { kind: 'alternative' },
    );
    expect(await textOf(mail)).toContain(expected);
  });

  test('bodies of different words are both read: one of them is a stub, which of the two nobody says', async () => {
    const mail = mimeMail(
      [
        { type: 'text/plain', content: 'Your e-mail client does not support HTML.' },
        { type: 'text/html', content: '<p>Dividend of Gullfoss hf. is 12 percent' },
      ],
      { kind: 'alternative' },
    );
    expect(await textOf(mail)).toContain('Dividend of Gullfoss');
  });

  test('ISO 8859-1 is what Windows writes under that name', async () => {
    const mail = mimeMail([
      { type: 'text/plain; charset=iso-8859-1', content: '100 \x80 f\xfcr M\xe4rz \x96 bezahlt' },
    ]);
    expect(await textOf(mail)).toContain('100 € für März – bezahlt');
  });

  test('raw headers in seven bits are in the charset of the message', async () => {
    const subject = Buffer.from('\x1b$B@A5a=q\x1b(B', 'latin1');
    const mail = Buffer.concat([
      Buffer.from('Subject: '),
      subject,
      Buffer.from('\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\nNo. 4711\r\n'),
    ]);
    expect(await textOf(mail)).toBe('Subject: 請求書\n\nNo. 4711');
  });

  test('style sheets and programs of a saved page are no documents; attached ones are', async () => {
    const css = { type: 'text/css', content: 'p{color:red}' };
    const page = { type: 'text/html', content: '<p>Ledger' };
    expect((await readAll('a.mht', mimeMail([page, css], { kind: 'related' }))).map((d) => d.archivePath)).toEqual([
      '',
    ]);
    const attached = plainMail('Style', 'see', { 'a.css': Buffer.from('p{color:red}') });
    expect((await readAll('a.eml', attached)).map((d) => d.archivePath)).toEqual(['', 'a.css']);
  });

  test('the text wins when it says the same', async () => {
    const mail = mimeMail(
      [
        { type: 'text/plain', content: '* The rent is due on 1 May *' },
        { type: 'text/html', content: '<b>The rent is due on 1 May</b><p>Sent by mail' },
      ],
      { kind: 'alternative' },
    );
    expect(await textOf(mail)).toContain('* The rent is due on 1 May *');
  });
});

describe('mail: what stands before the headers', () => {
  const mail = mimeMail([{ type: 'text/plain', content: 'Body of the note' }]);
  test.each([
    ['a byte order mark', 'a.eml', Buffer.concat([Buffer.from('\ufeff'), mail])],
    ['blank lines', 'a.eml', Buffer.concat([Buffer.from('\r\n\r\n'), mail])],
    ['UTF-16', 'a.eml', Buffer.from(`\ufeff${mail.toString('latin1')}`, 'utf16le')],
    [
      "Apple Mail's count and property list",
      '118.emlx',
      Buffer.concat([
        Buffer.from(`${mail.length}\n`),
        mail,
        Buffer.from('<?xml version="1.0"?><plist><string>flags</string></plist>'),
      ]),
    ],
  ])('%s', async (_name, name, bytes) => {
    const [first] = await readAll(name, bytes);
    expect(first?.text).toBe(
      'Subject: Note\nFrom: Ada Example <ada@example.com>\nTo: <bob@example.com>\n\nBody of the note',
    );
  });
});

describe('mail: S/MIME', () => {
  const inner = mimeEntity([
    { type: 'text/plain; charset=utf-8', content: 'The lease of Harbour Lane is signed' },
    {
      type: 'text/csv',
      content: Buffer.from('a,b\n1,2'),
      headers: 'Content-Disposition: attachment; filename="rent.csv"\r\n',
    },
  ]);
  const opaque = (content: Uint8Array) =>
    mimeMail([
      {
        type: 'application/pkcs7-mime; name="smime.p7m"',
        content,
        headers: 'Content-Disposition: attachment; filename="smime.p7m"\r\n',
      },
    ]);
  test.each([
    ['signed, DER', signedCms(inner)],
    ['signed, BER in pieces', signedCms(inner, 7)],
    ['signed twice', signedCms(mimeEntity([{ type: 'application/pkcs7-mime', content: signedCms(inner) }]))],
    ['compressed', compressedCms(inner)],
  ])('%s: its text is the body, its attachments are the mail’s', async (_name, content) => {
    const documents = await readAll('a.eml', opaque(content));
    expect(documents.map((d) => [d.archivePath, d.code])).toEqual([
      ['', null],
      ['rent.csv', null],
    ]);
    expect(documents[0]?.text).toContain('Subject: Note');
    expect(documents[0]?.text).toContain('The lease of Harbour Lane is signed');
  });

  test('encrypted mail says so', async () => {
    expect((await readAll('a.eml', opaque(envelopedCms())))[0]?.code).toBe('extract.encrypted');
  });

  test('the signature of clear-signed mail is no document', async () => {
    const mail = mimeMail(
      [
        { type: 'text/plain', content: 'Pay by Friday' },
        { type: 'application/pkcs7-signature; name="smime.p7s"', content: detachedCms() },
      ],
      { kind: 'signed' },
    );
    expect((await readAll('a.eml', mail)).map((d) => d.archivePath)).toEqual(['']);
  });
});

describe('signed files', () => {
  const invoice = Buffer.from('<?xml version="1.0"?><Invoice><Seller>Castel Verde Srl</Seller></Invoice>');
  test.each([
    ['DER', signedCms(invoice)],
    ['BER', signedCms(invoice, 5)],
    ['base64', Buffer.from(signedCms(invoice).toString('base64').replace(/.{64}/g, '$&\n'))],
    ['PEM', Buffer.from(`-----BEGIN PKCS7-----\n${signedCms(invoice, 3).toString('base64')}\n-----END PKCS7-----\n`)],
    ['signed twice', signedCms(signedCms(invoice))],
    ['compressed', compressedCms(invoice)],
  ])('%s: the document inside is a member', async (_name, bytes) => {
    const documents = await readAll('IT01_118.xml.p7m', bytes);
    expect(documents.map((d) => [d.archivePath.split('!/').at(-1), d.mediaType, d.text])).toEqual([
      ['IT01_118.xml', 'application/xml', 'Castel Verde Srl'],
    ]);
  });

  test('a signed archive is opened', async () => {
    const [member] = await readAll('a.zip.p7m', signedCms(zip([{ name: 'b.txt', content: 'beta' }])));
    expect([member?.archivePath, member?.text]).toEqual(['a.zip!/b.txt', 'beta']);
  });

  test.each([
    ['encrypted', envelopedCms(), 'extract.encrypted'],
    ['a signature alone', detachedCms(), 'extract.empty'],
    ['cut off', signedCms(Buffer.alloc(4000, 'text ')).subarray(0, 2000), 'extract.corrupt'],
  ])('%s', async (_name, bytes, code) => {
    expect((await readAll('a.pdf.p7m', bytes)).map((d) => d.code)).toEqual([code]);
  });
});

describe('mail: TNEF', () => {
  const BODY = 0x1000;
  const packed = tnef(
    [
      { number: 0x37, value: 'Bond renewal' },
      { number: BODY, value: 'Please renew the bond — with surety Alpina.' },
    ],
    [
      { title: Buffer.from('bond.csv\0'), data: Buffer.from('bond;amount\nOSTRAVA;9000') },
      { properties: [{ number: 0x3707, value: 'Prüfung.txt' }], data: Buffer.from('long name') },
    ],
  );
  const members = [
    ['bond.csv', 'bond\tamount\nOSTRAVA\t9000'],
    ['Prüfung.txt', 'long name'],
  ];

  test('in a mail without a body it is the mail', async () => {
    const mail = mimeMail([
      { type: 'text/plain', content: '' },
      { type: 'application/ms-tnef; name="winmail.dat"', content: packed },
    ]);
    const [own, ...rest] = await readAll('a.eml', mail);
    expect(own?.text).toContain('renew the bond — with surety Alpina');
    expect(rest.map((d) => [d.archivePath, d.text])).toEqual(members);
  });

  test('beside a body only its attachments count', async () => {
    const mail = mimeMail([
      { type: 'text/plain', content: 'The same in plain text' },
      { type: 'application/octet-stream; name="winmail.dat"', content: packed },
    ]);
    const [own, ...rest] = await readAll('a.eml', mail);
    expect(own?.text).toContain('The same in plain text');
    expect(rest.map((d) => [d.archivePath, d.text])).toEqual(members);
  });

  test('a winmail.dat that was saved is read as a mail', async () => {
    const [own, ...rest] = await readAll('winmail.dat', packed);
    expect(own?.text).toBe('Subject: Bond renewal\n\nPlease renew the bond — with surety Alpina.');
    expect(rest).toHaveLength(2);
  });

  test('8-bit strings are in its code page; HTML bodies and appointments are read', async () => {
    const bytes = tnef(
      [
        {
          number: 0x37,
          type: 0x1e,
          value: Buffer.concat([iconv.encode('Встреча в понедельник', 'cp1251'), Buffer.alloc(1)]),
        },
        { number: 0x1013, value: Buffer.from('<p>Agenda <b>follows</b>') },
        { number: 0x8001, named: 0x8208, value: 'Room 4, Aarhus' },
        { number: 0x8002, named: 0x820d, type: 0x40, value: fileTime('2025-03-20T09:00:00Z') },
      ],
      [],
      1251,
    );
    expect((await readAll('winmail.dat', bytes))[0]?.text).toBe(
      'Subject: Встреча в понедельник\nWhere: Room 4, Aarhus\nStarts: 2025-03-20T09:00:00.000Z\n\nAgenda follows',
    );
  });

  test('a message inside is a member of its own', async () => {
    const inner = tnef([{ number: BODY, value: 'The inner message' }]);
    const object = Buffer.concat([Buffer.alloc(16), inner]);
    const bytes = tnef(
      [{ number: BODY, value: 'Outer' }],
      [
        {
          properties: [
            { number: 0x3001, value: 'Fwd' },
            { number: 0x3701, type: 0x0d, value: object },
          ],
        },
      ],
    );
    expect((await readAll('winmail.dat', bytes)).map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Outer'],
      ['Fwd', 'The inner message'],
    ]);
  });
});

describe('mail: attachments that MIME does not show', () => {
  test('uuencoded files are members, the rest is the body', async () => {
    const body = 'See the file.\r\n\r\nbegin 644 note.txt\r\n-=&AE(&QE9&=E<@IO9@``\r\n`\r\nend\r\nRegards';
    const mail = mimeMail([{ type: 'text/plain', content: body }]);
    const documents = await readAll('a.eml', mail);
    expect(documents.map((d) => d.archivePath)).toEqual(['', 'note.txt']);
    expect(documents[0]?.text).toMatch(/See the file\.\n\nRegards$/);
    expect(documents[1]?.text).toMatch(/^the ledger/);
  });

  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
    'base64',
  );
  test.each([
    ['shown by the HTML: part of the body', '<p>Hello dear colleague<img src="cid:p1@x">', ['']],
    ['not shown: an attachment', '<p>Hello dear colleague', ['', 'IMG_1.png']],
  ])('a picture with a content id, %s', async (_name, html, paths) => {
    const mail = mimeMail(
      [
        { type: 'text/html', content: html },
        {
          type: 'image/png; name=IMG_1.png',
          content: png,
          headers: 'Content-Disposition: inline; filename=IMG_1.png\r\nContent-Id: <p1@x>\r\n',
        },
      ],
      { kind: 'related' },
    );
    expect((await readAll('a.eml', mail)).map((d) => d.archivePath)).toEqual(paths);
  });
});
