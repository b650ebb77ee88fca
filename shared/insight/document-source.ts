// The file a document was read from, as it was uploaded. Members of archives and mails, and rows of data sets, give the file they are in.
// Invariants: S1 only a file that a decision names is given, from the container its id was made of. S2 bytes and ETag are of one moment, so a
// file that was replaced since is told as such. S3 the name given to a browser holds nothing that could end a header, leave a folder or
// hide an extension.
import { type ErrorCode, type ErrorIds, SluiceError, TerminalError } from '../errors.ts';
import { documentId as idOf } from '../ids.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { Row } from '../lake/tables.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';

/** The platform holds an answer in memory, several times over, until it is sent. */
const MAX_SOURCE_BYTES = 100 * 1024 * 1024;
const MAX_NAME_CHARS = 150;

export interface DocumentSource {
  bytes: Buffer;
  /** The file is not the one that the latest decision was made on. */
  isChanged: boolean;
  /** Value of content-disposition (RFC 6266). */
  disposition: string;
}

/**
 * The source of a document.
 * @throws {TerminalError} document.not-found, document.erased; source.gone, source.too-large
 */
export async function readDocumentSource(
  { services, query }: DecisionLake,
  documentId: string,
): Promise<DocumentSource> {
  const { rows } = await query(
    `SELECT source_path, archive_path, source_etag, failure_code FROM latest_results WHERE document_id = ${sqlText(documentId)}`,
  );
  const [row] = rows;
  if (row === undefined) throw refusal('document.not-found', `document ${documentId} is not known`, { documentId });
  if (row.failure_code === 'document.erased')
    throw refusal('document.erased', `document ${documentId} was erased`, { documentId });
  const path = String(row.source_path);
  const found = await readSourceOf({ services }, documentId, row);
  services.logger.info('document.downloaded', { documentId, bytes: found.bytes.length });
  return {
    bytes: found.bytes,
    isChanged: typeof row.source_etag === 'string' && bare(row.source_etag) !== bare(found.etag),
    disposition: attachment(path.split('/').at(-1) ?? ''),
  };
}

/**
 * The file that a row of results was read from, as it is now.
 * @throws {TerminalError} source.gone, source.too-large
 */
export async function readSourceOf(
  { services }: Pick<DecisionLake, 'services'>,
  documentId: string,
  row: Row,
): Promise<{ bytes: Buffer; etag: string }> {
  const container = containerOf(documentId, row);
  const path = String(row.source_path);
  const found = container && (await readFile(services.sources[container], documentId, path));
  if (found === undefined)
    throw refusal('source.gone', `${path} is not in ${container ?? 'any container'}`, { documentId });
  return found;
}

/** S1: a row does not say which container its path is in, but its id was made with it. */
function containerOf(documentId: string, row: Row): 'landing' | 'imports' | undefined {
  const path = String(row.source_path);
  const inner = String(row.archive_path ?? '');
  return (['landing', 'imports'] as const).find(
    (name) =>
      idOf(name, path, inner) === documentId ||
      (inner.startsWith('#') && idOf(name, path, '', inner.slice(1)) === documentId),
  );
}

async function readFile(
  store: DecisionLake['services']['sources']['landing'],
  documentId: string,
  path: string,
): Promise<{ bytes: Buffer; etag: string } | undefined> {
  try {
    return await store.readIfExists(path, MAX_SOURCE_BYTES);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'extract.too-large') throw error;
    const message = `${path} in ${store.container} has more than ${MAX_SOURCE_BYTES} bytes`;
    throw refusal('source.too-large', message, { documentId });
  }
}

const refusal = (code: ErrorCode, message: string, ids: ErrorIds): TerminalError =>
  new TerminalError(code, message, { ids });

/** Listings and downloads do not agree on quotes. */
const bare = (etag: string): string => etag.replaceAll('"', '');

/** S3: `attachment` with the name in ASCII for old clients, and whole for the others. */
export function attachment(name: string): string {
  const clean = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '') // line ends; marks that reverse the text and so disguise an extension
    .replace(/["'\\/<>:|?*%;]/g, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  const short = shorten(clean === '' ? 'document' : clean);
  const ascii = short.replace(/[^\x20-\x7e]/gu, '_');
  const encoded = encodeURIComponent(short).replace(/[()!~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Whole characters are cut out before the ending, which says what the file is. */
function shorten(name: string): string {
  const chars = [...name];
  if (chars.length <= MAX_NAME_CHARS) return name;
  const ending = /\.[^. ]{1,12}$/u.exec(name)?.[0] ?? '';
  const stem = chars.slice(0, MAX_NAME_CHARS - [...ending].length).join('');
  return stem.replace(/[. ]+$/, '') + ending;
}
