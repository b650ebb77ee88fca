// `sluice search`: documents by what stands in them or in the reasons of their decisions.
import { type SearchPage, type SearchResult, searchSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { searchDocuments } from '../../shared/search/search.ts';
import { atLake, type LakeOptions, queryOf } from '../at-lake.ts';
import { bar, clearBar, note, print, printJson, screenWidth } from '../console.ts';
import { formatTable } from '../table.ts';
import { filterOf } from './export.ts';

export async function searchCommand(
  words: readonly string[],
  options: LakeOptions & { limit: number; cursor?: string; [filter: string]: unknown },
): Promise<void> {
  const { limit, cursor } = options;
  // Quotes that the shell has taken away were meant: an argument of several words is what stands together.
  const text = words.length === 1 ? words[0] : words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
  const filter = filterOf({ ...options, text });
  const request = parseRequest(searchSchema, { ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
  const page = await atLake(options, {
    api: (api) => api.ask<SearchPage>('GET', `/api/search${queryOf(request)}`),
    app: async (app) => {
      // Nobody goes on indexing when the command has ended.
      for (let before = -1; ; ) {
        const found = await searchDocuments(app, request);
        if (found.waiting === 0 || found.waiting === before) return found;
        before = found.waiting;
        bar(`${found.waiting} document(s) to index`);
        await app.search.refresh();
      }
    },
  });
  clearBar();
  if (options.json) {
    printJson(page);
    return;
  }
  const { results, total, next, waiting } = page;
  if (results.length > 0) {
    const rows = results.map(({ decision, fragments }) => [
      [decision.originalPath ?? decision.path, decision.archivePath].filter(Boolean).join(' › '),
      String(decision.label ?? decision.code ?? ''),
      fragments.map(pieceOf).join(' … '),
    ]);
    const columns = [
      { title: 'document', flexible: true, cut: 'middle' as const },
      { title: 'label' },
      { title: 'where', flexible: true },
    ];
    print(formatTable(columns, rows, screenWidth(160)));
  }
  note(total === 0 ? 'No document matches.' : `${results.length} of ${total} document(s)`);
  if (next !== null) note(`more with --cursor ${next}`);
  if (waiting > 0) note(`${waiting} document(s) are being indexed and were not searched; ask again`);
}

/** The text from a little before the first word that was meant. */
function pieceOf({ text, marks, isBeginning }: SearchResult['fragments'][number]): string {
  const from = Math.max(0, (marks[0]?.[0] ?? 0) - 25);
  const piece = text.slice(from).replace(/\s+/g, ' ');
  return from === 0 && isBeginning ? piece : `…${piece}`;
}
