// OpenDocument spreadsheets without the parts that the workbook library asks for and no program needs: it opens none without styles.xml, and takes one
// without META-INF/manifest.xml for something else.
import type { PackageParts } from '../package-parts.ts';

const TYPE = 'application/vnd.oasis.opendocument.spreadsheet';
const NAMES = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"';
const MANIFEST = `<manifest:manifest ${NAMES}><manifest:file-entry manifest:full-path="/" manifest:media-type="${TYPE}"/></manifest:manifest>`;

/** A package that the library opens, of the content and the styles there are; undefined where nothing is missing. */
export async function completeSpreadsheet(parts: PackageParts): Promise<Uint8Array | undefined> {
  if (parts.has('styles.xml') && parts.has('META-INF/manifest.xml')) return undefined;
  const content = await parts.bytes('content.xml');
  if (content === undefined) return undefined; // the library says so
  const { CFB } = await import('@e965/xlsx');
  const zip = CFB.utils.cfb_new({});
  CFB.utils.cfb_add(zip, '/META-INF/manifest.xml', Buffer.from(MANIFEST));
  CFB.utils.cfb_add(zip, '/content.xml', content);
  const styles = await parts.bytes('styles.xml');
  CFB.utils.cfb_add(zip, '/styles.xml', styles ?? Buffer.from('<styles/>'));
  return CFB.write(zip, { type: 'buffer', fileType: 'zip', compression: false }) as Uint8Array;
}
