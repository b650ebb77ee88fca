// Pictures of pages, drawn in processes with limits that nobody else waits for.
// Invariants: R1 a page that hangs, crashes or eats memory costs its process and its own request, nothing else. R2 what is asked for twice at
// once is drawn once. R3 no more requests wait than MAX_WAITING. R4 the content of a document is fetched and handed over once while a process holds it.
import { RetryableError, TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { Logger } from '../../ports.ts';
import type { ExtractLimits } from '../limits.ts';
import { codeOfEnd } from '../outcome.ts';
import { Slot, type SlotEnd } from '../slot.ts';
import { drawingLimits, MAX_WAITING } from './limits.ts';
import type { DrawnPage } from './page.ts';
import type { DrawAnswer, DrawRequest, PageContent } from './protocol.ts';

/** What to draw. */
export interface PageSource {
  /** Of equal keys the content is equal. */
  key: string;
  /** Asked when no process holds the document. */
  load(): Promise<PageContent>;
}

/** Two lines of text and a rule; the smallest page that makes PDFium load what pages need. */
const PAGE = Buffer.from(
  `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R/G 6 0 R>>>>>>endobj
4 0 obj<</Length 112>>stream
0.2 0.2 0.5 rg BT /F 11 Tf 60 780 Td (Sluice draws pages.) Tj /G 16 Tf 0 -40 Td (123) Tj ET 60 700 m 500 700 l S
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>endobj
6 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>endobj
trailer<</Root 1 0 R>>
%%EOF`,
);
const WARMING: PageSource = {
  key: 'warming',
  load: async () => ({ kind: 'file', name: '', archivePath: '', contentSha256: sha256Hex(PAGE), bytes: PAGE }),
};

interface Job {
  source: PageSource;
  page: number;
  widthPx: number;
  readsImage: boolean;
  resolve(page: DrawnPage): void;
  reject(reason: unknown): void;
}

interface Drawer {
  slot: Slot<DrawRequest, DrawAnswer>;
  job: Job | undefined;
  /** Key of the document it holds. */
  holds: string | undefined;
  served: number;
}

interface RendererOptions {
  limits?: Partial<ExtractLimits>;
  slots?: number;
  ocr?: 'off' | 'local';
  logger: Logger;
}

export class PageRenderer {
  readonly #limits: ExtractLimits;
  readonly #maxDrawers: number;
  readonly #ocr: 'off' | 'local';
  readonly #logger: Logger;
  readonly #waiting: Job[] = [];
  readonly #underWay = new Map<string, Promise<DrawnPage>>();
  #drawers: Drawer[] = [];
  #nextId = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param slots  processes at most; they start with the first page @param ocr  whether words are looked for on images, where that is asked */
  constructor({ limits, slots = 2, ocr = 'off', logger }: RendererOptions) {
    this.#limits = drawingLimits(limits);
    this.#ocr = ocr;
    this.#maxDrawers = slots;
    this.#logger = logger;
  }

  /**
   * Draw a page.
   * @param page     from 1
   * @param widthPx  pixels across at most
   * @param readsImage  look for words where the page is an image; takes seconds
   * @throws {SluiceError} page.not-found, page.no-picture, page.busy, source.changed, extract.* when it cannot be drawn; what `load` throws
   */
  draw(source: PageSource, page: number, widthPx: number, readsImage = false): Promise<DrawnPage> {
    const name = JSON.stringify([source.key, page, widthPx, readsImage]);
    const known = this.#underWay.get(name); // R2
    if (known !== undefined) return known;
    if (this.#isClosed) return Promise.reject(new Error('pages: the renderer is closed'));
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(new RetryableError('page.busy', `pages: ${MAX_WAITING} requests wait already`)); // R3
    const drawn = new Promise<DrawnPage>((resolve, reject) => {
      this.#waiting.push({ source, page, widthPx, readsImage, resolve, reject });
    }).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, drawn);
    this.#pump();
    return drawn;
  }

  /** Somebody is about to look: where no process runs, start one and let it draw a page of ours, after which a page takes a tenth of the first's time. */
  warm(): void {
    if (this.#drawers.length > 0 || this.#waiting.length > 0 || this.#isClosed) return;
    this.draw(WARMING, 1, 1000).catch(() => {}); // a page that is wanted tells what is wrong
  }

  /** Process ids of the processes alive, for watching their memory. */
  get pids(): number[] {
    return this.#drawers.flatMap(({ slot }) => slot.pid ?? []);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    const closed = () => new Error('pages: the renderer was closed');
    for (const job of this.#waiting.splice(0)) job.reject(closed());
    await Promise.all(this.#drawers.map(({ slot }) => slot.end()));
  }

  #pump(): void {
    clearTimeout(this.#idleTimer);
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const picked = this.#pick();
      if (picked === undefined) break;
      const [job] = this.#waiting.splice(picked.at, 1);
      void this.#hand(picked.drawer, job!); // at is below the length
    }
    if (this.#drawers.length > 0 && this.#drawers.every(({ job }) => job === undefined)) {
      this.#idleTimer = setTimeout(() => this.#retireIdle(), this.#limits.idleMs);
      this.#idleTimer.unref();
    }
  }

  /** An idle process with the request that suits it: one for the document it holds before the one that waits longest. */
  #pick(): { drawer: Drawer; at: number } | undefined {
    const idle = this.#drawers.filter(({ job }) => job === undefined);
    for (const drawer of idle) {
      const at = this.#waiting.findIndex(({ source }) => source.key === drawer.holds);
      if (at >= 0) return { drawer, at };
    }
    if (idle.length === 0 && this.#drawers.some(({ job }) => job?.source === WARMING)) return undefined; // sooner ready than another
    const drawer = idle[0] ?? (this.#drawers.length < this.#maxDrawers ? this.#start() : undefined);
    return drawer === undefined ? undefined : { drawer, at: 0 };
  }

  #start(): Drawer {
    const drawer: Drawer = {
      job: undefined,
      holds: undefined,
      served: 0,
      slot: new Slot(
        './pages/page-process',
        { limits: this.#limits, ocr: this.#ocr },
        {
          message: (message: DrawAnswer) => this.#onMessage(drawer, message),
          end: (end) => this.#onEnd(drawer, end),
        },
      ),
    };
    this.#drawers.push(drawer);
    return drawer;
  }

  async #hand(drawer: Drawer, job: Job): Promise<void> {
    drawer.job = job;
    const { source, page, widthPx, readsImage } = job;
    try {
      const content = drawer.holds === source.key ? undefined : await source.load(); // R4
      if (drawer.job !== job) return; // its process has ended meanwhile, and with it the request
      drawer.holds = source.key;
      const request: DrawRequest = { kind: 'draw', id: this.#nextId++, key: source.key, page, widthPx, readsImage };
      const deadlineMs = performance.now() + this.#limits.archiveTimeoutMs;
      drawer.slot.read(content === undefined ? request : { ...request, content }, deadlineMs);
    } catch (error) {
      this.#settle(drawer);
      job.reject(error);
    }
  }

  #onMessage(drawer: Drawer, message: DrawAnswer): void {
    const { job } = drawer;
    if (job === undefined || (message.kind !== 'drawn' && message.kind !== 'refused')) return;
    if (message.kind === 'refused') drawer.holds = undefined; // it may not have been opened
    drawer.served++;
    const { recycleAfter, recycleMemoryBytes } = this.#limits;
    if (drawer.served >= recycleAfter || message.rssBytes > recycleMemoryBytes) this.#retire(drawer);
    this.#settle(drawer);
    if (job.readsImage) this.warm(); // whoever read an image is too large to stay, and the next page is looked at soon
    if (message.kind === 'drawn') job.resolve(message.drawn);
    else job.reject(new TerminalError(message.code, message.message));
  }

  #settle(drawer: Drawer): void {
    drawer.job = undefined;
    drawer.slot.idle();
    this.#pump();
  }

  #retire(drawer: Drawer): void {
    this.#drawers = this.#drawers.filter((one) => one !== drawer);
    void drawer.slot.end();
  }

  #retireIdle(): void {
    for (const drawer of this.#drawers) if (drawer.job === undefined) this.#retire(drawer);
  }

  #onEnd(drawer: Drawer, end: SlotEnd): void {
    this.#drawers = this.#drawers.filter((one) => one !== drawer);
    const { job } = drawer;
    drawer.job = undefined;
    if (job !== undefined) {
      this.#logger.warn('page.drawer-ended', { reason: end.reason, exitCode: end.exitCode, signal: end.signal });
      job.reject(new TerminalError(codeOfEnd(end), `document: its page could not be drawn (${end.reason})`)); // R1
    }
    this.#pump();
  }
}
