// Plain text, Markdown, CSV, TSV, JSON, JSON Lines; XML, vCards and calendars by readers of their own.
import { TerminalError } from '../../errors.ts';
import { decodeText } from '../charset.ts';
import { MEDIA } from '../media-type.ts';
import { type EmbeddedFile, plain, type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { withoutArmour } from './armour.ts';
import { base64File, defaultFileName, isBase64 } from './base64.ts';
import { readCards } from './cards.ts';
import { takeUuencoded } from './uuencode.ts';

export async function readText(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { text } = await decodeText(bytes, xmlEncoding(bytes, context.mediaType));
  switch (context.mediaType) {
    case MEDIA.csv:
    case MEDIA.tsv:
      return plain(delimitedToText(text, context.limits.maxChars));
    case MEDIA.json:
    case MEDIA.jsonl:
      return jsonToText(text, context.limits);
    case MEDIA.xml:
      return await (await import('./xml.ts')).readXml(text, context);
    default: {
      const armour = withoutArmour(text);
      const { text: rest, files } = readCards(text) ?? takeUuencoded(armour.text);
      if (armour.encrypted > 0 && rest.trim() === '')
        throw new TerminalError('extract.encrypted', 'text: it is a message that only its recipient can read');
      const warnings = armour.encrypted > 0 ? [`text: ${armour.encrypted} encrypted part(s) were not read`] : [];
      return { ...plain(rest, warnings), embedded: files };
    }
  }
}

function xmlEncoding(bytes: Uint8Array, mediaType: string): string | undefined {
  if (mediaType !== MEDIA.xml) return undefined;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1');
  return /<\?xml[^>]*?encoding\s*=\s*["']([\w:-]+)/i.exec(head)?.[1];
}

/** Rows as lines, cells separated by tabs, quotes of RFC 4180 undone. The delimiter is the one that splits the first lines most evenly. */
export function delimitedToText(text: string, maxChars: number): string {
  // Excel's word for the delimiter, which it shows to nobody.
  const told = /^\ufeff?sep=([^\r\n"])\r?\n/i.exec(text.slice(0, 16));
  const delimiter = told?.[1] ?? guessDelimiter(text);
  if (delimiter === undefined) return text;
  const sink = new TextSink(maxChars);
  let at = told?.[0].length ?? 0;
  while (at < text.length) {
    if (text[at] === '"') {
      const end = closingQuote(text, at);
      if (end !== undefined) {
        sink.add(text.slice(at + 1, end).replaceAll('""', '"'));
        at = end + 1;
        continue;
      }
    }
    // A cell without quotes, or a quote that never closes: as it stands.
    let end = at;
    while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end += 1;
    sink.add(text.slice(at, end));
    if (end < text.length) sink.add(text[end] === '\n' ? '\n' : '\t');
    at = end + 1;
  }
  return sink.toString();
}

const MAX_CELL = 100_000;

function closingQuote(text: string, open: number): number | undefined {
  for (let at = text.indexOf('"', open + 1); at >= 0 && at - open < MAX_CELL; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return undefined;
}

function guessDelimiter(text: string): string | undefined {
  const lines = text
    .slice(0, 16_384)
    .split('\n')
    .slice(0, 20)
    .filter((line) => line.trim() !== '');
  let best: { delimiter: string; score: number } | undefined;
  for (const delimiter of [',', ';', '\t', '|', ':']) {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const usual = Math.max(...counts, 0);
    if (usual === 0) continue;
    const score =
      counts.filter((n) => n > 0).length / lines.length + counts.filter((n) => n === counts[0]).length / lines.length;
    if (best === undefined || score > best.score) best = { delimiter, score };
  }
  return best?.delimiter;
}

const MAX_JSON_DEPTH = 500;

/** Numbers that a double does not hold as they are written (identifiers of 17 digits and more, 0.10) as strings. */
function asWritten(json: string): string {
  if (!/\d{16}|\d\.\d*0(?!\d)|\d[eE]/.test(json)) return json;
  return json.replace(/"(?:[^"\\]|\\[\s\S])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token[0] === '"' || String(Number(token)) === token ? token : `"${token}"`,
  );
}

/** One `key: value` line per leaf; files in base64 as documents of their own; text that is no JSON stays as it is, with a warning. */
function jsonToText(text: string, limits: ReadContext['limits']): ReadText {
  const body = text.replace(/^\ufeff/, '');
  const whole = new JsonText(limits);
  try {
    whole.add('', JSON.parse(asWritten(body)), 0);
    return { ...plain(whole.toString()), embedded: whole.embedded };
  } catch (error) {
    if (error instanceof TerminalError) throw error; // a limit; a SyntaxError means JSON Lines, or no JSON
  }
  const lines = new JsonText(limits);
  let bad = 0;
  for (const line of body.split('\n')) {
    if (line.trim() === '') continue;
    try {
      lines.add('', JSON.parse(asWritten(line)), 0);
    } catch (error) {
      if (error instanceof TerminalError) throw error;
      bad += 1;
      lines.addLine(line);
    }
    lines.addLine('\n');
  }
  const warnings = bad > 0 ? [`json: ${bad} line(s) are not JSON and were kept as text`] : [];
  return { ...plain(lines.toString(), warnings), embedded: lines.embedded };
}

/** Keys beside a file that say what it is called, or of what kind it is. */
const NAME_KEY = /^(file_?name|name|title|document_?name|attachment_?name)$/i;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,/;

class JsonText {
  readonly embedded: EmbeddedFile[] = [];
  readonly #sink: TextSink;
  readonly #maxFiles: number;

  constructor({ maxChars, maxArchiveEntries }: ReadContext['limits']) {
    this.#sink = new TextSink(maxChars);
    this.#maxFiles = maxArchiveEntries;
  }

  toString(): string {
    return this.#sink.toString();
  }

  addLine(text: string): void {
    this.#sink.add(text);
  }

  /** @param name  what a file there is called, as its object says */
  add(key: string, value: unknown, depth: number, name?: string): void {
    if (depth > MAX_JSON_DEPTH)
      throw new TerminalError('extract.too-large', `json: at most ${MAX_JSON_DEPTH} levels are read`);
    if (Array.isArray(value)) for (const item of value) this.add(key, item, depth + 1, name);
    else if (typeof value === 'object' && value !== null) {
      if (key !== '') this.#sink.add(`${key}:\n`);
      const entries = Object.entries(value);
      const own = entries.find(([other, text]) => NAME_KEY.test(other) && typeof text === 'string')?.[1];
      for (const [other, item] of entries) this.add(other, item, depth + 1, own);
    } else if (value === null || (typeof value === 'string' && this.#takeFile(value, name))) return;
    else this.#sink.add(key === '' ? `${value}\n` : `${key}: ${value}\n`);
  }

  /** @returns is it no words? */
  #takeFile(value: string, name: string | undefined): boolean {
    const url = value.length < MIN_FILE_CHARS ? null : DATA_URL.exec(value.slice(0, 300));
    const packed = url === null ? value : value.slice(url[0].length);
    const bytes = base64File(packed, url !== null);
    if (bytes === undefined) return value.length >= MIN_FILE_CHARS && isBase64(packed);
    if (this.embedded.length < this.#maxFiles)
      this.embedded.push({ name: name?.trim() || defaultFileName(this.embedded.length, url?.[1]), bytes });
    return true;
  }
}

/** Shorter ones are identifiers and digests, which people search for. */
const MIN_FILE_CHARS = 100;
