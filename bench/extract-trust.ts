// What it costs to trust a page of a PDF: the checks that judge its text (layers, text that nobody sees, letters that cannot be what is painted, pictures), as a share of what
// reading takes, in CPU time. Both are measured in turns on the same documents; of all rounds the least counts, which what else runs disturbs least.

import { readPdf } from '../shared/documents/formats/pdf.ts';
import { layersIn } from '../shared/documents/formats/pdf-layers.ts';
import { isGarbled, isPicture, withoutGarbledLines } from '../shared/documents/formats/pdf-trust.ts';
import { UnseenText } from '../shared/documents/formats/pdf-unseen.ts';
import { withPdf } from '../shared/documents/formats/pdfium.ts';
import { defaultExtractLimits } from '../shared/documents/limits.ts';
import type { ReadContext } from '../shared/documents/reading.ts';
import type { CorpusFile } from './corpus.ts';

export interface TrustCost {
  documents: number;
  pages: number;
  /** Reading, and the checks within it, of all documents; milliseconds of CPU. */
  readMs: number;
  checksMs: number;
  /** 0 to 1. */
  share: number;
}

/** A document with less text is a scan, and costs what it costs. */
const TEXT_CHARS = 300;
const CONTEXT: ReadContext = {
  name: 'a.pdf',
  mediaType: 'application/pdf',
  limits: defaultExtractLimits,
  localOcr: false,
  progress: () => {},
};

/** @param corpus  those of it that are PDFs with text are measured */
export async function measureTrust(corpus: readonly CorpusFile[], rounds: number): Promise<TrustCost> {
  const cost: TrustCost = { documents: 0, pages: 0, readMs: 0, checksMs: 0, share: 0 };
  for (const { bytes } of corpus.filter(({ name }) => /\.pdf$/i.test(name))) {
    const pages = await textPages(bytes);
    if (pages === undefined) continue;
    let [read, checks] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < rounds; round++) {
      const startedMs = cpuMs();
      await readPdf(bytes, CONTEXT);
      read = Math.min(read, cpuMs() - startedMs);
      checks = Math.min(checks, await checksMs(bytes));
    }
    cost.documents += 1;
    cost.pages += pages;
    cost.readMs += read;
    cost.checksMs += checks;
  }
  cost.share = cost.readMs === 0 ? 0 : cost.checksMs / cost.readMs;
  return cost;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function textPages(bytes: Uint8Array): Promise<number | undefined> {
  try {
    const { parts, pages, needsOcr } = await readPdf(bytes, CONTEXT);
    return needsOcr === undefined && parts.join('').length >= TEXT_CHARS ? (pages ?? 0) : undefined;
  } catch {
    return undefined; // encrypted or damaged
  }
}

/** The checks of every page, as pdf.ts makes them, without the reading between them. */
function checksMs(bytes: Uint8Array): Promise<number> {
  return withPdf(bytes, async (pdf) => {
    const { marks, forms } = layersIn(bytes);
    const unseen = new UnseenText();
    let spentMs = 0;
    for (let i = 0; i < pdf.pageCount; i++)
      pdf.page(i, (page) => {
        let startedMs = cpuMs();
        if (marks || forms) page.dropUnpainted(forms);
        page.dropUnseen(unseen);
        spentMs += cpuMs() - startedMs;
        const text = page.text(defaultExtractLimits.maxChars);
        startedMs = cpuMs();
        isGarbled(text, page.unmappedShare);
        isPicture(
          text,
          () => page.marks(),
          () => page.isTextInvisible(),
        );
        withoutGarbledLines(text);
        spentMs += cpuMs() - startedMs;
      });
    return spentMs;
  });
}
