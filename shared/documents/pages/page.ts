// What a page of a document looks like: its picture, and where the words of it stand. Shapes that renderers, the host and the API share.

/** Pixels row by row, 0xRRGGBB each; the highest byte says nothing. */
export interface Bitmap {
  width: number;
  height: number;
  pixels: Uint32Array;
}

/** Units across a page in the boxes of words, whatever its size; as many down as its shape gives. */
export const UNITS_ACROSS = 1000;

/** From and to in the page's text; left, top, width and height of the box around it, in units. */
export type WordBox = readonly [from: number, to: number, x: number, y: number, width: number, height: number];

/** Text of a page in reading order with its words' boxes; both empty where the page is an image. */
export interface PageWords {
  text: string;
  words: WordBox[];
}

/** What the picture was drawn from: the page itself, the image, or the text that was read from the document. */
export type PageKind = 'pdf' | 'image' | 'text';

export interface DrawnPage extends PageWords {
  kind: PageKind;
  /** Pages of the document. */
  pages: number;
  /** Units down. */
  height: number;
  /** Nothing more can be known of the words: false for an image that was not looked at for them. */
  isRead: boolean;
  png: Uint8Array;
}

/** A document open for drawing. */
export interface OpenPages {
  kind: PageKind;
  pages: number;
  /**
   * @param index    from 0, below `pages`
   * @param widthPx  pixels across; fewer where the page is long, or an image has not so many
   * @throws {TerminalError} extract.corrupt for a page that cannot be drawn
   */
  draw(index: number, widthPx: number): Promise<{ bitmap: Bitmap; words: PageWords }>;
  close(): void;
}

/** Units down of a picture. */
export const unitsDown = ({ width, height }: Pick<Bitmap, 'width' | 'height'>): number =>
  Math.max(1, Math.round((UNITS_ACROSS * height) / width));
