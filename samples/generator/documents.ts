// Sources to files: every document in its format, members packed into their mail or zip, the damaged ones damaged.
import { extname } from 'node:path';
import { type Block, parseBlocks, plain } from './blocks.ts';
import { comparablesAppendix } from './comparables.ts';
import { toHtml, toMail } from './markup.ts';
import { toDocx, toPptx, toXlsx } from './office.ts';
import { toPdf } from './pdf.ts';
import { asImageOnly } from './scan.ts';
import { compare, type Source } from './source.ts';
import { zip } from './zip.ts';

export interface SampleFile {
  /** Relative to samples/documents. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const COMPARABLES_SEED = 2024;

/** All files of the demo folder, ordered by path. */
export async function buildDocuments(sources: readonly Source[]): Promise<SampleFile[]> {
  const byPath = new Map<string, Source[]>();
  for (const source of sources) byPath.set(source.path, [...(byPath.get(source.path) ?? []), source]);
  const files: SampleFile[] = [];
  for (const [path, group] of byPath) {
    const whole = group.find((source) => source.archivePath === '');
    const members: { name: string; bytes: Uint8Array }[] = [];
    for (const member of group)
      if (member !== whole) members.push({ name: member.archivePath, bytes: await render(member, member.archivePath) });
    let bytes: Uint8Array;
    if (whole === undefined) bytes = zip(members);
    else if (extname(path) === '.eml') bytes = Buffer.from(toMail(whole, members));
    else bytes = await render(whole, path);
    files.push({ path, bytes });
  }
  return files.sort((a, b) => compare(a.path, b.path));
}

/** One document in the format its name asks for. */
async function render(source: Source, name: string): Promise<Uint8Array> {
  const whole = await renderIntact(source, name);
  const keep = source.header.get('truncate');
  return keep === undefined ? whole : whole.subarray(0, Math.floor(whole.length * Number(keep)));
}

async function renderIntact(source: Source, name: string): Promise<Buffer> {
  const title = source.header.get('title');
  switch (extname(name)) {
    case '.md':
    case '.csv':
    case '.jsonl':
      return Buffer.from(source.body);
    case '.txt':
      return Buffer.from(plain(source.body));
    case '.html':
      return Buffer.from(toHtml(parseBlocks(source.body), title ?? source.id));
    case '.docx':
      return toDocx(parseBlocks(source.body), title ?? '');
    case '.xlsx':
      return toXlsx(parseBlocks(source.body));
    case '.pptx':
      return toPptx(parseBlocks(source.body));
    case '.pdf': {
      const options = { letterhead: source.header.get('letterhead'), title, password: source.header.get('password') };
      const pdf = await toPdf(pdfBlocks(source), options);
      return source.header.get('scan') === 'true' ? asImageOnly(pdf) : pdf;
    }
    default:
      throw new Error(`${source.id}: no writer for "${name}"`);
  }
}

function pdfBlocks(source: Source): Block[] {
  const appendix =
    source.header.get('appendix') === 'comparables' ? `\n\n${comparablesAppendix(COMPARABLES_SEED)}` : '';
  return parseBlocks(source.body + appendix);
}

/** truth.csv: one row per document, members and attachments included. */
export function truthCsv(sources: readonly Source[]): string {
  const rows = sources.map((source) => [
    source.path,
    source.archivePath,
    source.label,
    source.expect,
    source.code,
    source.note,
  ]);
  return `${[['path', 'archive_path', 'label', 'expect', 'code', 'note'], ...rows].map((row) => row.map(csvField).join(',')).join('\n')}\n`;
}

function csvField(value: string): string {
  return /[",\n]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value;
}
