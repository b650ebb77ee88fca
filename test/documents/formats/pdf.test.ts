// PDFs whose text is not what is painted, and what stands on pages beside their text.
import PDFDocument from 'pdfkit';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { joinHyphens } from '../../../shared/documents/formats/pdf-hyphens.ts';
import { isGarbled, isPicture } from '../../../shared/documents/formats/pdf-trust.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { pdf } from '../fixtures.ts';
import { HELVETICA, pdfLine as line, pdfPage as onePage, pdfStream as stream } from '../pdfs.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (bytes: Uint8Array) => extractor.extract({ name: 'a.pdf', bytes });
const first = async (bytes: Uint8Array) => (await readAll(bytes))[0];

const SENTENCE =
  'The assessment of real estate transfer tax is payable within one month after notification of this office to the owner';

describe('pdf: letters that cannot be what is painted', () => {
  /** A font whose letters are said to be others. */
  const shifted = (shift: number) => {
    const rows = Array.from(
      { length: 95 },
      (_, i) => `<${(i + 32).toString(16)}> <${(i + 32 + shift).toString(16).padStart(4, '0')}>`,
    );
    const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange 95 beginbfchar\n${rows.join('\n')}\nendbfchar endcmap end end`;
    return onePage(line(SENTENCE), {
      resources: '/Font << /F1 5 0 R >>',
      more: ['<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>', stream(map)],
    });
  };
  test.each([
    ['shifted among the printable', 1],
    ['shifted into control characters', 29],
    ['shifted into private characters', 0xe000],
  ])('%s: a scan, not words', async (_name, shift) => {
    expect(await first(shifted(shift))).toMatchObject({ code: 'extract.needs-ocr', text: '' });
  });

  test('what is right stays', async () => {
    expect((await first(shifted(0)))?.text).toBe(SENTENCE);
  });

  test.each([
    [
      'German',
      'Die Festsetzung der Grunderwerbsteuer wird innerhalb eines Monats nach Bekanntgabe des Bescheides an den Erwerber fällig',
    ],
    [
      'Polish',
      'Podatek od czynności cywilnoprawnych jest płatny w terminie czternastu dni od dnia powstania obowiązku podatkowego',
    ],
    [
      'Finnish',
      'Kiinteistövero erääntyy maksettavaksi kuukauden kuluessa siitä kun päätös on annettu tiedoksi omistajalle',
    ],
    ['Russian', 'Налог подлежит уплате в течение одного месяца после получения уведомления собственником недвижимости'],
    ['capitals', SENTENCE.toUpperCase()],
    ['a table of numbers', '1,450,000.00 6.5 94,250.00 2025-03-01 '.repeat(8)],
    ['bullets of a symbol font', `\uf0b7 ${SENTENCE}\n\uf0b7 ${SENTENCE}`],
  ])('no garbage: %s', (_name, text) => {
    expect(isGarbled(text, 0)).toBe(false);
  });

  test('a font without Unicode is told by the library', () => {
    expect(isGarbled('plain words of some length', 0.5)).toBe(true);
  });
});

describe('pdf: pages whose words are painted otherwise', () => {
  const image = (content: string, mode = 0) =>
    onePage(`q 612 0 0 792 0 0 cm /Im Do Q ${mode} Tr ${content}`, {
      resources: `/Font << /F1 ${HELVETICA} >> /XObject << /Im 5 0 R >>`,
      more: [
        stream(
          '\x80'.repeat(16),
          '/Type /XObject /Subtype /Image /Width 4 /Height 4 /ColorSpace /DeviceGray /BitsPerComponent 8',
        ),
      ],
    });
  const outline = (n: number) =>
    Array.from(
      { length: n },
      (_, i) => `${i} 10 m ${i} 20 ${i + 5} 30 ${i + 9} 10 c ${i} 5 ${i + 3} 2 ${i} 10 c f`,
    ).join(' ');
  test.each([
    [
      'an image below the line of a fax machine',
      image(line('FROM +31 10 555 0199 12/03/2025 JOB 1187 P.001')),
      'extract.needs-ocr',
    ],
    ['an image below its OCR layer', image(line('Invoice of Whitmore Textiles'), 3), null],
    [
      'text enough beside an image',
      image(Array.from({ length: 6 }, (_, i) => line(SENTENCE, 700 - 20 * i, 8)).join(' ')),
      null,
    ],
    ['outlines without text', onePage(outline(60)), 'extract.needs-ocr'],
    ['a frame without text', onePage('72 72 400 600 re S'), 'extract.needs-ocr'],
    ['a heading above outlines', onePage(`${line('Annual report of the group')} ${outline(900)}`), 'extract.needs-ocr'],
    ['a text and its ornaments', onePage(`${line(SENTENCE)} ${outline(20)}`), null],
    ['nothing', onePage(''), 'extract.empty'],
  ])('%s', async (_name, bytes, code) => {
    expect((await first(bytes))?.code).toBe(code);
  });

  test('pages of enough text are not looked at for anything else', () => {
    const never = () => {
      throw new Error('asked');
    };
    expect(isPicture('word '.repeat(100), never, never)).toBe(false);
  });
});

describe('pdf: layers', () => {
  const layered = (state: string) =>
    onePage(`${line('Issued to Brookfield')} /OC /L1 BDC ${line('SPECIMEN', 400, 30)} EMC`, {
      catalog: `/OCProperties << /OCGs [5 0 R] /D << ${state} /Order [5 0 R] >> >>`,
      resources: `/Font << /F1 ${HELVETICA} >> /Properties << /L1 5 0 R >>`,
      more: ['<< /Type /OCG /Name (Draft) >>'],
    });
  const form = (state: string) =>
    onePage(`${line('Issued to Brookfield')} /Fm Do`, {
      catalog: `/OCProperties << /OCGs [5 0 R] /D << ${state} >> >>`,
      resources: `/Font << /F1 ${HELVETICA} >> /XObject << /Fm 6 0 R >>`,
      more: [
        '<< /Type /OCG /Name (Watermark) >>',
        stream(
          line('SPECIMEN', 400, 30),
          `/Type /XObject /Subtype /Form /BBox [0 0 612 792] /OC 5 0 R /Resources << /Font << /F1 ${HELVETICA} >> >>`,
        ),
      ],
    });
  test.each([
    ['marked content, off', layered('/OFF [5 0 R]'), 'Issued to Brookfield'],
    ['marked content, all off but none on', layered('/BaseState /OFF'), 'Issued to Brookfield'],
    ['marked content, on', layered(''), 'Issued to Brookfield\nSPECIMEN'],
    ['a form object, off', form('/OFF [5 0 R]'), 'Issued to Brookfield'],
    ['a form object, on', form(''), 'Issued to Brookfield\nSPECIMEN'],
  ])('%s', async (_name, bytes, expected) => {
    expect((await first(bytes))?.text).toBe(expected);
  });
});

describe('pdf: beside the text', () => {
  const annotated = (annotation: string, more: string[] = [], content = line('Letter of the office')) =>
    onePage(content, { page: '/Annots [5 0 R]', more: [annotation, ...more] });
  const attached = stream('account;amount\n6820;77', '/Type /EmbeddedFile');
  const specification = '<< /Type /Filespec /F (ledger.csv) /UF (ledger.csv) /EF << /F 7 0 R >> >>';
  test('a file under a paper clip is a member, once', async () => {
    const clip =
      '<< /Type /Annot /Subtype /FileAttachment /Rect [300 600 320 620] /FS 6 0 R /Contents (see the ledger) >>';
    const documents = await readAll(annotated(clip, [specification, attached]));
    expect(documents.map((d) => [d.archivePath, d.text])).toEqual([
      ['', 'Letter of the office\nsee the ledger'],
      ['ledger.csv', 'account\tamount\n6820\t77'],
    ]);
    const twice = onePage(line('Letter'), {
      page: '/Annots [5 0 R]',
      catalog: '/Names << /EmbeddedFiles << /Names [(ledger.csv) 6 0 R] >> >>',
      more: [clip, specification, attached],
    });
    expect((await readAll(twice)).map((d) => d.archivePath)).toEqual(['', 'ledger.csv']);
  });

  test.each([
    [
      'a comment on a highlight',
      '<< /Type /Annot /Subtype /Highlight /Rect [70 690 300 715] /QuadPoints [70 715 300 715 70 690 300 690] /Contents (rate is wrong) >>',
      'rate is wrong',
    ],
    [
      'a comment on struck text',
      '<< /Type /Annot /Subtype /StrikeOut /Rect [70 690 300 715] /QuadPoints [70 715 300 715 70 690 300 690] /Contents (deleted by audit) >>',
      'deleted by audit',
    ],
    [
      'a stamp by its name',
      '<< /Type /Annot /Subtype /Stamp /Rect [300 600 400 640] /Name /NotApproved >>',
      'Not Approved',
    ],
  ])('%s', async (_name, annotation, expected) => {
    expect((await first(annotated(annotation)))?.text).toBe(`Letter of the office\n${expected}`);
  });

  test('a stamp by the words drawn on it; hidden notes are not seen', async () => {
    const stamp = '<< /Type /Annot /Subtype /Stamp /Rect [300 600 400 640] /Name /#23custom /AP << /N 6 0 R >> >>';
    const drawn = stream(
      'BT /F1 12 Tf 5 5 Td (RECEIVED 4 MARCH) Tj ET',
      `/Type /XObject /Subtype /Form /BBox [0 0 100 40] /Resources << /Font << /F1 ${HELVETICA} >> >>`,
    );
    expect((await first(annotated(stamp, [drawn])))?.text).toBe('Letter of the office\nRECEIVED 4 MARCH');
    const hidden = '<< /Type /Annot /Subtype /Text /F 2 /Rect [300 600 320 620] /Contents (not for you) >>';
    expect((await first(annotated(hidden)))?.text).toBe('Letter of the office');
  });

  test('check boxes and radio buttons say what stands beside them, chosen or not', async () => {
    const box = (y: number, state: string, more = '') =>
      `<< /Type /Annot /Subtype /Widget /Rect [72 ${y} 84 ${y + 12}] /FT /Btn ${more} /AS /${state} /V /${state} /AP << /N << /Yes 7 0 R /Off 7 0 R >> >> >>`;
    const bytes = onePage(`${line('resident', 700).replace('72', '90')} ${line('trust', 670).replace('72', '90')}`, {
      page: '/Annots [5 0 R 6 0 R]',
      catalog: '/AcroForm << /Fields [5 0 R 6 0 R] >>',
      more: [
        box(698, 'Yes', '/T (c1)'),
        box(668, 'Off', '/T (c2) /TU (The payee is a trust)'),
        stream('', '/Type /XObject /Subtype /Form /BBox [0 0 12 12]'),
      ],
    });
    expect((await first(bytes))?.text).toBe('resident\ntrust\n[x] resident\n[ ] trust');
  });
});

describe('pdf: XFA', () => {
  const form = (notice: string, { dynamic = true, page = '', fields = '', value = 'Marigold Catering' } = {}) => {
    const template =
      '<template xmlns="t"><subform><field name="e"><caption><value><text>Employer</text></value></caption><items><text>unchosen</text></items><event><script>var x = 1;</script></event></field><draw presence="hidden"><value><text>unseen</text></value></draw></subform></template>';
    const data = `<xfa:datasets xmlns:xfa="x"><xfa:data><e>${value}</e></xfa:data></xfa:datasets>`;
    return onePage(line(notice), {
      page,
      catalog: `${dynamic ? '/NeedsRendering true' : ''} /AcroForm << /Fields [${fields}] /XFA [(template) 5 0 R (datasets) 6 0 R] >>`,
      more: [
        stream(template),
        stream(data),
        '<< /Type /Annot /Subtype /Widget /FT /Tx /T (e) /V (Marigold Catering) /Rect [72 600 200 620] >>',
      ],
    });
  };
  test.each([
    ['a notice in English', form('Please wait... If this message is not replaced, your viewer cannot display it')],
    ['a notice in German', form('Bitte warten Sie, bis der Inhalt des Dokuments angezeigt wird')],
    [
      'a notice without the mark of a dynamic form',
      form('To view the full contents you need a later version of the viewer', { dynamic: false }),
    ],
  ])('%s is not the document', async (_name, bytes) => {
    expect((await first(bytes))?.text).toBe('Employer\nMarigold Catering');
  });

  test('a value with an entity is one line', async () => {
    expect((await first(form('Wait', { value: 'Bell &amp; Sons' })))?.text).toBe('Employer\nBell & Sons');
  });

  test('a static form is read from its pages', async () => {
    const bytes = form('Employer', { dynamic: false, page: '/Annots [7 0 R]', fields: '7 0 R' });
    expect((await first(bytes))?.text).toBe('Employer\nMarigold Catering');
  });
});

describe('pdf: hyphens at line ends', () => {
  const join = async (text: string, language: string) => (await joinHyphens([text], async () => language))[0];
  const B = '\ufffe';
  test.each([
    ['a broken word', `the regu${B}lation`, 'en', 'the regulation'],
    [
      'a word that stands whole elsewhere',
      `tax${B}payer and taxpayer, the payer`,
      'en',
      'taxpayer and taxpayer, the payer',
    ],
    [
      'one that stands with its hyphen elsewhere',
      `arm${B}length terms; at arm-length terms`,
      'en',
      'arm-length terms; at arm-length terms',
    ],
    [
      'two words of the document',
      `duty${B}free goods; the duty; free of it`,
      'en',
      'duty-free goods; the duty; free of it',
    ],
    ['a first part that keeps it', `non${B}resident`, 'en', 'non-resident'],
    ['a capital', `Umsatzsteuer${B}Voranmeldung`, 'de', 'Umsatzsteuer-Voranmeldung'],
    ['numbers', `2020${B}2021, F${B}18`, 'en', '2020-2021, F-18'],
    [
      'a German compound',
      `Steuer${B}erklärung; die Steuer, die Erklärung, erklärung`,
      'de',
      'Steuererklärung; die Steuer, die Erklärung, erklärung',
    ],
  ])('%s', async (_name, text, language, expected) => {
    expect(await join(text, language)).toBe(expected);
  });

  test('the hyphens of a page survive to the text', async () => {
    const text = (await first(pdf(['The regu-\nlation of non-\nresidents and of USA-\nUK dealings'])))?.text;
    expect(text).toBe('The regulation of non-residents and of USA-UK dealings');
  });
});

test('a line whose letters cannot be decoded is left out and told, the rest of the page stays', async () => {
  const document = new PDFDocument();
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on('end', resolve));
  // The library writes a letter outside its built-in font as hex of another length.
  document.font('Helvetica').text(SENTENCE).text('Granat Szkło Deutschland GmbH').text('Total due: 1,200.00 EUR').end();
  await ended;
  const read = await first(Buffer.concat(chunks));
  expect(read?.text).toContain('Total due: 1,200.00 EUR');
  expect(read?.text).not.toContain('Szk');
  expect(read?.warnings).toEqual(['needs-ocr: lines of 1 page(s) cannot be decoded (1)']);
});
