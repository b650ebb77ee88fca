// vCards and calendars (vcf, ics), which have no media type of their own here: lines unfolded, signs unescaped, files in base64 as documents; portraits,
// sounds and keys are no words. Source: RFC 5545 3.1 (folding), 3.3.11 (escapes), 3.8.1.1 (attachments); RFC 6350 3.2.
import type { EmbeddedFile } from '../reading.ts';
import { defaultFileName } from './base64.ts';

const START = /^\ufeff?\s*BEGIN:(VCARD|VCALENDAR)\b/i;
const MAX_FILES = 1000;

/** @returns undefined for any other text */
export function readCards(text: string): { text: string; files: EmbeddedFile[] } | undefined {
  if (!START.test(text.slice(0, 200))) return undefined;
  const files: EmbeddedFile[] = [];
  const lines = text
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .map((line) => {
      const packed = /^([A-Z-]+)((?:;[^:]*)?);ENCODING=(?:B|BASE64)((?:;[^:]*)?):([\w+/=\s-]*)$/i.exec(line);
      if (packed === null) return /^[A-Z-]+[^:]*:data:[^,]{0,200};base64,/i.test(line) ? '' : unescaped(line);
      const [, name = '', before = '', after = '', value = ''] = packed;
      const parameters = before + after;
      if (/^ATTACH$/i.test(name) && files.length < MAX_FILES) {
        const type = /;FMTTYPE=([^;]+)/i.exec(parameters)?.[1];
        const given = /;(?:X-)?(?:[A-Z]+-)*FILENAME="?([^;"]+)/i.exec(parameters)?.[1];
        files.push({ name: given ?? defaultFileName(files.length, type), bytes: Buffer.from(value, 'base64') });
      }
      return '';
    });
  return { text: lines.filter((line) => line !== '').join('\n'), files };
}

const unescaped = (line: string) =>
  line.replace(/\\([\\;,nN])/g, (_whole, sign: string) => (/n/i.test(sign) ? '\n' : sign));
