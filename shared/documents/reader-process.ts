// Entry of a reader process: takes requests one by one and answers leaf by leaf.
// Invariants: R1 an answer is handed to the pipe before the next document is opened, so that the host blames the right one.
// R2 the process ends with its host, even while a parser spins: a watching thread sees the parent change.
import { watchParent } from './parent-watch.ts';
import type { HostMessage, LeafResult, ReaderMessage, ReaderOptions, ReadRequest } from './protocol.ts';
import { Walk } from './walk.ts';

let options: ReaderOptions | undefined;
let work: Promise<void> = Promise.resolve();

process.on('message', (message: HostMessage) => {
  if (message.kind === 'configure') {
    options = message.options;
    void send({ kind: 'ready' });
    return;
  }
  work = work.then(() => read(message)); // read() settles every error into a leaf
});
process.on('disconnect', () => process.exit(0));

async function read(request: ReadRequest): Promise<void> {
  if (options === undefined) throw new Error('reader: a request came before the configuration');
  const { limits, ocr } = options;
  if (maySpin(request.bytes)) watchParent();
  let last: LeafResult | null = null;
  const walk = new Walk(request, limits, ocr, {
    begin: (node, isContainer) => void send({ kind: 'begin', id: request.id, node, isContainer }),
    async leaf(leaf, isLast) {
      if (isLast) last = leaf;
      else await send({ kind: 'leaf', id: request.id, leaf });
    },
    progress: () => void send({ kind: 'progress', id: request.id }),
  });
  await walk.run();
  await send({ kind: 'done', id: request.id, last, rssBytes: process.memoryUsage.rss() });
}

/** Resolves when the message has left this process. */
function send(message: ReaderMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve()); // a broken channel brings 'disconnect'
  });
}

/** Plain text cannot spin; the thread is started with the first document that could. */
const maySpin = (bytes: Uint8Array): boolean =>
  /^(PK|%PDF|\xd0\xcf|\{\\rt|7z|\x1f\x8b|<)/.test(Buffer.from(bytes.subarray(0, 8)).toString('latin1'));
