// Rights management shows a polite notice in place of the document and reports no error: recognise the notice.

const MAX_NOTICE_CHARS = 4000;

const NOTICES: readonly RegExp[] = [
  /this (pdf )?(file|document|message|e-?mail|attachment|workbook|presentation) (is|has been) (protected|encrypted)\b/i,
  /permission (for|to) (this|open this|view this) (document|workbook|presentation|message|file)s? is currently restricted/i,
  /(document|file|message|workbook|presentation) is protected (by|with|using) .{0,40}(rights management|information protection|azure rms|microsoft purview|irm)\b/i,
  /\b(azure information protection|information rights management|windows rights management services)\b.{0,200}\b(to (open|view|read)|viewer|compatible)/is,
  /you need (an? )?(irm|rms|rights)[\w -]{0,30}(viewer|reader|client)/i,
];

/** Words of which every notice has some: looking for them is most of what an ordinary text costs. */
const TELLING = /protected|encrypted|restricted|information\s+protection|rights\s+management|you\s+need/i;

/** Is this short text a rights-management notice rather than a document? */
export function isRightsNotice(text: string): boolean {
  if (text.length >= MAX_NOTICE_CHARS || !TELLING.test(text)) return false;
  const line = text.replace(/\s+/g, ' ');
  return NOTICES.some((notice) => notice.test(line));
}
