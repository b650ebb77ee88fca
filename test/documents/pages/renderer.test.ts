import { crc32, deflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { MAX_WAITING } from '../../../shared/documents/pages/limits.ts';
import { encodePng } from '../../../shared/documents/pages/png.ts';
import type { PageContent } from '../../../shared/documents/pages/protocol.ts';
import { PageRenderer } from '../../../shared/documents/pages/renderer.ts';
import { sha256Hex } from '../../../shared/ids.ts';
import { silentLogger } from '../../../shared/ports.ts';
import { pdf, zip } from '../fixtures.ts';
import { decodePng } from './decode-png.ts';

// One process for all tests that do not end it.
const pages = new PageRenderer({ logger: silentLogger, slots: 1 });
afterAll(() => pages.close());

/** A file, or a member of it. */
function source(bytes: Uint8Array, given: { inner?: Uint8Array; archivePath?: string; name?: string } = {}) {
  const { inner = bytes, archivePath = '', name = 'a' } = given;
  const counted = {
    loads: 0,
    key: sha256Hex(Buffer.concat([inner, Buffer.from(archivePath)])),
    async load(): Promise<PageContent> {
      counted.loads++;
      return { kind: 'file', name, archivePath, contentSha256: sha256Hex(inner), bytes };
    },
  };
  return counted;
}

const isDark = (pixel: number) => (pixel & 0xff) < 100;
const chunk = (name: string, data: Buffer) => ({ name, data });

describe('pages', () => {
  test('a page of a PDF is drawn with its words where they stand in the picture', async () => {
    const drawn = await pages.draw(source(pdf(['Invoice 4711', 'second page'])), 1, 1000);
    expect(drawn).toMatchObject({ kind: 'pdf', pages: 2, text: expect.stringContaining('Invoice 4711') });
    const { width, height, pixels } = decodePng(drawn.png);
    expect([width, drawn.height]).toEqual([1000, Math.round((1000 * height) / width)]);
    const words = drawn.words.map(([from, to]) => drawn.text.slice(from, to));
    expect(words).toEqual(['Invoice', '4711']);
    // Ink stands in the boxes and nowhere else.
    const scale = width / 1000;
    const inBox = (x: number, y: number) =>
      drawn.words.some(
        ([, , left, top, w, h]) =>
          x >= (left - 4) * scale &&
          x <= (left + w + 4) * scale &&
          y >= (top - 4) * scale &&
          y <= (top + h + 4) * scale,
      );
    const ink = [...pixels.keys()].filter((i) => isDark(pixels[i] ?? 0xff));
    expect(ink.length).toBeGreaterThan(20);
    expect(ink.filter((i) => !inBox(i % width, Math.floor(i / width)))).toEqual([]);
  });

  test('words of an image are read where that is asked, with boxes where its ink is', async () => {
    const reading = new PageRenderer({ logger: silentLogger, slots: 1, ocr: 'local' });
    try {
      const { png } = await reading.draw(source(pdf(['Invoice 4711'])), 1, 1000);
      const scan = source(Buffer.from(png));
      expect(await reading.draw(scan, 1, 240)).toMatchObject({ kind: 'image', isRead: false, words: [] });
      const drawn = await reading.draw(scan, 1, 240, true);
      expect([drawn.text.trim(), drawn.isRead]).toEqual(['Invoice 4711', true]);
      const { words } = await pages.draw(source(pdf(['Invoice 4711'])), 1, 1000);
      for (const [i, [, , x, y, width]] of words.entries()) {
        const seen = drawn.words[i] ?? [];
        expect(
          Math.abs((seen[2] ?? 0) - x) + Math.abs((seen[3] ?? 0) - y) + Math.abs((seen[4] ?? 0) - width),
        ).toBeLessThan(25);
      }
    } finally {
      await reading.close();
    }
  });

  test('a document is fetched once for all its pages, and what is asked for twice at once is drawn once', async () => {
    const document = source(pdf(['one', 'two', 'three']));
    const drawn = await Promise.all([1, 2, 2, 3].map((page) => pages.draw(document, page, 240)));
    expect(drawn.map(({ text }) => text.trim())).toEqual(['one', 'two', 'two', 'three']);
    expect(drawn[1]).toBe(drawn[2]);
    expect(document.loads).toBe(1);
  });

  test('an image is made smaller by the mean of what falls together, and never larger', async () => {
    const striped = Uint32Array.from({ length: 400 * 10 }, (_, i) => (i % 2 === 0 ? 0x000000 : 0xffffff));
    const png = encodePng({ width: 400, height: 10, pixels: striped });
    const small = await pages.draw(source(png), 1, 200);
    expect(small).toMatchObject({ kind: 'image', pages: 1, height: 25, words: [] });
    const { pixels } = decodePng(small.png);
    expect(new Set(pixels)).toEqual(new Set([0x808080]));
    const whole = decodePng((await pages.draw(source(png), 1, 2000)).png);
    expect(whole.width).toBe(400);
    expect([...whole.pixels.subarray(0, 4)]).toEqual([0, 0xffffff, 0, 0xffffff]);
  });

  test('a text is set as pages, with the places of its words', async () => {
    const text = `Grüße, Привет\n${'line\n'.repeat(80)}`;
    const document = { key: 'text', load: async (): Promise<PageContent> => ({ kind: 'text', text }) };
    const drawn = await pages.draw(document, 1, 1000);
    expect(drawn).toMatchObject({ kind: 'text', pages: 2, height: 1415 });
    expect(drawn.text.startsWith('Grüße, Привет\nline\nline')).toBe(true);
    const { width, pixels } = decodePng(drawn.png);
    const [, , left = 0, top = 0, across = 0, down = 0] = drawn.words[1] ?? [];
    const ink = (x0: number, x1: number) =>
      [...pixels.keys()].filter((i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return isDark(pixels[i] ?? 0xff) && y >= top && y < top + down && x >= x0 && x < x1;
      }).length;
    expect(ink(left, left + across)).toBeGreaterThan(50);
    expect(ink(left + across + 2, width)).toBe(0);
  });

  test('what is transparent is paper', async () => {
    const row = Buffer.from([0, 255, 0, 0, 255, 255, 0, 0, 0]); // red; the same, clear
    const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, 8, 6, 0, 0, 0]);
    const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(row)), chunk('IEND', Buffer.alloc(0))];
    const { pixels } = decodePng((await pages.draw(source(rgbaPng(chunks)), 1, 240)).png);
    expect([...pixels]).toEqual([0xff0000, 0xffffff]);
  });

  test('a member of an archive in an archive is found by its path', async () => {
    const letter = pdf(['inside']);
    const outer = zip([
      { name: 'other.pdf', content: pdf(['beside']) },
      { name: 'deep.zip', content: zip([{ name: 'letters/a.pdf', content: letter }]) },
    ]);
    const drawn = await pages.draw(source(outer, { inner: letter, archivePath: 'deep.zip!/letters/a.pdf' }), 1, 240);
    expect(drawn.text.trim()).toBe('inside');
  });

  test.each([
    ['a page that is not there', source(pdf(['one'])), 2, 'page.not-found'],
    ['a damaged file', source(Buffer.from('%PDF-1.7 and no more')), 1, 'extract.corrupt'],
    ['a file that was replaced', source(pdf(['new']), { inner: pdf(['old']) }), 1, 'source.changed'],
    ['a member that is gone', source(zip([{ name: 'a', content: 'a' }]), { archivePath: 'b' }), 1, 'source.changed'],
    ['a format without pages', source(Buffer.from('plain')), 1, 'page.no-picture'],
    ['an image of too many pixels', source(pngOf(40_000, 40_000)), 1, 'extract.too-large'],
    ['an image that ends early', source(pngOf(40, 40)), 1, 'extract.corrupt'],
  ])('%s is refused with its code, and the next page is drawn', async (_, refused, page, code) => {
    await expect(pages.draw(refused, page, 240)).rejects.toMatchObject({ code });
    expect((await pages.draw(source(pdf(['next'])), 1, 240)).text.trim()).toBe('next');
  });

  test('a process that is killed costs the page it draws, not those that wait', async () => {
    let begun = () => {};
    const ready = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const stuck = { key: 'stuck', load: () => new Promise<PageContent>(() => begun()) };
    const first = pages.draw(stuck, 1, 240);
    const second = pages.draw(source(pdf(['after'])), 1, 240);
    await ready;
    for (const pid of pages.pids) process.kill(pid, 'SIGKILL');
    await expect(first).rejects.toMatchObject({ code: 'extract.crashed' });
    expect((await second).text.trim()).toBe('after');
  });

  test('a process that was started ahead draws what comes first; no second one is started for it', async () => {
    const ahead = new PageRenderer({ logger: silentLogger, slots: 2 });
    ahead.warm();
    ahead.warm();
    const [pid] = ahead.pids;
    const drawn = await ahead.draw(source(pdf(['first'])), 1, 240);
    expect(drawn.text.trim()).toBe('first');
    expect(ahead.pids).toEqual([pid]);
    await ahead.close();
  });

  test('more requests than may wait are refused as busy', async () => {
    const never = (key: string) => ({ key, load: () => new Promise<PageContent>(() => {}) });
    const pages = new PageRenderer({ logger: silentLogger, slots: 1 });
    const asked = Array.from({ length: MAX_WAITING + 2 }, (_, i) => pages.draw(never(String(i)), 1, 240));
    const ends = asked.map((one) => one.catch((error: { code?: string; message: string }) => error.code ?? 'closed'));
    expect(await ends.at(-1)).toBe('page.busy');
    await pages.close();
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['extract.crashed', 'closed', 'page.busy']));
  });
});

/** A PNG of chunks, sums included. */
function rgbaPng(chunks: readonly { name: string; data: Buffer }[]): Buffer {
  const whole = encodePng({ width: 1, height: 1, pixels: new Uint32Array(1) }).subarray(0, 8);
  return Buffer.concat([
    whole,
    ...chunks.map(({ name, data }) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(data.length);
      head.write(name, 4, 'latin1');
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
      return Buffer.concat([head, data, sum]);
    }),
  ]);
}

/** A PNG whose header promises pixels that never come. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return rgbaPng([chunk('IHDR', header)]);
}
