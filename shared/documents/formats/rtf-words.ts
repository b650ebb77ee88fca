// Control words of RTF by what they mean for the text. Source: RTF 1.9.1.

// Destinations whose text is no text of the document. {\*\… groups of unknown kind are skipped as well.
export const SKIPPED = new Set(
  'fonttbl colortbl stylesheet info pict object objdata themedata colorschememapping latentstyles datastore generator listtable listoverridetable rsidtbl xmlnstbl filetbl revtbl mmathPr pgptbl protusertbl userprops wgrffmtfilter bkmkstart bkmkend xe tc nonshppict shppict sp background template operator author shprslt'.split(
    ' ',
  ),
);
/** Stories beside the text: they begin and end a line. */
export const STORIES = new Set(
  'header headerl headerr headerf footer footerl footerr footerf footnote annotation shptxt dptxbxtext'.split(' '),
);
/** Starred destinations that hold visible text: of shapes (in groups, of Word 95) what they say. */
export const SHOWN = new Set([
  'shptxt',
  'footnote',
  'annotation',
  'pntext',
  'pnseclvl',
  'shpinst',
  'shpgrp',
  'do',
  'fldinst',
  'ud',
]);

export const SYMBOLS: Readonly<Record<string, string>> = {
  par: '\n',
  line: '\n',
  sect: '\n',
  page: '\n',
  row: '\n',
  nestrow: '\n',
  cell: '\t',
  nestcell: '\t',
  tab: '\t',
  emdash: '—',
  endash: '–',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  emspace: ' ',
  enspace: ' ',
  qmspace: ' ',
}; // prettier-ignore

export const CODEPAGE_OF_CHARSET: Readonly<Record<number, string>> = {
  77: 'macintosh',
  128: 'shift_jis',
  129: 'cp949',
  134: 'gb18030',
  136: 'big5',
  161: 'windows-1253',
  162: 'windows-1254',
  163: 'windows-1258',
  177: 'windows-1255',
  178: 'windows-1256',
  186: 'windows-1257',
  204: 'windows-1251',
  222: 'windows-874',
  238: 'windows-1250',
}; // prettier-ignore

/** What the bytes of a group are kept for. */
export type Capture = 'option' | 'picture' | 'object' | 'shape-name' | 'shape-value';
export const CAPTURES: Readonly<Record<string, Capture>> = {
  ffl: 'option',
  pict: 'picture',
  objdata: 'object',
  sn: 'shape-name',
  sv: 'shape-value',
};
