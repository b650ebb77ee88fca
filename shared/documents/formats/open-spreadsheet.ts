// OpenDocument spreadsheets (ods): cells as of any workbook, with headers, footers, shapes and forms as of any OpenDocument.
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { Content, objectsOf, openUnencrypted } from './open-document.ts';
import { OpenStyles } from './open-styles.ts';
import { scannedPictures } from './package-files.ts';
import { edgeLines } from './sheet-marks.ts';
import { readWorkbook } from './workbook.ts';

/** Spreadsheets (ods) are read as workbooks once the manifest has shown that they are not encrypted. */
export async function readSpreadsheet(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const parts = await openUnencrypted(bytes, context.limits);
  const read = await readWorkbook(bytes, context);
  const shared = new OpenStyles();
  const styles = new Content(new TextSink(context.limits.maxChars), 'master-styles', shared);
  await parts.xml('styles.xml', styles);
  shared.dropOwn();
  const content = new Content(new TextSink(context.limits.maxChars), 'body', shared, { drawnOnly: true });
  const body = await parts.bytes('content.xml');
  if (body !== undefined && (body.includes('draw:') || body.includes('forms>')))
    await parts.xml('content.xml', content);
  const inside = await objectsOf(parts, content.objects, context.limits);
  return {
    ...read,
    parts: [edgesOf(styles.result), ...read.parts, content.result, ...inside.texts],
    embedded: inside.embedded,
    pictures: await scannedPictures(parts, content.pictures, context),
  };
}

/** Headers and footers of a spreadsheet without page numbers and what stands for the name of the sheet. */
const edgesOf = (text: string) =>
  edgeLines(
    text
      .split('\n')
      .filter((line) => !/\?\?\?|00[.:/-]00/.test(line))
      .map((line) => line.replaceAll('&', '&&')),
  ).join('\n');
