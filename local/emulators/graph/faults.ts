// What the Graph emulator does wrong on purpose, as data: every way the service was seen to fail. A fault is taken from the list when a request
// fits it, so a test says exactly how often each happens.

export interface GraphFault {
  kind:
    | 'throttle' // 429 with Retry-After
    | 'busy' // 503 with Retry-After
    | 'timeout' // 504
    | 'error' // 500
    | 'not-found' // 404, as in mid-paging
    | 'bad-token' // 400 on a stored link
    | 'resync' // 410 with a Location that works
    | 'resync-broken' // 410 with a Location that answers 500
    | 'sync-state-not-found' // 410 of a mail folder, without a Location
    | 'validation-timeout' // 400: the subscriber was too slow to answer the handshake
    | 'locked' // 423
    | 'forbidden' // 403
    | 'unauthorized' // 401, as of an expired download URL
    | 'endless' // the same page and a nextLink, for ever
    | 'empty-page' // no rows, a nextLink
    | 'duplicate-rows'
    | 'cut-body' // the connection ends in the middle of a download
    | 'reset'; // no answer at all
  /** Requests whose method and path (with query) this matches. */
  on: RegExp;
  /** How many times; default once. */
  times?: number;
  retryAfterSeconds?: number;
}

/** The first fault that fits, counted down; undefined when none does. */
export function takeFault(faults: GraphFault[], request: string): GraphFault | undefined {
  const index = faults.findIndex((fault) => fault.on.test(request));
  const found = faults[index];
  if (found === undefined) return undefined;
  const left = (found.times ?? 1) - 1;
  if (left <= 0) faults.splice(index, 1);
  else found.times = left;
  return found;
}
