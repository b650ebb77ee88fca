// What the objects of a PDF page are clipped to, as boxes.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { heapOf, type Raw } from './pdfium-memory.ts';

/** Points of the page, from its lower left. */
export interface Box {
  left: number;
  bottom: number;
  right: number;
  top: number;
}

const MAX_PATHS = 8;
const MAX_SEGMENTS = 64;

export class Clips {
  readonly #m: WrappedPdfiumModule;
  readonly #raw: Raw;
  /** Memory for two floats. */
  readonly #out: number;
  /** Neighbours share the points of their clip: the box is made once for them. */
  #known = 0;
  #paths = 0;
  #box: Box | undefined;

  constructor(m: WrappedPdfiumModule, raw: Raw, out: number) {
    this.#m = m;
    this.#raw = raw;
    this.#out = out;
  }

  /** Undefined where nothing is clipped, and for clips of many paths. */
  of(object: number): Box | undefined {
    const raw = this.#raw;
    const clip = raw.FPDFPageObj_GetClipPath!(object); // the library's own exports
    const paths = clip === 0 ? 0 : raw.FPDFClipPath_CountPaths!(clip);
    if (paths <= 0 || paths > MAX_PATHS) return undefined;
    const last = raw.FPDFClipPath_GetPathSegment!(clip, paths - 1, 0);
    if (last !== this.#known || paths !== this.#paths) {
      this.#known = last;
      this.#paths = paths;
      this.#box = this.#boxOf(clip, paths);
    }
    return this.#box;
  }

  /** What all paths have in common. */
  #boxOf(clip: number, paths: number): Box | undefined {
    let box: Box | undefined;
    for (let path = 0; path < paths; path++) {
      const segments = this.#raw.FPDFClipPath_CountPathSegments!(clip, path);
      if (segments <= 0 || segments > MAX_SEGMENTS) continue;
      const own = this.#boxOfPath(clip, path, segments);
      box = box === undefined ? own : common(box, own);
    }
    return box;
  }

  #boxOfPath(clip: number, path: number, segments: number): Box {
    const raw = this.#raw;
    const box = { left: 1e9, bottom: 1e9, right: -1e9, top: -1e9 };
    for (let i = 0; i < segments; i++) {
      raw.FPDFPathSegment_GetPoint!(raw.FPDFClipPath_GetPathSegment!(clip, path, i), this.#out, this.#out + 4);
      const [x = 0, y = 0] = new Float32Array(heapOf(this.#m).buffer, this.#out, 2);
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.bottom = Math.min(box.bottom, y);
      box.top = Math.max(box.top, y);
    }
    return box;
  }
}

const common = (a: Box, b: Box): Box => ({
  left: Math.max(a.left, b.left),
  right: Math.min(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
  top: Math.min(a.top, b.top),
});
