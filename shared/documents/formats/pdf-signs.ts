// Signs of symbol fonts on a PDF page: boxes and ticks painted as text. PDFium gives the letter of the glyph ("þ", "o"), a private code, or the sign.
// Only characters that may be signs are asked for their font: private ones, dingbats, and those that stand alone.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { checkbox, symbolText } from './choices.ts';
import { heapOf, rawOf } from './pdfium-memory.ts';

/** Fonts asked for on one page. */
const MOST_ASKED = 2000;
const MOST_NAME_BYTES = 128;
const SYMBOL_FONT = /^(?:[A-Z]{6}\+)?(wingdings(?:[ -]?[23])?|webdings|symbol\b)/i;
const OPEN_SYMBOL = /opensymbol/i;
const DINGBATS = /dingbats/i;

/** The text with its signs as other formats have them. @param text  as PDFium gave it, its positions unchanged */
export function withSigns(m: WrappedPdfiumModule, textPage: number, text: string): string {
  const found = candidatesIn(text);
  if (found.length === 0) return text;
  const buffer = m.pdfium.wasmExports.malloc(MOST_NAME_BYTES);
  let out = '';
  let at = 0;
  for (const index of found) {
    const sign = signOf(fontAt(m, textPage, index, buffer), text[index]!); // index < length
    if (sign === undefined) continue;
    out += text.slice(at, index) + sign;
    at = index + 1;
  }
  m.pdfium.wasmExports.free(buffer);
  return out + text.slice(at);
}

/** Where characters stand that may be signs. By their codes: a pattern takes five times as long for a page. */
export function candidatesIn(text: string): number[] {
  const found: number[] = [];
  for (let i = 0; i < text.length && found.length < MOST_ASKED; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0xff) {
      const isInk = (code > 0x20 && code < 0x7f) || code > 0xa0;
      if (isInk && isBlank(text, i + 1) && isBlank(text, i - 1)) found.push(i);
    } else if (
      (code >= 0x2713 && code <= 0x2718) ||
      (code >= 0x274f && code <= 0x2752) ||
      (code >= 0xf021 && code <= 0xf0ff)
    )
      found.push(i);
  }
  return found;
}

/** White space, or beyond the text. */
function isBlank(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return true;
  const code = text.charCodeAt(at);
  return code <= 0x20 ? code === 0x20 || (code >= 0x09 && code <= 0x0d) : code >= 0xa0 && /\s/.test(text[at]!); // at < length
}

function fontAt(m: WrappedPdfiumModule, textPage: number, textIndex: number, buffer: number): string {
  const raw = rawOf(m);
  const char = raw.FPDFText_GetCharIndexFromTextIndex!(textPage, textIndex); // the library's own exports
  const bytes = char < 0 ? 0 : raw.FPDFText_GetFontInfo!(textPage, char, buffer, MOST_NAME_BYTES, 0);
  return bytes <= 1 || bytes > MOST_NAME_BYTES ? '' : Buffer.from(heapOf(m).buffer, buffer, bytes - 1).toString('utf8');
}

/** Undefined when it is the character it seems to be. */
export function signOf(font: string, char: string): string | undefined {
  const name = SYMBOL_FONT.exec(font)?.[1]?.replace(/(\d)$/, ' $1').replace(/[ -]+/, ' ');
  const code = char.charCodeAt(0);
  // LibreOffice draws them with a font of its own where they are missing, and keeps their codes.
  if (code >= 0xf000 && OPEN_SYMBOL.test(font)) {
    const hex = code.toString(16);
    return symbolText('Wingdings', hex).trim() === '' ? symbolText('Wingdings 2', hex) : symbolText('Wingdings', hex);
  }
  if (name !== undefined) return code > 0xff && code < 0xf000 ? undefined : symbolText(name, code.toString(16));
  if (!DINGBATS.test(font)) return undefined;
  if (/[\u2713-\u2718]/.test(char)) return `${checkbox(true)} ${char}`;
  return /[\u274f-\u2752]/.test(char) ? `${checkbox(false)} ${char}` : undefined;
}
