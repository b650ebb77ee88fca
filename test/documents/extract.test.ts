import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../shared/documents/extract.ts';
import type { ExtractedDocument } from '../../shared/documents/extracted-document.ts';
import { silentLogger } from '../../shared/ports.ts';
import { docx, mail, paragraph, pdf, pptx, tar, zip } from './fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 2 });
afterAll(() => extractor.close());

const read = async (name: string, content: string | Uint8Array): Promise<ExtractedDocument[]> =>
  await extractor.extract({ name, bytes: Buffer.from(content) });
const codes = (documents: readonly ExtractedDocument[]) => documents.map((d) => [d.archivePath, d.code ?? d.status]);

describe('formats', () => {
  test('plain text keeps its words and gets its hash and type', async () => {
    const [document] = await read('note.txt', 'The invoice of March is overdue.\n');
    expect(document).toMatchObject({
      archivePath: '',
      status: 'ok',
      code: null,
      mediaType: 'text/plain',
      text: 'The invoice of March is overdue.',
      chars: 32,
      language: 'en',
      pages: null,
    });
    expect(document?.contentSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the content decides the type, not the name', async () => {
    const [document] = await read('picture.png', pdf(['A pdf called a picture']));
    expect(document).toMatchObject({
      status: 'ok',
      mediaType: 'application/pdf',
      pages: 1,
      text: 'A pdf called a picture',
    });
  });

  test('html gives visible text only, with cells apart', async () => {
    const html =
      '<html><head><style>p{}</style><script>var x="secret"</script></head><body><p hidden>no</p><table><tr><td>A1</td><td>B1</td></tr></table></body></html>';
    const [document] = await read('a.html', html);
    expect(document?.text).toBe('A1\tB1');
  });

  test('docx gives body, headers, notes and comments, without deleted text', async () => {
    const body = `${paragraph('Lease agreement')}<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>`;
    const [document] = await read(
      'a.docx',
      docx(body, { header: paragraph('Head'), comments: paragraph('Remark'), footnotes: paragraph('Foot') }),
    );
    expect(document?.text.split(/\s+/)).toEqual(['Head', 'Lease', 'agreement', 'new', 'Foot', 'Remark']);
  });

  test('pptx gives slides in their order with notes', async () => {
    const [document] = await read('a.pptx', pptx([{ text: 'First' }, { text: 'Second', notes: 'Say hello' }]));
    expect(document).toMatchObject({ pages: 2, text: 'First\n\nSecond\nSay hello' });
  });

  test('json lines and csv give their values', async () => {
    expect((await read('a.jsonl', '{"text":"one"}\n{"text":"two"}\n'))[0]?.text).toBe('text: one\n\ntext: two');
    expect((await read('a.csv', 'a;b\n"x;y";2\n'))[0]?.text).toBe('a\tb\nx;y\t2');
  });

  test('a mail gives itself and each attachment, a mail inside a mail included', async () => {
    const inner = mail('Inner', 'inner body', { 'deep.txt': Buffer.from('deep text') });
    const documents = await read(
      'm.eml',
      mail('Invoices', 'Please find attached.', { 'report.pdf': pdf(['Total due']), 'inner.eml': inner }),
    );
    expect(codes(documents)).toEqual([
      ['', 'ok'],
      ['report.pdf', 'ok'],
      ['inner.eml', 'ok'],
      ['inner.eml!/deep.txt', 'ok'],
    ]);
    expect(documents[0]?.text).toContain('Subject: Invoices');
    expect(documents[1]?.text).toBe('Total due');
  });
});

describe('archives', () => {
  test('members are documents, nested archives too, names are harmless and unique', async () => {
    const inner = zip([{ name: 'b.txt', content: 'bee' }]);
    const documents = await read(
      'a.zip',
      zip([
        { name: 'dir/', content: '' },
        { name: '../../etc/a.txt', content: 'ay' },
        { name: 'etc/a.txt', content: 'second' },
        { name: 'inner.zip', content: inner },
        { name: '__MACOSX/._a.txt', content: 'junk' },
      ]),
    );
    expect(codes(documents)).toEqual([
      ['etc/a.txt', 'ok'],
      ['etc/a.txt#2', 'ok'],
      ['inner.zip!/b.txt', 'ok'],
    ]);
  });

  test('tar, tgz and gz are opened', async () => {
    const archive = tar({ 'x/a.txt': 'alpha', 'b.txt': 'beta' });
    expect(codes(await read('a.tar', archive))).toEqual([
      ['x/a.txt', 'ok'],
      ['b.txt', 'ok'],
    ]);
    expect(codes(await read('a.tgz', gzipSync(archive)))).toEqual([
      ['x/a.txt', 'ok'],
      ['b.txt', 'ok'],
    ]);
    expect(codes(await read('note.txt.gz', gzipSync('just a note')))).toEqual([['note.txt', 'ok']]);
  });

  test('one encrypted or lying member fails alone', async () => {
    const documents = await read(
      'a.zip',
      zip([
        { name: 'good.txt', content: 'good' },
        { name: 'secret.txt', content: 'x', isEncrypted: true },
        { name: 'liar.txt', content: 'much more than ten bytes', declaredBytes: 10 },
        { name: 'last.txt', content: 'last' },
      ]),
    );
    expect(codes(documents)).toEqual([
      ['good.txt', 'ok'],
      ['secret.txt', 'extract.encrypted'],
      ['liar.txt', 'extract.corrupt'],
      ['last.txt', 'ok'],
    ]);
  });
});

describe('failures have the code that fits', () => {
  test.each([
    ['empty.txt', Buffer.alloc(0), 'extract.empty'],
    ['blank.txt', Buffer.from(' \n\t\n'), 'extract.empty'],
    ['blank.pdf', pdf([null]), 'extract.empty'],
    ['blank.docx', docx('<w:p/>'), 'extract.empty'],
    ['empty.zip', zip([]), 'extract.empty'],
    ['cut.docx', docx(paragraph('text')).subarray(0, 200), 'extract.corrupt'],
    ['cut.pdf', Buffer.from('%PDF-1.7\n%%EOF'), 'extract.corrupt'],
    ['noise.bin', Buffer.from([0, 1, 2, 3, 0, 255, 254, 0, 0, 7, 0, 9, 0, 0, 1]), 'extract.unsupported'],
    ['letter.wpd', Buffer.from('\xffWPC\x00\x00\x00\x00', 'latin1'), 'extract.unsupported'],
  ])('%s', async (name, bytes, code) => {
    const documents = await extractor.extract({ name, bytes });
    expect(documents).toHaveLength(1);
    expect(documents[0]).toMatchObject({ status: 'failed', code, text: '', chars: 0 });
    expect(documents[0]?.message).not.toBe('');
  });
});
