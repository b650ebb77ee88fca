// Files that a page carries in its own text: `data:` addresses (RFC 2397) of pictures and links.
import type { ExtractLimits } from '../limits.ts';
import { mayHoldText, type Picture } from '../pictures.ts';
import type { EmbeddedFile } from '../reading.ts';
import { base64File, defaultFileName } from './base64.ts';

const MIN_CHARS = 100;
const DATA_URL = /data:([\w.+-]{1,60}\/[\w.+-]{1,100})?(?:;[\w=.+-]{1,100}){0,4};base64,([A-Za-z0-9+/=_\s-]{100,})/g;
/** Of what makes a page, not of what it says. */
const NO_DOCUMENT =
  /^(font|audio|video)\/|^application\/(x-)?(font|javascript|vnd\.ms-fontobject)|^text\/(css|javascript)$|svg/i;

/** Pictures large enough to be scans, and documents. */
export function filesInAddresses(
  page: string,
  limits: ExtractLimits,
): { pictures: Picture[]; embedded: EmbeddedFile[] } {
  const found: { pictures: Picture[]; embedded: EmbeddedFile[] } = { pictures: [], embedded: [] };
  if (page.length < MIN_CHARS || !page.includes(';base64,')) return found;
  for (const [, type = '', packed = ''] of page.matchAll(DATA_URL)) {
    if (NO_DOCUMENT.test(type)) continue;
    const bytes = base64File(packed, true);
    if (bytes === undefined) continue;
    if (/^image\//i.test(type)) {
      if (found.pictures.length <= limits.maxOcrPages && mayHoldText(bytes)) found.pictures.push({ bytes });
    } else if (found.embedded.length < limits.maxArchiveEntries)
      found.embedded.push({ name: defaultFileName(found.embedded.length, type), bytes });
  }
  return found;
}
