// Charts of Office packages, the older kind (c:) and that of waterfalls and treemaps (cx:): titles, names, and the values that are kept with them, as their
// axis shows them: a date is no serial number, a share no long fraction.
// Source: ECMA-376 part 1, 21.2 (charts); [MS-ODRAWXML] 2.24 (chartex).
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import type { TextSink } from '../reading.ts';
import { cellText } from './cell-text.ts';

const NUMBERS = new Set(['numCache', 'numLit', 'numDim']);

/** @param titlesOnly  for the charts of a workbook, whose values stand in its cells */
export async function addChartText(
  parts: PackageParts,
  part: string,
  sink: TextSink,
  titlesOnly = false,
): Promise<void> {
  const shown = await valueFormat(parts, part);
  const stack: string[] = [];
  let format = 'General';
  let text = '';
  await parts.xml(part, {
    looksAt: new Set(['lvl']),
    open(name, attributes) {
      stack.push(name);
      if (name === 'formatCode' || name === 'v' || name === 'pt' || name === 't') text = '';
      if (name === 'numCache' || name === 'numLit') format = 'General';
      else if (name === 'lvl') format = attribute(attributes, 'formatCode') ?? 'General';
    },
    text(piece) {
      const name = stack.at(-1);
      if (name === 't') sink.add(piece);
      else if (name === 'v' || name === 'pt' || name === 'formatCode') text += piece;
    },
    close(name) {
      stack.pop();
      const parent = stack.at(-1);
      if (name === 'formatCode') format = text.trim() || 'General';
      else if (name === 'p') sink.breakLine();
      // The name of a series in a workbook is a cell; one that was typed in is none.
      else if (name === 'v' && (parent === 'tx' || parent === 'txData')) sink.add(`${text}\n`);
      else if (!titlesOnly && text !== '' && (name === 'v' ? parent === 'pt' : name === 'pt' && parent === 'lvl')) {
        sink.add(`${stack.some((element) => NUMBERS.has(element)) ? shown(text, format) : text}\n`);
        text = '';
      }
    },
  });
  sink.breakLine();
}

/** Loaded when a chart has numbers in a format. */
async function valueFormat(parts: PackageParts, part: string): Promise<(text: string, format: string) => string> {
  const content = await parts.bytes(part);
  if (content === undefined || !content.includes('ormatCode')) return (text) => text;
  const { SSF } = await import('@e965/xlsx');
  const is1904 = /date1904[^>]*val="(1|true)"/.test(content.toString('latin1'));
  return (text, format) => {
    const v = Number(text);
    if (text.trim() === '' || !Number.isFinite(v) || format === 'General') return text;
    const w = shownBy(SSF as Formatter, format, v);
    return cellText({ t: 'n', v, z: format, ...(w === undefined ? {} : { w }) }, is1904) || text;
  };
}

interface Formatter {
  format(format: string, value: number): string;
}

/** Undefined for the formats that the library does not know. */
function shownBy(formatter: Formatter, format: string, value: number): string | undefined {
  try {
    const shown = formatter.format(format, value);
    return shown === String(value) ? undefined : shown;
  } catch {
    return undefined;
  }
}
