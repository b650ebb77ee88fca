// Text of a page that nobody sees: painted with no ink, white on white, in the colour of what lies below, under what is painted later, beyond the edge of
// the page. It is in every text layer, and on no screen; some write there what only programs shall read.
// Invariants: U1 what is drawn decides: text in doubt is dropped only when the page looks the same without it. U2 invisible text over an image is
// what OCR wrote, and stays. U3 drawings are bounded for the document, what is in doubt beyond that stays.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { type Box, Clips } from './pdf-clips.ts';
import { drawArea, drawPage } from './pdf-layers.ts';
import { heapOf, type Raw, rawOf } from './pdfium-memory.ts';

const TEXT = 1;
const PATH = 2;
const IMAGE = 3;
/** Shadings and forms: what they paint is not looked at. */
const MAX_OBJECTS = 20_000;
// FPDFTextObj_GetTextRenderMode; below 0 for what is no text
const INVISIBLE = 3;
const CLIP_ONLY = 7;
const MAX_DRAWINGS = 40;
/** Letters drawn as outlines. */
const MANY_AREAS = 100;
const MAX_TRIED = 24;
/** Of a page that does not tell its size. */
const NO_EDGE = 1e9;

interface Painted extends Box {
  object: number;
  order: number;
  /** RGB as one number; undefined for images, shadings and forms, which have many. */
  colour: number | undefined;
  isOpaque: boolean;
  /** Outside of what it is clipped to. */
  isClipped: boolean;
}

export class UnseenText {
  #drawingsLeft = MAX_DRAWINGS;

  /** Switch off the text objects of a page that nobody sees: no text is read of them afterwards. */
  drop(m: WrappedPdfiumModule, page: number): void {
    const { texts, areas, inkless } = objectsOf(m, page);
    if (texts.length + inkless.length === 0) return;
    const edge = pageBox(m, page);
    for (const text of texts) if (isBeyond(text, edge) || text.isClipped) m.FPDFPageObj_SetIsActive(text.object, false);
    const images = areas.filter(({ colour }) => colour === undefined);
    // Text without ink is a layer where it is all there is, and where it is most beside what is drawn otherwise.
    const isLayer = texts.length === 0 || (inkless.length > texts.length && areas.length > MANY_AREAS);
    if (!isLayer)
      for (const text of inkless)
        if (!images.some((image) => isWithin(text, image, 0.5))) m.FPDFPageObj_SetIsActive(text.object, false);
    const doubtful: Painted[] = [];
    for (const text of texts) {
      const look = isBeyond(text, edge) ? 'seen' : lookOf(text, areas);
      if (look === 'unseen') m.FPDFPageObj_SetIsActive(text.object, false);
      else if (look === 'doubtful') doubtful.push(text);
    }
    if (doubtful.length > 0) this.#dropUnchanged(m, page, edge, doubtful);
  }

  #dropUnchanged(m: WrappedPdfiumModule, page: number, edge: Box, texts: readonly Painted[]): void {
    // Together where they are all unseen, or one by one.
    if (this.#isUnseen(m, page, edge, texts) || texts.length === 1) return;
    for (const text of texts.slice(0, MAX_TRIED)) this.#isUnseen(m, page, edge, [text]);
  }

  /** Does the page look the same without them? Then they stay switched off. */
  #isUnseen(m: WrappedPdfiumModule, page: number, edge: Box, texts: readonly Painted[]): boolean {
    if (this.#drawingsLeft <= 0) return false;
    this.#drawingsLeft -= 1;
    const draw = () => drawAround(m, page, edge, texts);
    const set = (isActive: boolean) => {
      for (const { object } of texts) m.FPDFPageObj_SetIsActive(object, isActive);
    };
    const whole = draw();
    set(false);
    if (whole !== undefined && draw()?.equals(whole) === true) return true;
    set(true);
    return false;
  }
}

/** What the page shows where these texts stand, and a little around them. */
function drawAround(m: WrappedPdfiumModule, page: number, edge: Box, texts: readonly Box[]): Buffer | undefined {
  // On a turned page the upper left is another corner.
  if (m.FPDFPage_GetRotation(page) !== 0 || edge.right >= NO_EDGE) return drawPage(m, page);
  const left = Math.max(edge.left, Math.min(...texts.map((text) => text.left)) - 2);
  const right = Math.min(edge.right, Math.max(...texts.map((text) => text.right)) + 2);
  const bottom = Math.max(edge.bottom, Math.min(...texts.map((text) => text.bottom)) - 2);
  const top = Math.min(edge.top, Math.max(...texts.map((text) => text.top)) + 2);
  return drawArea(m, page, { left: left - edge.left, top: edge.top - top, width: right - left, height: top - bottom });
}

/** Text with ink and without, and what is painted beside it, in the order of painting. */
function objectsOf(m: WrappedPdfiumModule, page: number): { texts: Painted[]; inkless: Painted[]; areas: Painted[] } {
  const raw = rawOf(m);
  const found = { texts: [] as Painted[], inkless: [] as Painted[], areas: [] as Painted[] };
  const count = Math.min(raw.FPDFPage_CountObjects!(page), MAX_OBJECTS); // the library's own exports
  const out = raw.malloc!(32);
  const clips = new Clips(m, raw, out);
  const results = new Results(m, out);
  for (let order = 0; order < count; order++) {
    const object = raw.FPDFPage_GetObject!(page, order);
    if (object === 0) continue;
    const mode = raw.FPDFTextObj_GetTextRenderMode!(object);
    const type = mode >= 0 ? TEXT : raw.FPDFPageObj_GetType!(object);
    if (type === TEXT) {
      const isInkless = mode === INVISIBLE || mode === CLIP_ONLY;
      const text = painted(results, raw, object, order, out, true);
      const clip = clips.of(object);
      text.isClipped = clip !== undefined && isBeyond(text, clip);
      (isInkless ? found.inkless : found.texts).push(text);
    } else if (type !== PATH)
      found.areas.push({ ...painted(results, raw, object, order, out, false), isOpaque: type === IMAGE });
    else if (raw.FPDFPath_GetDrawMode!(object, out + 16, out + 20) !== 0 && results.numbers[0] !== 0)
      found.areas.push(painted(results, raw, object, order, out, true));
  }
  raw.free!(out);
  return found;
}

