// Small sound documents of every kind and container, for the fuzzer: those of its test, and with `node test/documents/fuzz-seeds.ts <folder>` a folder of
// them for `npm run fuzz extract -- --corpus <folder>`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import {
  artText,
  DELETED,
  doc,
  formData,
  formField,
  hiddenColumns,
  IN_TABLE,
  label,
  pngBlip,
  rowCells,
  sheetHeader,
  xls,
} from './binary-office.ts';
import { compressedCms, mimeEntity, mimeMail, signedCms, tnef } from './containers.ts';
import { docx, mail, paragraph, pdf, pptx, relations, sevenZip, tar, xlsx, zip } from './fixtures.ts';
import { emf, wmf } from './metafiles.ts';
import { msg } from './msg.ts';
import { ole } from './ole.ts';
import {
  openPackage,
  run,
  shape,
  sheetPackage,
  slidePackage,
  slideParagraph,
  textRow,
  W,
  wordPackage,
  wordParagraph,
} from './packages.ts';
import { drawnLine, HELVETICA, pdfLine, pdfPage, pdfStream } from './pdfs.ts';
import { greyPng } from './pictures.ts';
import { paxPart, tarOf } from './tars.ts';

const WORKBOOK = xlsx('<row r="1"><c t="inlineStr"><is><t>Royalties</t></is></c><c><v>41</v></c></row>');
const activeMime = (content: Uint8Array) => {
  const head = Buffer.alloc(50);
  head.write('ActiveMime');
  head.writeUInt16LE(0xf001, 12);
  return Buffer.concat([head, deflateSync(content)]);
};
const OBJECTS = activeMime(ole({ '_1/Package': docx(paragraph('Royalties of Larch')) }));
const CHART =
  '<c:chartSpace xmlns:c="c" xmlns:a="a"><c:title><a:p><a:r><a:t>Duties</a:t></a:r></a:p></c:title><c:ser><c:val><c:numRef><c:numCache><c:formatCode>dd.mm.yyyy</c:formatCode><c:pt idx="0"><c:v>45731</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:chartSpace>';

function word(): Buffer {
  const numbering = `<w:numbering xmlns:w="${W}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="Article %1"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`;
  const styles = `<w:styles xmlns:w="${W}"><w:style w:type="paragraph" w:styleId="H"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:rPr><w:vanish w:val="0"/></w:rPr></w:style></w:styles>`;
  const body = [
    wordParagraph(run('Parties'), '<w:pStyle w:val="H"/>'),
    wordParagraph(`${run('Status ')}<w:r><w:object><w:control r:id="x"/></w:object></w:r>`),
    '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="5000000" cy="3000000"/><a:blip r:embed="i"/></wp:inline></w:drawing></w:r></w:p>',
    '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>Total</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>',
    '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
  ].join('');
  const targets = {
    n: ['numbering', 'numbering.xml'],
    s: ['styles', 'styles.xml'],
    c: ['chart', 'charts/chart1.xml'],
    i: ['image', 'media/image1.emf'],
    x: ['control', 'activeX/activeX1.xml'],
    o: ['oleObject', 'embeddings/oleObject1.bin'],
    a: ['aFChunk', 'afchunk.mht'],
  } as const;
  return wordPackage(body, targets, [
    { name: 'word/numbering.xml', content: numbering },
    { name: 'word/styles.xml', content: styles },
    { name: 'word/charts/chart1.xml', content: CHART },
    { name: 'word/media/image1.emf', content: emf(['Minutes'], { width: 40, height: 40 }) },
    {
      name: 'word/activeX/activeX1.xml',
      content:
        '<ax:ocx xmlns:ax="ax" ax:classid="{8BD21D40-EC42-11CE-9E0D-00AA006002F3}"><ax:ocxPr ax:name="Value" ax:value="1"/></ax:ocx>',
    },
    { name: 'word/embeddings/oleObject1.bin', content: ole({ Package: WORKBOOK }) },
    { name: 'word/afchunk.mht', content: mimeEntity([{ type: 'text/html', content: '<p>Halvorsen' }]) },
  ]);
}

