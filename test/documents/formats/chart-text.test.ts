// Charts and controls of Office packages, hidden slides and shapes, drawings of their own format: what they show.
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { readMetafile } from '../../../shared/documents/formats/metafile.ts';
import { silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { relations, xlsx } from '../fixtures.ts';
import { emf, wmf } from '../metafiles.ts';
import {
  run,
  shape,
  sheetPackage,
  slidePackage,
  slideParagraph,
  textRow,
  W,
  wordPackage,
  wordParagraph,
} from '../packages.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = (name: string, bytes: Uint8Array) => extractor.extract({ name, bytes });
const textOf = async (name: string, bytes: Uint8Array) => (await readAll(name, bytes))[0]?.text;
const LETTER = wordParagraph(run('Letter of the office'));

const cache = (kind: string, format: string, value: string) =>
  `<c:${kind}Ref><c:${kind}Cache>${format === '' ? '' : `<c:formatCode>${format}</c:formatCode>`}<c:pt idx="0"><c:v>${value}</c:v></c:pt></c:${kind}Cache></c:${kind}Ref>`;
const CHART = `<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Duties paid</a:t></a:r></a:p></c:rich></c:tx></c:title><c:ser><c:tx>${cache('str', '', 'Customs')}</c:tx><c:cat>${cache('num', 'dd.mm.yyyy', '45731')}</c:cat><c:val>${cache('num', '0.0%', '0.18999999999999997')}</c:val></c:ser><c:ser><c:tx><c:v>Harbour</c:v></c:tx><c:val>${cache('num', 'General', '41')}</c:val></c:ser></c:chart></c:chartSpace>`;
const CHART_TEXT = 'Duties paid\nCustoms\n2025-03-15 (15.03.2025)\n19.0%\nHarbour\n41';
const WATERFALL =
  '<cx:chartSpace xmlns:cx="cx" xmlns:a="a"><cx:chartData><cx:strDim><cx:lvl><cx:pt>Royalties</cx:pt></cx:lvl></cx:strDim><cx:numDim><cx:lvl formatCode="0%"><cx:pt>0.25</cx:pt></cx:lvl></cx:numDim></cx:chartData><cx:chart><cx:title><cx:tx><cx:rich><a:p><a:r><a:t>Waterfall</a:t></a:r></a:p></cx:rich></cx:tx></cx:title><cx:series><cx:tx><cx:txData><cx:v>Aarhus</cx:v></cx:txData></cx:tx></cx:series></cx:chart></cx:chartSpace>';

describe('charts', () => {
  test.each([
    [
      'word',
      'a.docx',
      wordPackage(LETTER, { c: ['chart', 'charts/chart1.xml'] }, [{ name: 'word/charts/chart1.xml', content: CHART }]),
      `Letter of the office\n\n${CHART_TEXT}`,
    ],
    [
      'powerpoint',
      'a.pptx',
      slidePackage(shape(slideParagraph('Letter')), { c: ['chart', '../charts/chart1.xml'] }, [
        { name: 'ppt/charts/chart1.xml', content: CHART },
      ]),
      `Letter\n${CHART_TEXT}`,
    ],
    [
      'word, a waterfall',
      'a.docx',
      wordPackage(LETTER, { c: ['chartEx', 'charts/chartEx1.xml'] }, [
        { name: 'word/charts/chartEx1.xml', content: WATERFALL },
      ]),
      'Letter of the office\n\nRoyalties\n25%\nWaterfall\nAarhus',
    ],
    [
      'powerpoint, a waterfall',
      'a.pptx',
      slidePackage(shape(slideParagraph('Letter')), { c: ['chartEx', '../charts/chartEx1.xml'] }, [
        { name: 'ppt/charts/chartEx1.xml', content: WATERFALL },
      ]),
      'Letter\nRoyalties\n25%\nWaterfall\nAarhus',
    ],
    [
      'a workbook: what no cell says',
      'a.xlsx',
      sheetPackage(textRow('Letter'), { parts: [{ name: 'xl/charts/chart1.xml', content: CHART }] }),
      'Data\nLetter\n\nDuties paid\nHarbour',
    ],
  ])('%s: titles, names and values as their axis shows them', async (_name, name, bytes, expected) => {
    expect(await textOf(name, bytes)).toBe(expected);
  });

  test('a workbook of charts alone is not empty', async () => {
    expect(
      await textOf('a.xlsx', sheetPackage('', { parts: [{ name: 'xl/charts/chart1.xml', content: CHART }] })),
    ).toBe('Duties paid\nHarbour');
  });
});

describe('powerpoint: hidden parts', () => {
  test('a hidden slide is marked, a hidden shape is not read, nor what it shows', async () => {
    const slide = slidePackage(shape(slideParagraph('Backup figures')), {}, [], 'show="0"');
    expect(await textOf('a.pptx', slide)).toBe('(hidden)\nBackup figures');
    const shapes = shape(slideParagraph('secret'), 'hidden="1" descr="A plan of it"') + shape(slideParagraph('Seen'));
    expect(await textOf('a.pptx', slidePackage(shapes))).toBe('Seen');
  });
});

describe('controls of ActiveX', () => {
  const CLASS = (kind: string) => `{8BD21D${kind}-EC42-11CE-9E0D-00AA006002F3}`;
  const bag = (kind: string, value: string, caption: string) =>
    `<ax:ocx xmlns:ax="ax" ax:classid="${CLASS(kind)}"><ax:ocxPr ax:name="Value" ax:value="${value}"/><ax:ocxPr ax:name="Caption" ax:value="${caption}"/></ax:ocx>`;
  const control = '<w:r><w:object><w:control r:id="c1"/></w:object></w:r>';
  const word = (xml: string, binary?: Buffer) =>
    wordPackage(wordParagraph(run('Status: ') + control), { c1: ['control', 'activeX/activeX1.xml'] }, [
      { name: 'word/activeX/activeX1.xml', content: xml },
      ...(binary === undefined
        ? []
        : [
            {
              name: 'word/activeX/_rels/activeX1.xml.rels',
              content: relations({ b: ['activeXControlBinary', 'activeX1.bin'] }),
            },
            { name: 'word/activeX/activeX1.bin', content: binary },
          ]),
    ]);
  /** A stream of the forms library: the properties VariousPropertyBits, DisplayStyle, Size, Value and Caption. */
  const stream = (kind: string, value: string, caption: string) => {
    const head = Buffer.alloc(44);
    Buffer.from(`${kind}1dd28b42ecce119e0d00aa006002f3`, 'hex').copy(head);
    head.writeUInt16LE(0x200, 16);
    head.writeUInt32LE((1 << 0) | (1 << 6) | (1 << 8) | (1 << 22) | (1 << 23), 20);
    head.writeUInt32LE(0x2c80_0019, 28);
    head[32] = 4;
    const sizes = [0x8000_0000 + value.length, caption.length * 2];
    head.writeUInt32LE(sizes[0]!, 36); // two were just made
    head.writeUInt32LE(sizes[1]!, 40);
    const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
    return Buffer.concat([
      head,
      Buffer.alloc(8),
      padded(Buffer.from(value, 'latin1')),
      padded(Buffer.from(caption, 'utf16le')),
    ]);
  };
  test.each([
    ['a check box', word(bag('40', '1', 'Nonresident')), 'Status: [x] Nonresident'],
    ['an option that is not chosen', word(bag('50', '0', 'Trust')), 'Status: [ ] Trust'],
    ['a text field', word(bag('10', 'Marigold', '')), 'Status: Marigold'],
    [
      'a check box in the binary form',
      word('<ax:ocx xmlns:ax="ax"/>', stream('40', '1', 'Nonresident')),
      'Status: [x] Nonresident',
    ],
    [
      'a list in the binary form',
      word('<ax:ocx xmlns:ax="ax"/>', stream('30', 'Luxembourg', '')),
      'Status: Luxembourg',
    ],
    ['a damaged one', word('<ax:ocx xmlns:ax="ax"/>', stream('40', '1', 'x').subarray(0, 34)), 'Status:'],
    [
      'a button of another kind',
      word('<ax:ocx ax:classid="{0}"><ax:ocxPr ax:name="Value" ax:value="7"/></ax:ocx>'),
      'Status:',
    ],
  ])('%s', async (_name, bytes, expected) => {
    expect(await textOf('a.docx', bytes)).toBe(expected);
  });

  test('on a slide', async () => {
    const bytes = slidePackage(shape(slideParagraph('Form')), { c: ['control', '../activeX/activeX1.xml'] }, [
      { name: 'ppt/activeX/activeX1.xml', content: bag('40', '1', 'Nonresident') },
    ]);
    expect(await textOf('a.pptx', bytes)).toBe('Form\n [x] Nonresident'.replace('\n ', '\n'));
  });
});

describe('metafiles', () => {
  const picture = (part: string) =>
    `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="5000000" cy="3000000"/><a:blip r:embed="i"/></wp:inline></w:drawing></w:r></w:p>`.replace(
      'r:embed="i"',
      `r:embed="${part}"`,
    );
  const word = (name: string, content: Uint8Array) =>
    wordPackage(LETTER + picture('i'), { i: ['image', `media/${name}`] }, [{ name: `word/media/${name}`, content }]);
  test.each([
    ['EMF', 'image1.emf', emf(['Minutes of Kestrel', 'Royalties 41'])],
    ['EMF, packed', 'image1.emz', gzipSync(emf(['Minutes of Kestrel', 'Royalties 41']))],
    ['WMF', 'image1.wmf', wmf(['Minutes of Kestrel', 'Royalties 41'])],
  ])('%s: the words of a drawing are text', async (_name, file, content) => {
    expect(await textOf('a.docx', word(file, content))).toBe(
      'Letter of the office\n\nMinutes of Kestrel\nRoyalties 41',
    );
  });

  test('on a slide; a scan in one needs OCR', async () => {
    const blip =
      '<p:pic><p:blipFill><a:blip r:embed="i"/></p:blipFill><p:spPr><a:xfrm><a:ext cx="5000000" cy="3000000"/></a:xfrm></p:spPr></p:pic>';
    const slide = (content: Buffer) =>
      slidePackage(blip, { i: ['image', '../media/image1.emf'] }, [{ name: 'ppt/media/image1.emf', content }]);
    expect(await textOf('a.pptx', slide(emf(['Minutes'])))).toBe('Minutes');
    expect((await readAll('a.pptx', slide(emf([], { width: 900, height: 400 }))))[0]?.code).toBe('extract.needs-ocr');
  });

  test('words told as glyphs are told in a warning', async () => {
    const [found] = await readAll('a.docx', word('image1.emf', emf(['Minutes'], undefined, 0x10)));
    expect(found?.warnings).toEqual(['pictures: the words of 1 drawing(s) were not read']);
  });

  test('the walk ends, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(emf(['Minutes'], { width: 9, height: 9 }), wmf(['Minutes'])),
        fc.nat(200),
        fc.uint8Array({ maxLength: 40 }),
        (file, at, bytes) => {
          const damaged = Buffer.from(file);
          damaged.set(bytes.subarray(0, Math.max(0, damaged.length - at)), Math.min(at, damaged.length));
          readMetafile(damaged);
        },
      ),
    );
  });
});

test('word: files in packages lie where they like', async () => {
  const inner = xlsx('<row r="1"><c r="A1" t="inlineStr"><is><t>Royalties</t></is></c></row>');
  const odd = wordPackage(LETTER, { c: ['package', 'objects/Microsoft_Sheet'] }, [
    { name: 'word/objects/Microsoft_Sheet', content: inner },
  ]);
  expect((await readAll('a.docx', odd)).map((d) => d.text)).toEqual(['Letter of the office', 'Data\nRoyalties']);
  const chunk = wordPackage(LETTER, { c: ['aFChunk', '../part7.bin'] }, [
    { name: 'part7.bin', content: '<html><body>Halvorsen' },
  ]);
  expect((await readAll('a.docx', chunk)).map((d) => d.text)).toEqual(['Letter of the office', 'Halvorsen']);
});

test('word: a fraction is no number of two digits', async () => {
  const fraction = `<w:p xmlns:w="${W}"><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>4</m:t></m:r></m:den></m:f></m:oMath></w:p>`;
  expect(await textOf('a.docx', wordPackage(fraction))).toBe('1/4');
});