/** Results of calls at `out`: four floats, then four whole numbers. The memory may move when it grows. */
class Results {
  readonly #m: WrappedPdfiumModule;
  readonly #out: number;
  #floats: Float32Array;
  #numbers: Int32Array;

  constructor(m: WrappedPdfiumModule, out: number) {
    this.#m = m;
    this.#out = out;
    const { buffer } = heapOf(m);
    this.#floats = new Float32Array(buffer, out, 4);
    this.#numbers = new Int32Array(buffer, out + 16, 4);
  }

  #renew(): void {
    // Memory that has moved leaves a view of nothing behind.
    if (this.#floats.length > 0) return;
    const { buffer } = heapOf(this.#m);
    this.#floats = new Float32Array(buffer, this.#out, 4);
    this.#numbers = new Int32Array(buffer, this.#out + 16, 4);
  }

  get floats(): Float32Array {
    this.#renew();
    return this.#floats;
  }

  get numbers(): Int32Array {
    this.#renew();
    return this.#numbers;
  }
}

function painted(results: Results, raw: Raw, object: number, order: number, out: number, hasColour: boolean): Painted {
  const hasBox = raw.FPDFPageObj_GetBounds!(object, out, out + 4, out + 8, out + 12) !== 0;
  const isColoured = hasColour && raw.FPDFPageObj_GetFillColor!(object, out + 16, out + 20, out + 24, out + 28) !== 0;
  const { floats, numbers } = results;
  return {
    object,
    order,
    left: hasBox ? floats[0]! : 0, // four of each
    bottom: hasBox ? floats[1]! : 0,
    right: hasBox ? floats[2]! : 0,
    top: hasBox ? floats[3]! : 0,
    colour: isColoured ? (numbers[0]! << 16) | (numbers[1]! << 8) | numbers[2]! : undefined,
    isOpaque: !isColoured || numbers[3]! > 250,
    isClipped: false,
  };
}

function pageBox(m: WrappedPdfiumModule, page: number): Box {
  const out = m.pdfium.wasmExports.malloc(16);
  const isKnown = m.FPDF_GetPageBoundingBox(page, out);
  const [left = 0, top = 0, right = 0, bottom = 0] = new Float32Array(heapOf(m).buffer, out, 4); // FS_RECTF
  m.pdfium.wasmExports.free(out);
  const everything = { left: -NO_EDGE, bottom: -NO_EDGE, right: NO_EDGE, top: NO_EDGE };
  return isKnown && right > left && top > bottom ? { left, bottom, right, top } : everything;
}

/** Does all of it stand beyond the edge? Text without a size is not judged. */
const isBeyond = (text: Box, edge: Box) =>
  (text.right > text.left || text.top > text.bottom) &&
  (text.right <= edge.left || text.left >= edge.right || text.top <= edge.bottom || text.bottom >= edge.top);

/** @param slack  points it may stand out */
const isWithin = (text: Box, area: Box, slack: number) =>
  text.left >= area.left - slack &&
  text.right <= area.right + slack &&
  text.bottom >= area.bottom - slack &&
  text.top <= area.top + slack;

const NEAR_WHITE = 0xf8;
const isWhite = (colour: number) =>
  colour >>> 16 >= NEAR_WHITE && ((colour >>> 8) & 0xff) >= NEAR_WHITE && (colour & 0xff) >= NEAR_WHITE;

/** White on the bare page is unseen; nearly transparent, in the colour of the ground, or below what is painted later: that is in doubt. */
function lookOf(text: Painted, areas: readonly Painted[]): 'seen' | 'unseen' | 'doubtful' {
  if (text.isClipped) return 'seen'; // dropped already
  if (!text.isOpaque) return 'doubtful';
  if (areas.length > MANY_AREAS * 10) return 'seen';
  if (areas.length === 0) return text.colour !== undefined && isWhite(text.colour) ? 'unseen' : 'seen';
  let ground: Painted | undefined;
  for (const area of areas) {
    if (!isWithin(text, area, 1)) continue;
    if (area.order > text.order && area.isOpaque) return 'doubtful';
    if (area.order < text.order) ground = area;
  }
  if (text.colour === undefined) return 'seen';
  if (ground === undefined)
    return isWhite(text.colour) && !areas.some((area) => touches(text, area)) ? 'unseen' : 'seen';
  return ground.colour !== undefined && distance(ground.colour, text.colour) < NEAR ? 'doubtful' : 'seen';
}

/** Colours that no eye tells apart. */
const NEAR = 12;
const touches = (a: Box, b: Box) => a.left < b.right && a.right > b.left && a.bottom < b.top && a.top > b.bottom;

/** Of two colours, in their largest part. */
const distance = (a: number, b: number) =>
  Math.max(
    Math.abs((a >>> 16) - (b >>> 16)),
    Math.abs(((a >>> 8) & 0xff) - ((b >>> 8) & 0xff)),
    Math.abs((a & 0xff) - (b & 0xff)),
  );