const sheets = () =>
  sheetPackage(textRow('þ', 'Form'), {
    styles:
      '<numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy"/></numFmts><fonts><font><name val="Wingdings"/></font></fonts><fills><fill/></fills><borders><border/></borders><cellXfs><xf fontId="0" numFmtId="164"/></cellXfs>',
    targets: { o: ['oleObject', '../embeddings/oleObject1.bin'] },
    parts: [
      { name: 'xl/embeddings/oleObject1.bin', content: ole({ Package: WORKBOOK }) },
      { name: 'xl/charts/chart1.xml', content: CHART },
      {
        name: 'xl/drawings/vmlDrawing1.vml',
        content:
          '<xml xmlns:v="v" xmlns:x="x"><v:shape><v:textbox>Trust</v:textbox><x:ClientData ObjectType="Checkbox"><x:Checked>1</x:Checked></x:ClientData></v:shape></xml>',
      },
      { name: 'xl/drawings/drawing1.xml', content: '<xdr:wsDr xmlns:xdr="x"/>' },
      { name: 'xl/drawings/_rels/drawing1.xml.rels', content: relations({ i: ['image', '../media/image1.wmf'] }) },
      { name: 'xl/media/image1.wmf', content: wmf(['Plan']) },
    ],
  });

const openText = () =>
  openPackage(
    'text',
    '<text:list text:style-name="L"><text:list-item><text:p>Term</text:p></text:list-item></text:list><text:h text:outline-level="1">Scope</text:h><text:p><text:span text:style-name="S">secret</text:span><draw:frame svg:width="12cm" svg:height="9cm"><draw:object-ole xlink:href="./Object 1"/></draw:frame></text:p><table:table><table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>a</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>',
    {
      automatic:
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="a"/></text:list-style>',
      styles:
        '<office:styles><style:style style:name="S" style:family="text"><style:text-properties text:display="none"/></style:style></office:styles>',
      more: [{ name: 'Object 1', content: ole({ Package: WORKBOOK }) }],
    },
  );

const openSheet = () =>
  openPackage(
    'spreadsheet',
    '<table:table table:name="Led"><table:shapes><draw:frame><draw:text-box><text:p>Box</text:p></draw:text-box></draw:frame></table:shapes><table:table-column table:visibility="collapse"/><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="date" office:date-value="2025-03-15"><text:p>15.03.25</text:p></table:table-cell></table:table-row></table:table>',
  );

const presentation = () =>
  slidePackage(
    shape(slideParagraph('Parties', '<a:buAutoNum type="arabicPeriod"/>')) +
      '<p:graphicFrame><a:tbl><a:tr><a:tc gridSpan="2"><a:p><a:r><a:t>Wide</a:t></a:r></a:p></a:tc><a:tc hMerge="1"/></a:tr></a:tbl></p:graphicFrame>',
    { l: ['slideLayout', '../slideLayouts/slideLayout1.xml'], c: ['chartEx', '../charts/chartEx1.xml'] },
    [
      {
        name: 'ppt/slideLayouts/slideLayout1.xml',
        content: `<p:sldLayout xmlns:p="p" xmlns:a="a">${shape(slideParagraph('Private'))}</p:sldLayout>`,
      },
      {
        name: 'ppt/charts/chartEx1.xml',
        content:
          '<cx:chartSpace xmlns:cx="cx"><cx:strDim><cx:lvl><cx:pt>Royalties</cx:pt></cx:lvl></cx:strDim></cx:chartSpace>',
      },
    ],
  );

