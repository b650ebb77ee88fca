// A second look at documents and scans inside documents: each kind once more, made otherwise than in the tests of its format.

import * as library from '@e965/xlsx';
import CFB from 'cfb';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { label, xls } from '../binary-office.ts';
import { mimeEntity, mimeMail } from '../containers.ts';
import { docx, paragraph, pdf, relations, xlsx, zip } from '../fixtures.ts';
import { ole, streamOf } from '../ole.ts';
import { openPackage, run, shape, slidePackage, slideParagraph, W, wordPackage, wordParagraph } from '../packages.ts';
import { greyPng } from '../pictures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = async (name: string, bytes: Uint8Array) =>
  (await extractor.extract({ name, bytes })).map((d) => [d.archivePath, d.text]);
const WORKBOOK = xlsx('<row r="1"><c r="A1" t="inlineStr"><is><t>Royalties</t></is></c></row>');
const ROYALTIES = 'Data\nRoyalties';

describe('xlsb: documents inside', () => {
  /** A binary workbook with further parts. */
  function xlsb(parts: Readonly<Record<string, Uint8Array | string>>): Buffer {
    const file = library.utils.book_new();
    library.utils.book_append_sheet(file, library.utils.aoa_to_sheet([['Letter']]), 'Ledger');
    const bytes = Buffer.from(library.write(file, { type: 'buffer', bookType: 'xlsb' }) as Uint8Array);
    const container = CFB.read(bytes, { type: 'buffer' });
    for (const [name, content] of Object.entries(parts)) CFB.utils.cfb_add(container, `/${name}`, Buffer.from(content));
    return Buffer.from(
      CFB.write(container, { type: 'buffer', fileType: 'zip' } as CFB.CFB$WritingOptions) as Uint8Array,
    );
  }
  test.each([
    ['a package in OLE', 'oleObject', 'oleObject1.bin', ole({ Package: WORKBOOK }), 'oleObject1.xlsx'],
    ['a package as it is', 'package', 'Sheet.xlsx', WORKBOOK, 'Sheet.xlsx'],
  ])('%s', async (_name, kind, part, content, path) => {
    const bytes = xlsb({
      'xl/worksheets/_rels/sheet1.bin.rels': relations({ o: [kind, `../embeddings/${part}`] }),
      [`xl/embeddings/${part}`]: content,
    });
    expect(await readAll('a.xlsb', bytes)).toEqual([
      ['', 'Ledger\nLetter'],
      [path, ROYALTIES],
    ]);
  });
});

test('xls: an object that is a workbook of its own', async () => {
  const inner = xls('Inner', [label(0, 0, 'Kestrel')]);
  const bytes = xls('Data', [label(0, 0, 'Letter')], { streams: { 'MBD00A1/Workbook': streamOf(inner, 'Workbook') } });
  expect(await readAll('a.xls', bytes)).toEqual([
    ['', 'Data\nLetter'],
    ['object-1.xls', 'Inner\nKestrel'],
  ]);
});

test('powerpoint: a package as it is, and words of the master', async () => {
  const bytes = slidePackage(
    shape(slideParagraph('Group structure')),
    { e: ['package', '../embeddings/Sheet.xlsx'], l: ['slideLayout', '../slideLayouts/slideLayout1.xml'] },
    [
      { name: 'ppt/embeddings/Sheet.xlsx', content: WORKBOOK },
      { name: 'ppt/slideLayouts/slideLayout1.xml', content: '<p:sldLayout xmlns:p="p"/>' },
      {
        name: 'ppt/slideLayouts/_rels/slideLayout1.xml.rels',
        content: relations({ m: ['slideMaster', '../slideMasters/slideMaster1.xml'] }),
      },
      {
        name: 'ppt/slideMasters/slideMaster1.xml',
        content: `<p:sldMaster xmlns:p="p" xmlns:a="a">${shape(slideParagraph('Kestrel Reinsurance'))}${shape(slideParagraph('Click to edit'), '', '<p:ph type="body"/>')}</p:sldMaster>`,
      },
    ],
  );
  expect(await readAll('a.pptx', bytes)).toEqual([
    ['', 'Group structure\n\nKestrel Reinsurance'],
    ['Sheet.xlsx', ROYALTIES],
  ]);
});

