// OpenDocument packages that lack what the format asks for: programs open them, so they are read.
import { afterAll, describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { type ZipEntry, zip } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());

const URN = 'urn:oasis:names:tc:opendocument:xmlns';
const NAMES = `xmlns:office="${URN}:office:1.0" xmlns:text="${URN}:text:1.0" xmlns:table="${URN}:table:1.0" xmlns:draw="${URN}:drawing:1.0"`;
const SLIDE =
  '<draw:page><draw:frame><draw:text-box><text:p>Group structure</text:p></draw:text-box></draw:frame></draw:page>';
const KINDS = [
  ['odt', 'text', '<office:text><text:p>Lease</text:p></office:text>', 'Lease'],
  ['odp', 'presentation', `<office:presentation>${SLIDE}</office:presentation>`, 'Group structure'],
  ['odg', 'graphics', `<office:drawing>${SLIDE}</office:drawing>`, 'Group structure'],
  [
    'ods',
    'spreadsheet',
    '<office:spreadsheet><table:table table:name="Rents"><table:table-row><table:table-cell office:value-type="string"><text:p>Harbour Lane</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="900"><text:p>900</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>',
    'Rents\nHarbour Lane\t900',
  ],
] as const;

/** @param type  told by `mimetype` and by the manifest */
function bare(type: string, body: string, without: readonly string[], store = true): Buffer {
  const entries: ZipEntry[] = [
    { name: 'mimetype', content: `application/vnd.oasis.opendocument.${type}`, store },
    {
      name: 'content.xml',
      content: `<?xml version="1.0"?><office:document-content ${NAMES}><office:body>${body}</office:body></office:document-content>`,
    },
    { name: 'styles.xml', content: `<office:document-styles ${NAMES}/>` },
    {
      name: 'META-INF/manifest.xml',
      content: `<manifest:manifest xmlns:manifest="${URN}:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.${type}"/></manifest:manifest>`,
    },
  ];
  return zip(entries.filter(({ name }) => !without.includes(String(name))));
}

const odt = (text: string) => bare('text', `<office:text>${text}</office:text>`, []);

test('a comment stands apart from who wrote it and when, a box apart from what it says', async () => {
  const comment =
    '<office:annotation><dc:creator>Ada</dc:creator><dc:date>2025-03-01T10:00:00</dc:date><text:p>why?</text:p></office:annotation>';
  const box =
    '<field:fieldmark field:type="vnd.oasis.opendocument.field.FORMCHECKBOX"><field:param field:name="Checkbox_Checked" field:value="true"/></field:fieldmark>';
  const date = '<text:date>1 March</text:date>';
  const bytes = odt(`<text:p>Lease${comment}</text:p><text:p>${box}I agree</text:p><text:p>On ${date}.</text:p>`);
  expect((await extractor.extract({ name: 'a.odt', bytes }))[0]?.text).toBe(
    'Lease\nAda 2025-03-01T10:00:00\nwhy?\n[x] I agree\nOn 1 March.',
  );
});

describe.each(KINDS)('%s', (extension, type, body, expected) => {
  test.each([
    ['without styles', type, ['styles.xml'], true],
    ['without a manifest', type, ['META-INF/manifest.xml'], true],
    ['without both', type, ['styles.xml', 'META-INF/manifest.xml'], true],
    ['without its type in front', type, ['mimetype'], true],
    ['with its type packed', type, [], false],
    ['as a template', `${type}-template`, [], true],
  ])('%s is read', async (_name, told, without, store) => {
    const bytes = bare(told, body, without, store);
    const [found] = await extractor.extract({ name: `a.${extension}`, bytes });
    expect(found).toMatchObject({ text: expected, mediaType: `application/vnd.oasis.opendocument.${type}` });
  });
});
