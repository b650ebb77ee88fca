// The small Markdown of the sources: headings, paragraphs, lists, tables and page breaks, shared by all writers.

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly lines: readonly string[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'page-break' };

/** Split a body into blocks. Lines of a paragraph are kept apart: letters need their line breaks. */
export function parseBlocks(body: string): Block[] {
  return body
    .split(/\n{2,}/)
    .map((chunk) => chunk.replace(/^\n+|\s+$/g, ''))
    .filter((chunk) => chunk !== '')
    .flatMap(parseChunk);
}

function parseChunk(chunk: string): Block[] {
  const lines = chunk.split('\n');
  if (chunk === '===') return [{ kind: 'page-break' }];
  const heading = /^(#+)\s+(.*)$/.exec(lines[0]!);
  if (heading !== null) {
    const first: Block = { kind: 'heading', level: heading[1]!.length, text: heading[2]! };
    return lines.length === 1 ? [first] : [first, ...parseChunk(lines.slice(1).join('\n'))];
  }
  if (lines.every((line) => line.startsWith('|'))) {
    const rows = lines.filter((line) => !/^\|[\s:|-]+\|$/.test(line)).map(cells);
    return [{ kind: 'table', rows }];
  }
  if (lines.every((line) => /^(- |\d+\. )/.test(line)))
    return [{ kind: 'list', items: lines.map((line) => line.replace(/^(- |\d+\. )/, '')) }];
  return [{ kind: 'paragraph', lines }];
}

function cells(line: string): string[] {
  return line
    .replace(/^\|/, '')
    .replace(/\|\s*$/, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** Emphasis marks removed, for formats that show plain words. */
export function plain(text: string): string {
  return text.replace(/\*\*?([^*]+)\*\*?/g, '$1');
}