test('powerpoint: a slide of a scan alone needs OCR, beside words it is doubtful', async () => {
  const picture =
    '<p:pic><p:nvPicPr><p:cNvPr id="4" name="Picture 3" descr="IMG_0012.jpg"/></p:nvPicPr><p:blipFill><a:blip r:embed="i"/></p:blipFill><p:spPr><a:xfrm><a:ext cx="5000000" cy="3000000"/></a:xfrm></p:spPr></p:pic>';
  const slide = (more: string) =>
    slidePackage(picture + more, { i: ['image', '../media/image1.png'] }, [
      { name: 'ppt/media/image1.png', content: greyPng(900, 400) },
    ]);
  expect((await extractor.extract({ name: 'a.pptx', bytes: slide('') }))[0]?.code).toBe('extract.needs-ocr');
  const [beside] = await extractor.extract({
    name: 'a.pptx',
    bytes: slide(shape(slideParagraph('The receipt of March'))),
  });
  expect([beside?.text, beside?.warnings]).toEqual(['The receipt of March', ['needs-ocr: 1 picture(s) not read']]);
});

test('word: a watermark that is a text box of the header', async () => {
  const box = `<w:hdr xmlns:w="${W}" xmlns:mc="mc"><w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>${paragraph('TERMINATED')}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>${paragraph('TERMINATED')}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p></w:hdr>`;
  const bytes = wordPackage(wordParagraph(run('Agreement')), { h: ['header', 'header1.xml'] }, [
    { name: 'word/header1.xml', content: box },
  ]);
  expect(await readAll('a.docx', bytes)).toEqual([['', 'TERMINATED\n\nAgreement']]);
});

describe('ods: documents inside', () => {
  const sheet = (object: string) =>
    `<table:table table:name="Data"><table:shapes><draw:frame><draw:${object}/></draw:frame></table:shapes><table:table-row><table:table-cell office:value-type="string"><text:p>Letter</text:p></table:table-cell></table:table-row></table:table>`;
  test('one in OLE is a member, one of OpenDocument is read in place', async () => {
    const packed = openPackage('spreadsheet', sheet('object-ole xlink:href="./Object 1"'), {
      more: [{ name: 'Object 1', content: ole({ Package: WORKBOOK }) }],
    });
    expect(await readAll('a.ods', packed)).toEqual([
      ['', 'Data\nLetter'],
      ['Object 1', ROYALTIES],
    ]);
    const inner =
      '<office:document-content xmlns:office="o" xmlns:text="t"><office:body><office:text><text:p>Kestrel</text:p></office:text></office:body></office:document-content>';
    const own = openPackage('spreadsheet', sheet('object xlink:href="./Object 2"'), {
      more: [{ name: 'Object 2/content.xml', content: inner }],
    });
    expect(await readAll('a.ods', own)).toEqual([['', 'Data\nLetter\n\nKestrel']]);
  });
});

describe('xml: files in base64, once more', () => {
  test('UBL: a PDF under a name, and one without', async () => {
    const object = (attributes: string, text: string) =>
      `<cac:Attachment><cbc:EmbeddedDocumentBinaryObject ${attributes}>\n${pdf([text]).toString('base64').replace(/.{76}/g, '$&\n')}\n</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>`;
    const xml = `<?xml version="1.0"?><ubl:Invoice xmlns:ubl="u" xmlns:cac="a" xmlns:cbc="b"><cbc:ID>RE-88</cbc:ID>${object('mimeCode="application/pdf" filename="Prüfung.pdf"', 'Timesheet of Kupferberg')}${object('mimeCode="application/pdf"', 'Order of Larch')}</ubl:Invoice>`;
    const [own, ...files] = await readAll('a.xml', Buffer.from(xml));
    expect(own?.[1]).not.toContain('JVBERi0');
    expect(files).toEqual([
      ['Prüfung.pdf', 'Timesheet of Kupferberg'],
      ['embedded-2.pdf', 'Order of Larch'],
    ]);
  });

  test('FatturaPA: a zip of what was done', async () => {
    const packed = zip([{ name: 'ore.csv', content: 'k;v\n1;2' }]).toString('base64');
    const xml = `<?xml version="1.0"?><p:FatturaElettronica xmlns:p="f"><Allegati><NomeAttachment>ore.zip</NomeAttachment><AlgoritmoCompressione>ZIP</AlgoritmoCompressione><FormatoAttachment>ZIP</FormatoAttachment><Attachment>${packed}</Attachment></Allegati></p:FatturaElettronica>`;
    const [own, file] = await readAll('a.xml', Buffer.from(xml));
    expect(own?.[1]).not.toMatch(/UEsD/);
    expect(file).toEqual(['ore.zip!/ore.csv', 'k\tv\n1\t2']);
  });
});