const page = () =>
  pdfPage(
    `${pdfLine('Letter of the office')} /OC /L1 BDC ${pdfLine('layer', 400)} EMC 1 1 1 rg ${pdfLine('white', 300)} 1 0 0 rg 60 190 300 30 re f ${pdfLine('red', 200)} q 0 0 9 9 re W n ${pdfLine('clipped', 100)} Q`,
    {
      page: '/Annots [6 0 R 8 0 R]',
      catalog: '/OCProperties << /OCGs [5 0 R] /D << /OFF [5 0 R] >> >> /AcroForm << /Fields [8 0 R] >>',
      resources: `/Font << /F1 ${HELVETICA} >> /Properties << /L1 5 0 R >>`,
      more: [
        '<< /Type /OCG /Name (Draft) >>',
        '<< /Type /Annot /Subtype /Stamp /Rect [300 600 400 640] /Name /#23custom /AP << /N 7 0 R >> >>',
        drawnLine('RECEIVED'),
        '<< /Type /Annot /Subtype /Widget /FT /Ch /T (f) /V (LU) /Opt [[(MT) (Malta)] [(LU) (Luxembourg)]] /Rect [72 500 372 540] >>',
        '<< /Type /Filespec /F (a.txt) /EF << /F 10 0 R >> >>',
        pdfStream('attached', '/Type /EmbeddedFile'),
      ],
    },
  );

const MERGED_RTF = String.raw`{\rtf1\ansi{\fonttbl{\f0 Arial;}{\f1\fcharset2 Wingdings;}}\trowd\cellx2000\cellx4000\cellx6000\intbl a\cell b\cell c\cell\row\trowd\clvmgf\cellx2000\clmgf\cellx4000\clmrg\cellx6000\intbl d\cell e\cell\cell\row\pard{\f1\'fe}{\upr{x}{\*\ud{\u252?}}}{\field{\*\fldinst SYMBOL 254 \\f Wingdings}{\fldrslt}}{\object\objemb{\*\objdata 0105000002000000}}\par}`;
const entity = mimeEntity([{ type: 'text/plain', content: 'The lease is signed' }]);
const flatWord = (binary: Buffer) =>
  `<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:docOleData><w:binData>${binary.toString('base64')}</w:binData></w:docOleData><w:body><w:p><w:r><w:t>Letter</w:t></w:r></w:p></w:body></w:wordDocument>`;

