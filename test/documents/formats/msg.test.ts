// Outlook messages: appointments, and mail that is signed so that everybody can read it.
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
