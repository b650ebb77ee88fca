// Books whose style sheets stand in files of their own.
import { afterAll, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { zip } from '../fixtures.ts';

const extractor = new Extractor({ logger: silentLogger, slots: 1 });
afterAll(() => extractor.close());

async function textOf(head: string, body: string, css: string): Promise<string | undefined> {
  const bytes = zip([
    { name: 'mimetype', content: 'application/epub+zip', store: true },
    { name: 'META-INF/container.xml', content: '<container><rootfile full-path="OPS/book.opf"/></container>' },
    {
      name: 'OPS/book.opf',
      content: '<package><item id="a" href="text/a.xhtml"/><itemref idref="a"/></package>',
    },
    { name: 'OPS/text/a.xhtml', content: `<html><head>${head}</head><body>${body}</body></html>` },
    { name: 'OPS/css/book.css', content: css },
  ]);
  return (await extractor.extract({ name: 'a.epub', bytes }))[0]?.text;
}

const LINK = '<link rel="stylesheet" type="text/css" href="../css/book.css"/>';
const BODY = '<p>Seen</p><p class="gone">Unseen</p><p><span class="sign">\u00fe</span>resident</p>';

test('what they hide is not read, what they set in a symbol font is told', async () => {
  const css = '.gone { display: none } span.sign { font-family: Wingdings }';
  expect(await textOf(LINK, BODY, css)).toBe('Seen\n\n[x] ☑ resident');
});

test('those for paper, those for other screens and those that show again hide nothing', async () => {
  const hide = '.gone { display: none }';
  const all = 'Seen\n\nUnseen\n\nþresident';
  expect(await textOf(LINK.replace('rel=', 'media="print" rel='), BODY, hide)).toBe(all);
  expect(await textOf(LINK, BODY, `@media (max-width: 9px) { ${hide} }`)).toBe(all);
  expect(await textOf(LINK, BODY, `${hide} .gone { display: block }`)).toBe(all);
  expect(await textOf('', BODY, hide)).toBe(all);
});
