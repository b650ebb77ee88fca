// Elements of WordprocessingML by what they are to the text of a part.

/** Elements that say something by their attributes. */
export const TELLING: ReadonlySet<string> = new Set([
  ...['pStyle', 'numId', 'ilvl', 't', 'rStyle', 'rFonts', 'vanish', 'sym', 'gridBefore', 'gridSpan', 'textpath', 'chr'],
  ...['fldChar', 'listEntry', 'result', 'checked', 'default', 'showingPlcHdr'],
  ...['docPr', 'extent', 'shape', 'rect', 'blip', 'imagedata', 'control'],
]);
/** Where nothing is skipped, most elements are about looks: neither their beginning nor their end says anything. */
export const OPENED: ReadonlySet<string> = new Set([
  ...TELLING,
  ...[
    'p',
    'pPr',
    'listPr',
    'r',
    'rPr',
    'instrText',
    'tab',
    'ptab',
    'br',
    'cr',
    'noBreakHyphen',
    'tr',
    'tc',
    'txbxContent',
  ],
  ...['sup', 'oMath', 'object', 'checkBox', 'checkbox', 'sdt', 'sdtContent'],
  ...['del', 'moveFrom', 'delText', 'Fallback', 'tabs', 'rt', 'numberingChange'],
  ...['p', 'r', 't', 'tr', 'tc', 'tbl', 'sect'].map((kind) => `${kind}PrChange`),
]);
export const CLOSED: ReadonlySet<string> = new Set([
  ...['p', 'pPr', 'listPr', 'r', 'rPr', 't', 'instrText', 'oMath', 'num', 'object', 'sdt', 'sdtPr'],
  ...['tr', 'tc', 'txbxContent'],
]);

/** Deleted or moved-away text, field codes, the second copy of a drawing, and tab stops, which are no tabs. */
export function isSkipped(name: string): boolean {
  return (
    name === 'del' ||
    name === 'moveFrom' ||
    name === 'delText' ||
    name === 'Fallback' ||
    name === 'tabs' ||
    name === 'rt' ||
    // What a paragraph, a run or a row was like before a change of its form.
    /^(p|r|t|tr|tc|tbl|sect)PrChange$/.test(name) ||
    name === 'numberingChange'
  );
}