/** By file name. */
export function fuzzSeeds(): Record<string, Buffer> {
  const text = (content: string) => Buffer.from(content);
  return {
    'plain.pdf': pdf(['Page one of the agreement', 'Page two of it']),
    'page.pdf': page(),
    'plain.docx': docx(paragraph('A lease of premises').repeat(20)),
    'all.docx': word(),
    'plain.pptx': pptx([{ text: 'First' }, { text: 'Second', notes: 'Notes' }]),
    'all.pptx': presentation(),
    'plain.xlsx': WORKBOOK,
    'all.xlsx': sheets(),
    'a.odt': openText(),
    'a.ods': openSheet(),
    'a.odp': openPackage(
      'presentation',
      '<draw:page><draw:frame><draw:text-box><text:p>Slide</text:p></draw:text-box></draw:frame></draw:page>',
    ),
    'merged.doc': doc(
      [
        { text: 'a\x07b\x07', paragraph: IN_TABLE },
        { text: '\x07', endsRow: true, paragraph: rowCells(0, 2000, 4000) },
        { text: 'Total\x07', paragraph: IN_TABLE },
        { text: '\x07', endsRow: true, paragraph: rowCells(0, 4000) },
        { text: 'gone', properties: DELETED },
        { text: '\x13 FORMCHECKBOX ' },
        { text: '\x01', properties: formField(0) },
        { text: '\x14\x15 yes\r' },
      ],
      { data: formData(1, 1, 0), art: artText('DRAFT'), streams: { 'ObjectPool/_1/Package': WORKBOOK } },
    ),
    'a.xls': xls('Data', [sheetHeader('&LNorthgate'), hiddenColumns(1, 2), label(0, 0, 'Letter')], {
      streams: { 'MBD0012/Package': WORKBOOK },
    }),
    'a.ppt': ole({ 'PowerPoint Document': Buffer.alloc(16), Pictures: pngBlip(greyPng(9, 9)) }),
    'merged.rtf': text(MERGED_RTF),
    'a.eml': mail('Subject', 'Body of the mail', { 'a.txt': text('attached') }),
    'mso.eml': mail('Offer', 'Letter', { 'oledata.mso': OBJECTS }),
    'oledata.mso': OBJECTS,
    'mso.xml': text(flatWord(OBJECTS)),
    'signed.eml': mimeMail([{ type: 'application/pkcs7-mime', content: signedCms(entity, 3) }]),
    'a.emlx': Buffer.concat([text(`${entity.length}\n`), entity, text('<?xml version="1.0"?><plist/>')]),
    'a.p7m': signedCms(text('<?xml version="1.0"?><a>Castel Verde</a>'), 3),
    'packed.p7m': compressedCms(text('Castel Verde')),
    'winmail.dat': tnef(
      [
        { number: 0x37, value: 'Bond' },
        { number: 0x1000, value: 'Renew the bond' },
      ],
      [{ title: text('bond.csv\0'), data: text('a;b\n1;2') }],
    ),
    'a.msg': msg({ kind: 'IPM.Appointment', subject: 'Audit', body: 'Bring ledgers', place: 'Bittern' }),
    'a.mbox': text(
      'From a@example.com Mon Jun  1 10:00:00 2026\nSubject: One\n\nBody\n\nFrom b@example.com Mon Jun  1 10:00:00 2026\nSubject: Two\n\nBody\n',
    ),
    'ubl.xml': text(
      `<?xml version="1.0"?><Invoice><EmbeddedDocumentBinaryObject filename="a.pdf">${pdf(['Inner']).toString('base64')}</EmbeddedDocumentBinaryObject></Invoice>`,
    ),
    'uu.txt': text('Ledger\nbegin 644 b.txt\n-=&AE(&QE9&=E<@IO9@``\n`\nend\n'),
    'card.ics': text('BEGIN:VCALENDAR\nATTACH;ENCODING=BASE64;VALUE=BINARY:YWJj\nLOCATION:Room\\, 4\nEND:VCALENDAR\n'),
    'a.html': text(
      '<html><style>.x{display:none}</style><ol start=3><li>a<ol type=I><li>b</ol></ol><table><tr><td rowspan=2>A<td>1<tr><td>2</table><math><mfrac><mn>1</mn><mn>4</mn></mfrac></math><p class=x>c',
    ),
    'a.csv': text('sep=;\na;"b ""c""";d\n1;2;3\n'),
    'a.json': text('{"a":[1,{"b":"text"}],"n":12345678901234567890,"f":0.10}'),
    'a.svg': text('<svg xmlns="http://www.w3.org/2000/svg"><text>Group</text></svg>'),
    'names.zip': zip([
      { name: Buffer.from('\x90\xbf\x8b\x81\x8f\x91.txt', 'latin1'), content: 'alpha' },
      { name: 'b.zip', content: zip([{ name: 'c.txt', content: 'gamma' }]) },
    ]),
    'a.7z': sevenZip({ 'a.txt': 'alpha', 'b.txt': 'beta' }),
    'names.7z': sevenZip({ 'Größe.txt': 'alpha', 'Ä.txt': 'beta' }),
    'holes.tar': Buffer.concat([
      tarOf([
        paxPart([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.realsize', '5'],
        ]),
        { name: 'a.txt', content: `${'1\n0\n5\n'.padEnd(512, '\0')}alpha` },
      ]),
      Buffer.alloc(1024),
    ]),
    'flowed.eml': text(
      'From: a@example.com (Ada (Accounts))\nTo: b@example.com\nSubject: s\nContent-Type: text/plain; format=flowed; delsp=yes\n\n> One \n> more \nanswer\n',
    ),
    'a.tar': tar({ 'a.txt': 'alpha' }),
    'a.tgz': gzipSync(tar({ 'a.txt': 'alpha' })),
    'scan.docx': wordPackage(
      '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="5000000" cy="3000000"/><a:blip r:embed="i"/></wp:inline></w:drawing></w:r></w:p>',
      { i: ['image', 'media/image1.png'] },
      [{ name: 'word/media/image1.png', content: greyPng(400, 400) }],
    ),
  };
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('usage: node test/documents/fuzz-seeds.ts <folder>');
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(fuzzSeeds())) writeFileSync(join(folder, name), bytes);
}
