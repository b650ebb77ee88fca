// What style sheets do to the words of a page, and cells whose words stand in blocks of their own.
import { describe, expect, test } from 'vitest';
import { htmlToText } from '../../../shared/documents/formats/html.ts';

const limits = { maxChars: 100_000, maxElements: 10_000 };
const lines = (html: string) =>
  htmlToText(html, limits)
    .split('\n')
    .map((line) => line.trimEnd().replace(/ {2,}/g, ' '))
    .filter((line) => line !== '');

describe('html: cells', () => {
  test.each([
    [
      'of paragraphs, as mail programs write them, stand beside each other',
      '<table><tr><td>\n<p>Net</p>\n</td><td><p>900</p></td></tr><tr><td><p></p></td><td><div>12</div></td></tr></table>',
      ['Net\t900', '\t12'],
    ],
    ['keep the lines between their words', '<table><tr><td><p>A</p><p>B<br>C</td><td>D</table>', ['A', 'B', 'C\tD']],
    [
      'may hold a table, whose rows are lines',
      '<table><tr><td>Head<table><tr><td>a<td>b<tr><td><td>d</table>tail<td>E</table>',
      ['Head', 'a\tb', '\td', 'tail\tE'],
    ],
  ])('%s', (_name, html, expected) => {
    expect(lines(html)).toEqual(expected);
  });
});

describe('html: symbol fonts', () => {
  test.each([
    ['<p><font face="Wingdings">\u00fe</font> resident', '[x] ☑ resident'],
    ["<p><span style='font-family:Wingdings;mso-x:1'>&#61608;</span> trust", '[ ] ☐ trust'],
    [
      '<p><span style="font-family:Symbol">\u00b7<span style=\'font:7.0pt "Times New Roman"\'>&nbsp; </span></span>a point',
      '• a point',
    ],
    ['<p><span style="font-family: Arial, Wingdings">Plain</span>', 'Plain'],
  ])('%s', (html, expected) => {
    expect(lines(html)).toEqual([expected]);
  });
});

describe('html: classes that hide', () => {
  const page = (css: string, body: string) => lines(`<html><head><style>${css}</style></head><body>${body}`);
  test.each([
    [
      'by class or id',
      '.pre, #n {color:red; display:none}',
      '<p class="a pre">gone</p><p id=n>gone</p><p>stays',
      ['stays'],
    ],
    ['not on paper or small screens', '@media print{.m{display:none}} .q{color:red}', '<p class=m>stays', ['stays']],
    [
      'not where another rule shows it',
      '.menu{display:none} .menu.open{display:block}',
      '<p class="menu open">stays',
      ['stays'],
    ],
    ['not in a comment', '/* .m{display:none} */ .q{display:none}', '<p class=m>stays<p class=q>gone', ['stays']],
  ])('%s', (_name, css, body, expected) => {
    expect(page(css, body)).toEqual(expected);
  });
});
