// Base64 inside markup and JSON: a file where its bytes are one, no words anywhere.
import { MEDIA, sniff } from '../media-type.ts';

const MIN_CHARS = 60;
const LINE_CHARS = 40;

/** Is this text base64, not words: one run of its letters, or lines of equal length? Hex digests count as well, numbers do not. */
export function isBase64(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length < MIN_CHARS || !/^[A-Za-z0-9+/_=\s-]+$/.test(trimmed) || /^[\d\s-]+$/.test(trimmed)) return false;
  const lines = trimmed.split(/\s+/, 4);
  if (lines.length === 1) return true;
  return (
    lines[0]!.length >= LINE_CHARS &&
    (lines.length === 2 || lines[1]!.length === lines[0]!.length || lines[1]!.length >= LINE_CHARS)
  );
}

/**
 * Bytes of a file in base64.
 * @param isNamed  the element is known to hold files: short and plain ones count too
 */
export function base64File(text: string, isNamed: boolean): Buffer | undefined {
  const packed = text.replace(/\s+/g, '');
  if (packed.length < 4 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(packed)) return undefined;
  if (!isNamed && !isBase64(text)) return undefined;
  const bytes = Buffer.from(packed, 'base64');
  if (isNamed) return bytes;
  const type = sniff(bytes, '');
  return type === MEDIA.bin || type === MEDIA.txt || type === MEDIA.cms ? undefined : bytes;
}

const EXTENSION_OF_TYPE: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'text/plain': 'txt',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'text/xml': 'xml',
  'application/xml': 'xml',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
};

/** Name of a file that has none. @param mediaType  as it is declared */
export function defaultFileName(index: number, mediaType: string | undefined): string {
  const extension = EXTENSION_OF_TYPE[mediaType?.toLowerCase() ?? ''];
  return `embedded-${index + 1}${extension === undefined ? '' : `.${extension}`}`;
}
