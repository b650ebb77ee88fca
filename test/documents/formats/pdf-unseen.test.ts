// Text that stands in a PDF and on no screen, and words that stand on the screen in drawings of annotations alone.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { drawnLine, HELVETICA, pdfLine, pdfPage, pdfStream } from '../pdfs.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (bytes: Uint8Array) => extractor.extract({ name: 'a.pdf', bytes });
const textOf = async (bytes: Uint8Array) => (await readAll(bytes))[0]?.text;

const SEEN = 'Letter of the office';
const SECRET = pdfLine('secret', 600);
const BOX = '60 590 300 30 re f';

describe('pdf: text that nobody sees', () => {
  test.each([
    ['without ink', `3 Tr ${SECRET}`],
    ['as a clip alone', `q 7 Tr ${SECRET} Q`],
    ['white on the bare page', `1 1 1 rg ${SECRET}`],
    ['nearly white', `0.99 0.99 0.98 rg ${SECRET}`],
    ['red on red', `1 0 0 rg ${BOX} ${SECRET}`],
    ['under a white box that is painted later', `${SECRET} 1 1 1 rg ${BOX}`],
    ['under a black box that is painted later', `${SECRET} 0 0 0 rg ${BOX}`],
    ['above the edge of the page', pdfLine('secret', 900)],
    ['left of the edge of the page', 'BT /F1 12 Tf -300 600 Td (secret) Tj ET'],
    ['outside of a clip', `q 0 0 10 10 re W n ${SECRET} Q`],
    ['outside of a clip in other units', `q 2 0 0 2 0 0 cm 0 0 100 100 re W n 0.5 0 0 0.5 0 0 cm ${SECRET} Q`],
    ['on a page of two', `1 1 1 rg ${SECRET} 0 g ${pdfLine('', 500)}`],
  ])('%s', async (_name, unseen) => {
    expect(await textOf(pdfPage(`${pdfLine(SEEN)} ${unseen}`))).toBe(SEEN);
  });

  test('beyond the part of the page that is shown', async () => {
    const bytes = pdfPage(`${pdfLine(SEEN)} ${pdfLine('secret', 30)}`, { page: '/CropBox [0 100 612 792]' });
    expect(await textOf(bytes)).toBe(SEEN);
  });

  test('nearly transparent', async () => {
    const resources = `/Font << /F1 ${HELVETICA} >> /ExtGState << /G0 << /ca 0 >> /G1 << /ca 0.4 >> >>`;
    const bytes = pdfPage(`${pdfLine(SEEN)} /G1 gs ${pdfLine('pale', 650)} /G0 gs ${SECRET}`, { resources });
    expect(await textOf(bytes)).toBe(`${SEEN}\npale`);
  });

  test.each([
    ['white on black', `0 0 0 rg ${BOX} 1 1 1 rg ${SECRET}`],
    ['white on a picture', `q 300 0 0 30 60 590 cm /Im Do Q 1 1 1 rg ${SECRET}`],
    ['below a marker that lets it through', `${SECRET} /G1 gs 1 1 0 rg ${BOX}`],
    ['on a box of another colour', `1 0 0 rg ${BOX} 0 0 1 rg ${SECRET}`],
    ['half below what is painted later', `${SECRET} 1 1 1 rg 60 590 20 30 re f`],
    ['within its clip', `q 0 500 612 200 re W n ${SECRET} Q`],
    ['half beyond the edge', 'BT /F1 12 Tf 600 600 Td (secret) Tj ET'],
  ])('what is seen stays: %s', async (_name, seen) => {
    const resources = `/Font << /F1 ${HELVETICA} >> /ExtGState << /G1 << /ca 0.4 >> >> /XObject << /Im 5 0 R >>`;
    const image = pdfStream(
      '\x20'.repeat(16),
      '/Type /XObject /Subtype /Image /Width 4 /Height 4 /ColorSpace /DeviceGray /BitsPerComponent 8',
    );
    expect(await textOf(pdfPage(`${pdfLine(SEEN)} ${seen}`, { resources, more: [image] }))).toBe(`${SEEN}\nsecret`);
  });

  test('a layer without ink stays where it is all the text there is', async () => {
    expect(await textOf(pdfPage(`3 Tr ${pdfLine(SEEN)}`))).toBe(SEEN);
  });

  test('it does not come back with the drawing of a stamp', async () => {
    const bytes = pdfPage(`${pdfLine(SEEN)} 1 1 1 rg ${SECRET}`, {
      page: '/Annots [5 0 R]',
      more: [
        '<< /Type /Annot /Subtype /Stamp /Rect [300 400 600 440] /Name /#23custom /AP << /N 6 0 R >> >>',
        drawnLine('RECEIVED'),
      ],
    });
    expect(await textOf(bytes)).toBe(`${SEEN}\nRECEIVED`);
  });
});

