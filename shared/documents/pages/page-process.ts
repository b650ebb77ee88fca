// Entry of a drawing process: opens a document, draws the page asked for, keeps the document for the next page.
// Invariants: D1 an error that is not ours ends the process: what a parser left behind draws nothing more. D2 only bytes with the hash of the
// decision are drawn. D3 the process ends with its host, even while a parser spins.
import { createHash } from 'node:crypto';
import { SluiceError, TerminalError } from '../../errors.ts';
import type { ExtractLimits } from '../limits.ts';
import { MEDIA, sniff } from '../media-type.ts';
import { watchParent } from '../parent-watch.ts';
import type { ReaderOptions } from '../protocol.ts';
import { type DrawnPage, type OpenPages, unitsDown } from './page.ts';
import { encodePng } from './png.ts';
import type { DrawAnswer, DrawRequest, PageContent } from './protocol.ts';

let options: ReaderOptions | undefined;
let held: { key: string; pages: OpenPages } | undefined;

process.on('message', (message: { kind: 'configure'; options: ReaderOptions } | DrawRequest) => {
  if (message.kind === 'configure') {
    options = message.options;
    send({ kind: 'ready' });
    return;
  }
  void answer(message);
});
process.on('disconnect', () => process.exit(0));

const send = (message: DrawAnswer): void => void process.send?.(message);

async function answer(request: DrawRequest): Promise<void> {
  watchParent();
  const { id } = request;
  try {
    const drawn = await draw(request);
    send({ kind: 'drawn', id, drawn, rssBytes: process.memoryUsage.rss() });
  } catch (error) {
    if (!(error instanceof SluiceError)) process.exit(1); // D1
    send({ kind: 'refused', id, code: error.code, message: error.message, rssBytes: process.memoryUsage.rss() });
  }
}

async function draw({ id, key, content, page, widthPx, readsImage }: DrawRequest): Promise<DrawnPage> {
  if (options === undefined) throw new Error('page process: a request came before the configuration');
  if (held?.key !== key) {
    held?.pages.close();
    held = undefined;
    if (content === undefined) throw new Error('page process: the document is not held');
    held = { key, pages: await open(content, options.limits, () => send({ kind: 'progress', id })) };
  }
  const { kind, pages } = held.pages;
  if (page > pages) throw new TerminalError('page.not-found', `document: it has ${pages} pages, no page ${page}`);
  const { bitmap, words } = await held.pages.draw(page - 1, widthPx);
  const drawn = { kind, pages, height: unitsDown(bitmap), png: encodePng(bitmap) };
  if (kind === 'text' || words.words.length > 0 || options.ocr === 'off') return { ...drawn, ...words, isRead: true };
  if (!readsImage) return { ...drawn, ...words, isRead: false };
  const { readWords, READING_WIDTH_PX } = await import('./read-words.ts');
  const large = await held.pages.draw(page - 1, READING_WIDTH_PX);
  return { ...drawn, ...(await readWords(large.bitmap)), isRead: true };
}

async function open(content: PageContent, limits: ExtractLimits, progress: () => void): Promise<OpenPages> {
  // Loaded on first use: who waits for the first page waits for nothing else.
  if (content.kind === 'text') return (await import('./open-text.ts')).openTextPages(content.text);
  const { bytes, mediaType } = await findMember(content, limits, progress);
  if (createHash('sha256').update(bytes).digest('hex') !== content.contentSha256)
    throw new TerminalError('source.changed', 'document: the file is not the one that was decided on'); // D2
  if (mediaType === MEDIA.pdf) return (await import('./open-pdf.ts')).openPdfPages(bytes, limits);
  if (mediaType.startsWith('image/')) return (await import('./open-image.ts')).openImagePages(bytes, mediaType, limits);
  throw new TerminalError('page.no-picture', `document: ${mediaType} is not drawn`);
}

/** The document itself, or what stands at the path in it. */
async function findMember(
  { name, archivePath, bytes }: Extract<PageContent, { kind: 'file' }>,
  limits: ExtractLimits,
  progress: () => void,
): Promise<{ bytes: Uint8Array; mediaType: string }> {
  if (archivePath === '') return { bytes, mediaType: sniff(bytes, name) };
  const { Walk } = await import('../walk.ts');
  const found: { bytes: Uint8Array; mediaType: string }[] = [];
  const request = { kind: 'read' as const, id: 0, name, bytes, resumeAfter: -1, poison: [] };
  const output = { begin: progress, leaf: async () => progress(), progress };
  const sought = {
    archivePath,
    found: (inner: Uint8Array, mediaType: string) => void found.push({ bytes: inner, mediaType }),
  };
  await new Walk(request, limits, 'off', output, sought).run();
  const [member] = found;
  if (member === undefined) throw new TerminalError('source.changed', 'document: the file no longer holds it');
  return member;
}
