// What Word puts beside pages, mails and XML documents it writes: objects are documents, macros are told, nothing is words.
import { deflateSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { docx, mail, paragraph, zip } from '../fixtures.ts';
import { ole } from '../ole.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());
const readAll = async (name: string, bytes: Uint8Array) =>
  (await extractor.extract({ name, bytes })).map((d) => [d.archivePath, d.text, d.code, d.warnings]);

/** @param header  bytes before the data; programs disagree on them */
function activeMime(content: Uint8Array, header = 50): Buffer {
  const head = Buffer.alloc(header);
  head.write('ActiveMime');
  head.writeUInt16LE(0xf001, 12);
  return Buffer.concat([head, deflateSync(content)]);
}
const OBJECTS = ole({
  '_1190466127/Package': docx(paragraph('Royalties of Larch')),
  '_1190466128/\x01CompObj': Buffer.alloc(8),
});
const MACROS = ole({ 'VBA/dir': Buffer.from('Attribute') });
const word = (binary: Buffer) =>
  `<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:docOleData><w:binData w:name="oledata.mso">${binary.toString('base64')}</w:binData></w:docOleData><w:body><w:p><w:r><w:t>Letter</w:t></w:r></w:p></w:body></w:wordDocument>`;

test.each([50, 0x22a])('an object in a mail is an attachment of it, with %d bytes before the data', async (header) => {
  const [own, member, ...more] = await readAll(
    'a.eml',
    mail('Offer', 'Letter', { 'oledata.mso': activeMime(OBJECTS, header) }),
  );
  expect(own?.[1]).toContain('Letter');
  expect(own?.[3]).toEqual([]);
  expect([member, more]).toEqual([['object-1.docx', 'Royalties of Larch', null, []], []]);
});

test('macros beside a mail are told in a warning, damage is refused with its reason', async () => {
  const [own, ...members] = await readAll('a.eml', mail('Offer', 'Letter', { 'editdata.mso': activeMime(MACROS) }));
  expect([own?.[3], members]).toEqual([['mail: macros or settings of Word (mso) were not read'], []]);
  const cut = await readAll('a.eml', mail('Offer', 'Letter', { 'oledata.mso': activeMime(OBJECTS).subarray(0, 90) }));
  expect(cut[1]?.slice(0, 3)).toEqual(['oledata.mso', '', 'extract.corrupt']);
});

test('the folder of a saved page: its objects are members', async () => {
  const bytes = zip([
    { name: 'a.htm', content: '<html><body><p>Letter' },
    { name: 'a_files/oledata.mso', content: activeMime(OBJECTS) },
  ]);
  expect(await readAll('a.zip', bytes)).toEqual([
    ['a.htm', 'Letter', null, []],
    ['a_files/oledata.mso!/object-1.docx', 'Royalties of Larch', null, []],
  ]);
});

test('Word 2003 XML: objects are members, macros are told, neither is words', async () => {
  expect(await readAll('a.xml', Buffer.from(word(activeMime(OBJECTS))))).toEqual([
    ['', 'Letter', null, []],
    ['object-1.docx', 'Royalties of Larch', null, []],
  ]);
  expect(await readAll('a.xml', Buffer.from(word(activeMime(MACROS))))).toEqual([
    ['', 'Letter', null, ['xml: 1 part(s) of macros or settings were not read']],
  ]);
});