describe('pdf: words in the drawings of annotations', () => {
  const annotated = (annotation: string, ...more: string[]) =>
    pdfPage(pdfLine(SEEN), {
      page: '/Annots [5 0 R]',
      catalog: annotation.includes('/Widget') ? '/AcroForm << /Fields [5 0 R] >>' : '',
      more: [annotation, ...more],
    });
  const widget = (kind: string) =>
    `<< /Type /Annot /Subtype /Widget ${kind} /T (f) /Rect [72 500 372 540] /AP << /N 6 0 R >> >>`;
  test.each([
    ['the caption of a button', widget('/FT /Btn /Ff 65536'), 'Send to the treasury'],
    ['what a signature says', widget('/FT /Sig'), 'Digitally signed by Ada Example'],
    ['a field whose value is drawn and not stored', widget('/FT /Tx'), 'Marigold Catering'],
    [
      'text typed onto the page',
      '<< /Type /Annot /Subtype /FreeText /Rect [72 500 372 540] /DA (/F1 12 Tf) /AP << /N 6 0 R >> >>',
      'Approved by the treasurer',
    ],
  ])('%s', async (_name, annotation, drawn) => {
    expect(await textOf(annotated(annotation, drawnLine(drawn)))).toBe(`${SEEN}\n${drawn}`);
  });

  test('text typed onto the page that is stored in its rich form alone', async () => {
    const typed =
      '<< /Type /Annot /Subtype /FreeText /Rect [72 500 372 540] /DA (/F1 12 Tf) /RC (<body><p>Typed &amp; sent</p><p>today</p></body>) >>';
    expect(await textOf(annotated(typed))).toBe(`${SEEN}\nTyped & sent\ntoday`);
  });

  test('a password is shown as asterisks, so it is not read', async () => {
    const field = '<< /Type /Annot /Subtype /Widget /FT /Tx /Ff 8192 /V (hunter2) /T (f) /Rect [72 500 372 540] >>';
    expect(await textOf(annotated(field))).toBe(SEEN);
  });

  test.each([
    [
      'what is chosen is told by its label',
      '/Ff 131072 /V (LU) /Opt [[(MT) (Malta)] [(LU) (Luxembourg)]]',
      'Luxembourg',
    ],
    ['options without labels', '/Ff 131072 /V (Peru) /Opt [(Chile) (Peru)]', 'Peru'],
    [
      'a list of several',
      '/Ff 2097152 /V [(MT) (LU)] /I [0 1] /Opt [[(MT) (Malta)] [(LU) (Luxembourg)] [(BE) (Belgium)]]',
      'Malta, Luxembourg',
    ],
    ['a value of its own', '/Ff 393216 /V (Narnia) /Opt [(Chile) (Peru)]', 'Narnia'],
  ])('drop-downs: %s', async (_name, field, expected) => {
    const choice = `<< /Type /Annot /Subtype /Widget /FT /Ch /T (f) /Rect [72 500 372 540] ${field} >>`;
    expect(await textOf(annotated(choice))).toBe(`${SEEN}\n${expected}`);
  });

  test('two paper clips on two names are two members, one that is hidden is none', async () => {
    const clip = (file: number, flags = 0) =>
      `<< /Type /Annot /Subtype /FileAttachment /F ${flags} /Rect [300 600 320 620] /FS ${file} 0 R >>`;
    const specification = (name: string) => `<< /Type /Filespec /F (${name}) /EF << /F 9 0 R >> >>`;
    const bytes = pdfPage(pdfLine(SEEN), {
      page: '/Annots [5 0 R 6 0 R 10 0 R]',
      more: [
        clip(7),
        clip(8),
        specification('rent.txt'),
        specification('dues.txt'),
        pdfStream('Royalties of Larch', '/Type /EmbeddedFile'),
        clip(11, 2),
        specification('unseen.txt'),
      ],
    });
    expect((await readAll(bytes)).map((d) => [d.archivePath, d.text])).toEqual([
      ['', SEEN],
      ['rent.txt', 'Royalties of Larch'],
      ['dues.txt', 'Royalties of Larch'],
    ]);
  });
});
