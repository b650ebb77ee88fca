// What a cell shows of its value in a number format, in workbooks that we read ourselves. Formats beyond the plain ones (plain-format.ts) are shown by
// the workbook library, which is loaded when the first of them is met.
// Source: ECMA-376 part 1, 18.8.30 (numFmt, with the formats that files do not write out).
import { kindOfFormat, shownNumber } from './cell-text.ts';
import { generalNumber, plainFormat, plainTextFormat, signed } from './plain-format.ts';

/** Formats that a file names by their number only; East Asian ones as the date or time that they are. */
const BUILT_IN: Readonly<Record<number, string>> = {
  0: 'General',
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  5: '"$"#,##0_);\\("$"#,##0\\)',
  6: '"$"#,##0_);[Red]\\("$"#,##0\\)',
  7: '"$"#,##0.00_);\\("$"#,##0.00\\)',
  8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)',
  9: '0%',
  10: '0.00%',
  11: '0.00E+00',
  12: '# ?/?',
  13: '# ??/??',
  14: 'm/d/yy',
  15: 'd-mmm-yy',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm AM/PM',
  19: 'h:mm:ss AM/PM',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'm/d/yy h:mm',
  37: '#,##0 ;(#,##0)',
  38: '#,##0 ;[Red](#,##0)',
  39: '#,##0.00;(#,##0.00)',
  40: '#,##0.00;[Red](#,##0.00)',
  41: '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)',
  42: '_("$"* #,##0_);_("$"* \\(#,##0\\);_("$"* "-"_);_(@_)',
  43: '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
  44: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  47: 'mmss.0',
  48: '##0.0E+0',
  49: '@',
};
const isEasternTime = (id: number) => id >= 32 && id <= 35;
const isEasternDate = (id: number) => (id >= 27 && id <= 36) || (id >= 50 && id <= 58);

/** @param id  of a format that the file does not write out */
export function builtInFormat(id: number): string {
  return BUILT_IN[id] ?? (isEasternTime(id) ? 'h:mm:ss' : isEasternDate(id) ? 'm/d/yy' : 'General');
}

interface Formatter {
  format(format: string, value: number | string | boolean, options: { date1904: boolean }): string;
}

/** A format, looked at once for all its cells. */
interface KnownFormat {
  code: string;
  plain: ((value: number) => string) | undefined;
  /** Does it add to texts, or hide them? */
  isForText: boolean;
  plainText: ((text: string) => string) | undefined;
  /** What was shown of numbers; few of them are many cells' in columns of dates. */
  shown: Map<number, string>;
}

const MAX_SHOWN = 2000;

/** Formats of one workbook, by the number of the cell format. */
export class NumberFormats {
  readonly #formats: readonly KnownFormat[];
  readonly #formatter: Formatter | undefined;
  readonly #is1904: boolean;

  private constructor(formats: readonly KnownFormat[], is1904: boolean, formatter: Formatter | undefined) {
    this.#formats = formats;
    this.#is1904 = is1904;
    this.#formatter = formatter;
  }

  /** @param codes  of the cell formats: the library is loaded only where one needs it */
  static async open(codes: readonly string[], is1904: boolean): Promise<NumberFormats> {
    const known = new Map<string, KnownFormat>();
    for (const code of ['General', ...codes]) {
      if (known.has(code)) continue;
      const plainText = plainTextFormat(code);
      const isForText = isTextFormat(code) && plainText?.('@').trim() !== '@';
      known.set(code, { code, plain: plainFormat(code), isForText, plainText, shown: new Map() });
    }
    const formats = codes.map((code) => known.get(code)!); // set above
    if (
      [...known.values()].every(
        (format) => format.plain !== undefined && (!format.isForText || format.plainText !== undefined),
      )
    )
      return new NumberFormats(formats, is1904, undefined);
    const { SSF } = await import('@e965/xlsx');
    return new NumberFormats(formats, is1904, SSF as unknown as Formatter); // its types know no formats by text
  }

  code(style: number): string {
    return this.#formats[style]?.code ?? 'General';
  }

  number(value: number, style: number): string {
    if (!Number.isFinite(value)) return '';
    const format = this.#formats[style];
    if (format === undefined || format.code === 'General')
      return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(value) : generalNumber(value);
    const known = format.shown.get(value);
    if (known !== undefined) return known;
    // Balances of hours: programs show them, the library shows nothing.
    if (value < 0 && /^(time|elapsed)$/.test(kindOfFormat(format.code))) return `-${this.number(-value, style)}`;
    const shown = format.plain?.(value) ?? this.#shownNumber(value, format.code);
    const text = shownNumber(value, format.code, shown, this.#is1904).replace(/\s+/g, ' ').trim();
    if (format.shown.size < MAX_SHOWN) format.shown.set(value, text);
    return text;
  }

  /** The serial number of an ISO date or time; undefined of anything else. */
  serialOf(text: string): number | undefined {
    const [, year, month, day, hour = '0', minute = '0', second = '0'] = ISO.exec(text) ?? [];
    if (hour === '0' && year === undefined) return undefined;
    const clock = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) / 86_400;
    if (year === undefined) return clock;
    const days = (Date.UTC(Number(year), Number(month) - 1, Number(day)) - Date.UTC(1899, 11, 30)) / 86_400_000;
    // Serial 60 is the 29 February 1900 that never was.
    return clock + (this.#is1904 ? days - 1462 : days <= 60 ? days - 1 : days);
  }

  /** Formats may add to a text, or hide it. */
  text(value: string, style: number): string {
    const format = this.#formats[style];
    if (format?.isForText !== true) return value;
    return format.plainText?.(value) ?? this.#shown(value, format.code) ?? value;
  }

  /** A section for all numbers shows those below zero behind a minus: the library may lose it, or write it before zeros. */
  #shownNumber(value: number, format: string): string | undefined {
    if (value >= 0 || kindOfFormat(format) !== 'number') return this.#shown(value, format);
    if (!format.includes(';')) {
      const size = this.#shown(-value, format);
      return size === undefined ? undefined : signed(size);
    }
    const shown = this.#shown(value, format);
    return shown === undefined || /^\s*-/.test(shown) || !BELOW.test(format) ? shown : signed(shown);
  }

  /** Undefined for what the library does not know. */
  #shown(value: number | string, format: string): string | undefined {
    try {
      return this.#formatter?.format(withCurrency(format), value, { date1904: this.#is1904 });
    } catch {
      return undefined;
    }
  }
}

/** The library shows a dollar for a language without a currency, `[$-407]`, in formats of numbers. */
const withCurrency = (format: string) =>
  format.includes('[$') && kindOfFormat(format) === 'number'
    ? format.replace(/\[\$([^\]"-]*)(?:-[\da-f]+)?\]/gi, (_whole, currency: string) =>
        currency === '' ? '' : `"${currency}"`,
      )
    : format;

/** A first section for what is below a number that is positive. */
const BELOW = /^(?:\[[^\]<>=]{0,20}\])*\[<=?0*(?:[1-9]|\.0*[1-9])/;

const ISO = /^(?:(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ]|$))?(?:(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?Z?)?$/;

/** A section for texts: the fourth, or the last with its sign. */
const isTextFormat = (format: string) => format !== '@' && (format.includes('@') || format.split(';').length > 3);
