import { marked } from 'marked';
import { expect, test } from 'vitest';
import { renderMarkdown } from '../../docs/site/markdown.ts';
import { outlineOf } from '../../docs/site/outline.ts';

const PLACES = { link: (href: string) => href, picture: (src: string) => src };
const WITHOUT_PICTURES = { ...PLACES, picture: () => undefined };

test('anchors are those of GitHub: marks and signs go, blanks are hyphens, a second one is numbered', () => {
  const { headings } = outlineOf(
    marked.lexer('# A `code` & *more*\n\n## Over 5 %: what?\n\n## Same\n\n### Same\n\n## Größe'),
  );
  expect(headings.map(({ anchor }) => anchor)).toEqual(['a-code--more', 'over-5--what', 'same', 'same-1', 'größe']);
});

test('sections: text goes to the heading above it, a row that begins with a name in code is a section of its own', () => {
  const page =
    '# T\n\nfirst\n\n## Part\n\n* one `x`\n* two\n\n| name | |\n|---|---|\n| `A_B` | told |\n| plain | stays |\n\n```sh\nrun it\n```\n';
  expect(outlineOf(marked.lexer(page)).sections).toEqual([
    { title: 'T', anchor: '', text: 'first' },
    { title: 'Part', anchor: 'part', text: 'one x two plain stays run it' },
    { title: 'A_B', anchor: 'a_b', text: 'told' },
  ]);
});

test('a row takes no anchor from a heading, though it stands before it', () => {
  const { headings, sections } = outlineOf(
    marked.lexer('# T\n\n| name | |\n|---|---|\n| `limits` | told |\n\n## Limits\n'),
  );
  expect(headings[1]?.anchor).toBe('limits');
  expect(sections.at(-1)?.anchor).toBe('limits-1');
});

test('markdown: text is escaped, tables without headings have none, alignment is a class and no style', () => {
  const { html } = renderMarkdown('# T\n\n`<b>` & <c>\n\n| | |\n|---|--:|\n| a | 1 |\n', PLACES);
  expect(html).toContain('<code>&lt;b&gt;</code> &amp; ');
  expect(html).not.toContain('<thead>');
  expect(html).toContain('<td class="right">1</td>');
});

test('markdown: long code may be broken after its signs, short code and names stay whole', () => {
  const { html } = renderMarkdown('# T\n\n`email,iban,card,vat,ssn` `a/b` `UPLOAD_WINDOW_SECONDS`', PLACES);
  expect(html).toContain(
    '<code>email,<wbr>iban,<wbr>card,<wbr>vat,<wbr>ssn</code> <code>a/b</code> <code>UPLOAD_WINDOW_SECONDS</code>',
  );
});

test('markdown: a picture that has no place goes with its paragraph, the text around stays', () => {
  const page =
    '# T\n\nbefore\n\nlook:\n<picture><source srcset="b.png"><img src="a.png" alt="x"></picture>\n\n![y](c.png)\n\nafter';
  expect(renderMarkdown(page, WITHOUT_PICTURES).html).toBe('<h1 id="t">T</h1>\n<p>before</p>\n<p>after</p>\n');
  expect(renderMarkdown(page, PLACES).html).toContain('<source srcset="b.png"><img src="a.png" alt="x">');
});

test('markdown: a file that begins without a title is refused', () => {
  expect(() => renderMarkdown('text', PLACES)).toThrow('title');
});
