// Outlook messages: appointments, and mail that is signed so that everybody can read it.
import iconv from 'iconv-lite';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { detachedCms, mimeMail, signedCms } from '../containers.ts';
import { msg } from '../msg.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (bytes: Uint8Array) => extractor.extract({ name: 'a.msg', bytes });

describe('msg: appointments', () => {
  const starts = new Date('2026-03-05T13:00:00Z');
  test('place and time stand beside the body', async () => {
    const ends = new Date('2026-03-05T14:30:00Z');
    const bytes = msg({
      kind: 'IPM.Appointment',
      subject: 'Audit',
      body: 'Bring ledgers',
      place: 'Room Bittern',
      starts,
      ends,
    });
    expect((await readAll(bytes)).map((d) => d.text)).toEqual([
      'Subject: Audit\nWhere: Room Bittern\nStarts: 2026-03-05T13:00:00.000Z\nEnds: 2026-03-05T14:30:00.000Z\n\nBring ledgers',
    ]);
  });

  test('without a body they are no empty mail', async () => {
    const [found] = await readAll(
      msg({ kind: 'IPM.Schedule.Meeting.Request', subject: 'Audit', place: 'Kirkwall', starts }),
    );
    expect(found).toMatchObject({
      status: 'ok',
      text: 'Subject: Audit\nWhere: Kirkwall\nStarts: 2026-03-05T13:00:00.000Z',
    });
  });
});

describe('msg: signed', () => {
  const inner = mimeMail(
    [
      { type: 'text/plain', content: 'The lease of Harbour Lane is signed' },
      { type: 'application/pkcs7-signature; name="smime.p7s"', content: detachedCms() },
    ],
    { kind: 'signed', headers: '' },
  );
  test.each([
    ['clear', 'IPM.Note.SMIME.MultipartSigned', inner],
    ['in an envelope', 'IPM.Note.SMIME', signedCms(inner)],
  ])('%s: the message inside is the mail', async (_name, kind, bytes) => {
    const attachments = [{ name: 'smime.p7m', type: 'multipart/signed', bytes }];
    const documents = await readAll(msg({ kind, subject: 'Lease', attachments }));
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Subject: Lease\n\nThe lease of Harbour Lane is signed'],
    ]);
  });
});

describe('msg: texts as bytes of a code page', () => {
  const RUSSIAN = 'Просим подтвердить получение счета и оплатить его до конца месяца.';
  const JAPANESE = '請求書の内容をご確認ください。';
  const GERMAN = 'Die Prüfung der Rechnung für März ergab keine Mängel.';
  test.each([
    ['the page it names', 'cp1251', RUSSIAN, { message: 1251 }],
    ['of two bytes a letter', 'shift_jis', JAPANESE, { message: 932 }],
    ['UTF-8', 'utf8', RUSSIAN, { message: 65001 }],
    ['the page of its body alone', 'cp1251', RUSSIAN, { internet: 1251 }],
    ['the default of programs in the West, which is not true', 'cp1251', RUSSIAN, { message: 1252, internet: 1251 }],
    ['the same, and true', 'cp1252', GERMAN, { message: 1252, internet: 28591 }],
    ['none', 'cp1251', RUSSIAN, {}],
  ])('%s', async (_name, charset, body, pages) => {
    const bytes = msg({ kind: 'IPM.Note', subject: body.slice(0, 6), body, charset, pages });
    expect((await readAll(bytes))[0]?.text).toBe(`Subject: ${body.slice(0, 6).trim()}\n\n${body}`);
  });

  test.each([
    ['bytes in UTF-8 under another page', Buffer.from(`<p>${RUSSIAN}`), { internet: 28591 }],
    ['a page that is true', iconv.encode(`<p>${RUSSIAN}`, 'cp1251'), { internet: 1251 }],
    ['a meta element alone', iconv.encode(`<meta charset=windows-1251><p>${RUSSIAN}`, 'cp1251'), {}],
  ])('HTML: %s', async (_name, html, pages) => {
    expect((await readAll(msg({ kind: 'IPM.Note', subject: 'Note', html, pages })))[0]?.text).toBe(
      `Subject: Note\n\n${RUSSIAN}`,
    );
  });
});
