import CFB from 'cfb';
import { describe, expect, test } from 'vitest';
import { sniff } from '../../shared/documents/media-type.ts';
import fc from '../fakes/property.ts';
import { docx, mail, paragraph, pdf, pptx, tar, xlsx, zip } from './fixtures.ts';

const W = 'vnd.openxmlformats-officedocument.wordprocessingml.document';

describe('sniff', () => {
  test.each([
    ['a.bin', docx(paragraph('x')), `application/${W}`],
    ['a.docx', docx(paragraph('x')).subarray(0, 400), `application/${W}`],
    ['a.doc', pptx([{ text: 'x' }]), 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    ['a', xlsx(''), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['a.pdf', zip([{ name: 'word/notes.txt', content: 'x' }]), 'application/zip'],
    [
      'a.zip',
      zip([
        { name: 'sub/[Content_Types].xml', content: 'x' },
        { name: 'sub/word/document.xml', content: 'x' },
      ]),
      'application/zip',
    ],
    ['a.zip', zip([{ name: 'offer.docx', content: docx(paragraph('x')), store: true }]), 'application/zip'],
    ['a.txt', Buffer.concat([Buffer.from('junk before\n'), pdf(['x'])]), 'application/pdf'],
    ['a', tar({ 'a.txt': 'x' }), 'application/x-tar'],
    ['a.txt', mail('s', 'b'), 'message/rfc822'],
    [
      'page.doc',
      Buffer.from('MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x'),
      'message/rfc822',
    ],
    ['a.xls', Buffer.from('<html><body><table><tr><td>1'), 'text/html'],
    ['a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg>'), 'application/xml'],
    ['a.CSV', Buffer.from('a,b\n1,2\n'), 'text/csv'],
    ['a.md', Buffer.from('# Title'), 'text/markdown'],
    ['a', Buffer.from('{"a":1}'), 'application/json'],
    ['notes', Buffer.from('To: be or not to be, that is the question.\nMore prose follows here.'), 'text/plain'],
    ['a.txt', Buffer.from('From a distance it looks like a mail.\nIt is none.'), 'text/plain'],
    ['a.txt', Buffer.from('plain', 'utf16le'), 'text/plain'],
    ['a.txt', Buffer.from([1, 2, 0, 3, 4, 0, 0, 0, 5, 6, 0, 7]), 'application/octet-stream'],
  ])('%s', (name, bytes, type) => {
    expect(sniff(bytes, name)).toBe(type);
  });

  test('an OLE file is what stands below its root, not what is embedded in it', () => {
    const file = CFB.utils.cfb_new();
    CFB.utils.cfb_add(file, '/Workbook', Buffer.alloc(10));
    CFB.utils.cfb_add(file, '/MBD01/WordDocument', Buffer.alloc(10));
    expect(sniff(CFB.write(file, { type: 'buffer' }) as Buffer, 'a.doc')).toBe('application/vnd.ms-excel'); // type buffer gives one
  });

  test('never throws, whatever the bytes and the name', () => {
    const starts = fc.constantFrom(
      '',
      'PK\x03\x04',
      '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
      '%PDF-',
      '<',
      'From ',
      '\x1f\x8b\x08',
      '\xff\xfe',
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 700 }), fc.string(), (start, bytes, name) => {
        expect(sniff(Buffer.concat([Buffer.from(start, 'latin1'), bytes]), name)).toMatch(/^[a-z]+\/[\w.+-]+$/i);
      }),
      { numRuns: 500 },
    );
  });
});
