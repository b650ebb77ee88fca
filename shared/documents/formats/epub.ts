// EPUB books: the chapters of the spine in their order, as visible text.
import { TerminalError } from '../../errors.ts';
import { decodeText } from '../charset.ts';
import { PackageParts } from '../package-parts.ts';
import type { ReadContext, ReadText } from '../reading.ts';
import { htmlToText } from './html.ts';
import { linkedStyles } from './html-styles.ts';

export async function readEpub(bytes: Uint8Array, { limits, progress }: ReadContext): Promise<ReadText> {
  const parts = await PackageParts.open(bytes, limits);
  await refuseEncrypted(parts);
  const chapters = await spine(parts);
  const texts: string[] = [];
  let chars = 0;
  const sheets = new Map<string, string>();
  for (const chapter of chapters) {
    const content = await parts.bytes(chapter);
    if (content === undefined) continue;
    const { text } = await decodeText(content);
    const styles = await linkedSheets(parts, chapter, text, sheets);
    const read = htmlToText(text, { maxChars: limits.maxChars - chars, maxElements: limits.maxElements }, 0, styles);
    chars += read.length;
    texts.push(read);
    progress();
  }
  if (texts.length === 0) throw new TerminalError('extract.corrupt', 'epub: it has no chapters');
  return { parts: texts, pages: null, warnings: [] };
}

const MAX_SHEETS = 100;

/** Style sheets that a chapter links: what they hide is not read. @param read  those read before, by name */
async function linkedSheets(
  parts: PackageParts,
  chapter: string,
  text: string,
  read: Map<string, string>,
): Promise<string> {
  const folder = chapter.slice(0, chapter.lastIndexOf('/') + 1);
  const sheets: string[] = [];
  for (const href of linkedStyles(text).slice(0, MAX_SHEETS)) {
    const name = resolve(folder, href);
    let sheet = read.get(name);
    if (sheet === undefined && read.size < MAX_SHEETS) {
      sheet = (await parts.bytes(name))?.toString('utf8') ?? '';
      read.set(name, sheet);
    }
    sheets.push(sheet ?? '');
  }
  return sheets.join('\n');
}

/** Obfuscated fonts are no protection; encrypted chapters are. */
async function refuseEncrypted(parts: PackageParts): Promise<void> {
  let isProtected = false;
  await parts.xml('META-INF/encryption.xml', {
    open(name, attributes) {
      if (name === 'CipherReference' && /\.(x?html?|xml)$/i.test(attributes.URI ?? '')) isProtected = true;
    },
  });
  if (isProtected) throw new TerminalError('extract.encrypted', 'epub: its chapters are encrypted');
}

async function spine(parts: PackageParts): Promise<string[]> {
  let packagePart = '';
  await parts.xml('META-INF/container.xml', {
    open(name, attributes) {
      if (name === 'rootfile' && packagePart === '') packagePart = attributes['full-path'] ?? '';
    },
  });
  const folder = packagePart.slice(0, packagePart.lastIndexOf('/') + 1);
  const items = new Map<string, string>();
  const order: string[] = [];
  await parts.xml(packagePart, {
    open(name, attributes) {
      if (name === 'item' && attributes.id !== undefined && attributes.href !== undefined)
        items.set(attributes.id, resolve(folder, attributes.href));
      else if (name === 'itemref' && attributes.idref !== undefined) order.push(attributes.idref);
    },
  });
  const chapters = order.flatMap((id) => items.get(id) ?? []);
  return chapters.length > 0 ? chapters : parts.names(/\.x?html?$/i);
}

function resolve(folder: string, href: string): string {
  const path = folder + href.replace(/#.*$/, '');
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    decoded = path; // a stray percent sign
  }
  const segments: string[] = [];
  for (const segment of decoded.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments.join('/');
}
