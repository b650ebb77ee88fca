import { afterEach, describe, expect, test, vi } from 'vitest';
import { answer, note, print, printFile } from '../../cli/console.ts';
import { printable, printableJson, printableLine } from '../../cli/printable.ts';
import fc from '../fakes/property.ts';

const ACTING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
/** Texts of which many characters act on a terminal. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\x1b',
      '\x9b',
      '\x07',
      '\r',
      '\b',
      '\u202e',
      '\u2066',
      '\u200e',
      '\u2028',
      '\ufeff',
      '\u{e0041}',
      '[',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 40,
});

describe('text of others', () => {
  test('nothing in it acts on the terminal; line breaks and tabs stay where a text has lines', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(printable(text)).not.toMatch(ACTING);
        expect(printableLine(text)).not.toMatch(/[\n\t]/);
        expect(printableLine(text)).not.toMatch(ACTING);
      }),
    );
    expect(printable('a\r\n\tb')).toBe('a\n\tb');
  });

  test('joiners stay between letters that need them, and nowhere else', () => {
    expect(printableLine('نامه\u200cها.pdf')).toBe('نامه\u200cها.pdf');
    expect(printableLine('👩\u200d👧.txt')).toBe('👩\u200d👧.txt');
    expect(printableLine('in\u200dvoice.pdf')).toBe('in�voice.pdf');
  });

  test('JSON has the same meaning and none of those characters', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = printableJson({ [text]: [text] });
        expect(json).not.toMatch(ACTING);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [text]: [text] })));
      }),
    );
  });
});

describe('what is printed', () => {
  afterEach(() => void vi.restoreAllMocks());
  const listen = (stream: NodeJS.WriteStream): (() => string) => {
    const spy = vi.spyOn(stream, 'write').mockReturnValue(true);
    return () => spy.mock.calls.map(([text]) => String(text)).join('');
  };
  const NAME = 'a\x1b]0;title\x07\x1b[8m\u202efdp.exe';

  test('notes and results show a hostile name without its effect', () => {
    const [stdout, stderr] = [listen(process.stdout), listen(process.stderr)];
    note(NAME);
    print(NAME);
    answer({ json: true }, { NAME }, () => '');
    expect(stdout() + stderr()).not.toMatch(ACTING);
    expect(JSON.parse(stdout().split('\n')[1] ?? '')).toEqual({ NAME });
  });

  test('a name that holds a style of our own ends with its line', () => {
    const stderr = listen(process.stderr);
    note('\x1b[33mname');
    expect(stderr()).toBe('\x1b[33mname\x1b[0m\n');
  });

  test('a file on stdout is as it is for programs, and waits for a slow reader', async () => {
    const written: unknown[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
      written.push(part);
      setImmediate(() => process.stdout.emit('drain'));
      return false;
    });
    let given = 0;
    await printFile(
      (async function* () {
        for (const part of [Buffer.from('\x1b'), Buffer.from('b')]) {
          expect(written).toHaveLength(given++);
          yield part;
        }
      })(),
    );
    expect(written).toEqual([Buffer.from('\x1b'), Buffer.from('b')]);
  });
});
