// RFC 4180 records: quoted fields may hold separators, line breaks and doubled quotes.
// Invariants: V1 a quote that never closes spoils one record, not the rest of the file. V2 line is where the record starts, 1-based.

export interface CsvRecord {
  line: number;
  fields: string[];
  problem?: string;
}

export function* readCsv(text: string, separator = ','): Iterable<CsvRecord> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const record = readRecord(text, at, separator) ?? unclosed(text, at);
    const isBlank = record.fields.length === 1 && record.fields[0] === '' && record.problem === undefined;
    if (!isBlank) {
      const { fields, problem } = record;
      yield problem === undefined ? { line, fields } : { line, fields, problem };
    }
    line += countLines(text, at, record.end);
    at = record.end;
  }
}

interface Scanned {
  fields: string[];
  end: number;
  problem?: string;
}

/** The record at `from`; undefined when a quote never closes. */
function readRecord(text: string, from: number, separator: string): Scanned | undefined {
  const fields: string[] = [];
  let at = from;
  let problem: string | undefined;
  for (;;) {
    let field: string;
    if (text[at] === '"') {
      const quoted = readQuoted(text, at);
      if (quoted === undefined) return undefined;
      field = quoted.field;
      at = quoted.end;
      const stray = endOfPlain(text, at, separator);
      if (stray > at) problem = 'has text after a closing quote';
      at = stray;
    } else {
      const end = endOfPlain(text, at, separator);
      field = text.slice(at, end);
      at = end;
    }
    fields.push(field);
    if (text[at] === separator) {
      at++;
      continue;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    if (at < text.length) at++;
    return problem === undefined ? { fields, end: at } : { fields, end: at, problem };
  }
}

function readQuoted(text: string, from: number): { field: string; end: number } | undefined {
  let field = '';
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    field += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { field, end: quote + 1 };
    field += '"';
    at = quote + 2;
  }
}

function endOfPlain(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

function unclosed(text: string, from: number): Scanned {
  const end = text.indexOf('\n', from);
  return { fields: [], end: end < 0 ? text.length : end + 1, problem: 'has a quote that never closes' };
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) count++;
  }
  return count;
}
