// `sluice pages`: a document as people see it, one PNG a page.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PagePlaces } from '../../shared/api/insights.ts';
import { openDocumentPage } from '../../shared/insight/document-page.ts';
import type { PageWidth } from '../../shared/page-widths.ts';
import { atLake, type LakeOptions } from '../at-lake.ts';
import { answer, note } from '../console.ts';

interface PagesOptions extends LakeOptions {
  output: string;
  width: string;
  page?: number;
}

/** A page, wherever the lake is. */
interface Drawn {
  places: PagePlaces;
  png: Uint8Array;
}

const TELL_EVERY = 10;

/** Write the pages of a document as `page-001.png` … into a folder. */
export async function pagesCommand(documentId: string, options: PagesOptions): Promise<void> {
  const width = Number(options.width) as PageWidth; // one of the choices
  const written = await atLake(options, {
    api: (api) =>
      writePages(options, async (page) => {
        const path = `/api/documents/${documentId}/pages/${page}`;
        const png = await api.downloadWhole(`${path}.png?width=${width}`);
        return { png, places: await api.ask<PagePlaces>('GET', `${path}.json`) };
      }),
    app: (app) =>
      writePages(options, async (number) => {
        const page = await openDocumentPage(app, documentId, number);
        return { png: await page.picture(width), places: await page.places() };
      }),
  });
  answer(options, { documentId, ...written }, () => {
    const what = written.kind === 'text' ? ', set from the text that was read' : '';
    return `${written.files.length} of ${written.pages} page(s) in ${options.output}${what}`;
  });
}

async function writePages({ output, page }: PagesOptions, draw: (page: number) => Promise<Drawn>) {
  const files: string[] = [];
  const first = page ?? 1;
  let places: PagePlaces | undefined;
  for (let number = first; number <= (page ?? places?.pages ?? first); number++) {
    const drawn = await draw(number);
    places ??= drawn.places;
    if (files.length === 0) await mkdir(output, { recursive: true }); // nothing is left where nothing was drawn
    const file = join(output, `page-${String(number).padStart(3, '0')}.png`);
    await writeFile(file, drawn.png);
    files.push(file);
    if (files.length % TELL_EVERY === 0) note(`page ${number} of ${places.pages}`);
  }
  return { kind: places?.kind, pages: places?.pages ?? 0, files };
}