describe('mail: wrapped and carried', () => {
  const attached = (bytes: Uint8Array) => ({
    type: 'application/octet-stream; name="r.docx"',
    headers: 'Content-Disposition: attachment; filename="r.docx"\r\n',
    content: bytes,
  });

  test('emlx: its attachments are read, what stands behind its count is not', async () => {
    const mail = mimeMail([{ type: 'text/plain', content: 'See the report' }, attached(docx(paragraph('Royalties')))]);
    const file = (count: string) =>
      Buffer.concat([
        Buffer.from(count),
        mail,
        Buffer.from('<?xml version="1.0"?><plist><dict><key>flags</key></dict></plist>\n'),
      ]);
    const [own, member] = await readAll('7.partial.emlx', file(`${mail.length}      \n`));
    expect(own?.[1]).toMatch(/See the report$/);
    expect(member).toEqual(['r.docx', 'Royalties']);
  });

  test('a mail in a mail, as it is and in base64, and a digest of mails', async () => {
    const inner = Buffer.from('From: c@example.com\r\nSubject: Inner\r\n\r\nBody of Kirkwall\r\n');
    for (const content of [inner.toString('latin1'), inner]) {
      const documents = await readAll(
        'a.eml',
        mimeMail([
          { type: 'text/plain', content: 'See' },
          { type: 'message/rfc822', content },
        ]),
      );
      expect(documents.at(-1)?.[1]).toMatch(/Subject: Inner[\s\S]*Body of Kirkwall$/);
    }
    const digest = Buffer.from(
      'From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=B\r\n\r\n--B\r\n\r\nFrom: c@example.com\r\nSubject: Inner\r\n\r\nBody of Kirkwall\r\n--B--\r\n',
    );
    expect((await readAll('a.eml', digest)).at(-1)?.[1]).toMatch(/Body of Kirkwall$/);
  });

  test('a photo that the HTML does not show is an attachment that needs OCR; one that it shows is read with it', async () => {
    const photo = {
      type: 'image/png; name="IMG_0012.png"',
      headers: 'Content-Disposition: inline; filename="IMG_0012.png"\r\nContent-ID: <p1@x>\r\n',
      content: greyPng(900, 400),
    };
    const read = async (html: string) =>
      (
        await extractor.extract({
          name: 'a.eml',
          bytes: mimeMail([{ type: 'text/html', content: html }, photo], { kind: 'related' }),
        })
      ).map((d) => [d.archivePath, d.code, d.warnings]);
    expect(await read('<p>Dear colleague, the receipt is attached')).toEqual([
      ['', null, []],
      ['IMG_0012.png', 'extract.needs-ocr', []],
    ]);
    expect(await read('<p>Dear colleague, the receipt:<img src="cid:p1@x">')).toEqual([
      ['', null, ['needs-ocr: 1 picture(s) not read']],
    ]);
  });

  test('HTML in RTF, once more: a list with entities, and what RTF alone would show', async () => {
    const body = String.raw`\fromhtml1 {\*\htmltag19 <html>}{\*\htmltag64 <ol>}{\*\htmltag64 <li>}\htmlrtf {\pntext 1.\tab}\htmlrtf0 R{\*\htmltag84 &eacute;}\htmlrtf \'e9\htmlrtf0 sum{\*\htmltag84 &eacute;}\htmlrtf \'e9\htmlrtf0 {\*\htmltag72 </li>}{\*\htmltag64 <li>}\htmlrtf {\pntext 2.\tab}\htmlrtf0 Total{\*\htmltag72 </li>}{\*\htmltag72 </ol>}`;
    expect(await readAll('a.rtf', Buffer.from(`{\\rtf1\\ansi\\ansicpg1252${body}}`))).toEqual([
      ['', '1. Résumé\n\n2. Total'],
    ]);
  });

  test('a text part that carries a uuencoded picture', async () => {
    const mail = mimeEntity([{ type: 'text/plain', content: 'Hello\r\nbegin 644 a.csv\r\n#83MB\r\n`\r\nend\r\n' }]);
    expect(
      (await readAll('a.eml', Buffer.concat([Buffer.from('Subject: s\r\n'), mail]))).map(([path]) => path),
    ).toEqual(['', 'a.csv']);
  });
});
