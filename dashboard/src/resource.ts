// What a view shows of the API: loaded once or renewed by polling, paused while the page is hidden.
// Invariants: L1 an answer equal to the one before changes nothing on screen. L2 an answer to an older question is dropped. L3 what was
// read stays on screen while renewing fails; polling goes on at a longer pace.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getText } from './api.ts';

export interface Resource<T> {
  data: T | undefined;
  /** The last attempt's failure; undefined after a success. */
  error: ApiError | undefined;
  isLoading: boolean;
  reload(): void;
}

interface Held<T> {
  path: string;
  data: T | undefined;
  error: ApiError | undefined;
}

const MAX_PAUSE_MS = 30_000;
/** First pause before asking a host again that did not answer, where nothing is polled. */
const RETRY_MS = 1500;

/**
 * Read a GET route.
 * @param path    below /api/; null = nothing to read yet
 * @param pollMs  pause between renewals; a function decides by the newest data; 0 or undefined = once
 */
export function useResource<T>(path: string | null, pollMs?: number | ((data: T | undefined) => number)): Resource<T> {
  const [held, setHeld] = useState<Held<T> | undefined>(undefined);
  const [round, setRound] = useState(0);
  const poll = useRef(pollMs);
  poll.current = pollMs;
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let text: string | undefined;
    let data: T | undefined;
    let failures = 0;
    let isUnreachable = false;
    const pauseMs = (): number => {
      const wanted = typeof poll.current === 'function' ? poll.current(data) : (poll.current ?? 0);
      const base = wanted === 0 && isUnreachable ? RETRY_MS : wanted; // a host that starts again is found without a click
      return base === 0 ? 0 : Math.min(MAX_PAUSE_MS, base * 2 ** failures);
    };
    const renew = async () => {
      clearTimeout(timer);
      try {
        const newest = await getText(path, abort.signal);
        failures = 0;
        isUnreachable = false;
        if (newest !== text) {
          text = newest;
          data = JSON.parse(newest) as T; // the route's shape, by contract
          setHeld({ path, data, error: undefined }); // L1
        } else setHeld((was) => (was?.error === undefined ? was : { ...was, error: undefined }));
      } catch (error) {
        if (abort.signal.aborted) return; // L2
        failures++;
        const reason = error instanceof ApiError ? error : new ApiError(0, { detail: String(error) });
        isUnreachable = reason.status === 0;
        setHeld((was) => ({ path, data: was?.path === path ? was.data : undefined, error: reason })); // L3
      }
      if (abort.signal.aborted) return;
      const pause = pauseMs();
      if (pause > 0) timer = setTimeout(() => void whenVisible(), pause);
    };
    const whenVisible = () => (document.hidden ? undefined : renew());
    const onVisible = () => {
      if (!document.hidden && pauseMs() > 0) void renew();
    };
    document.addEventListener('visibilitychange', onVisible);
    void renew();
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const isMine = held?.path === path;
  return {
    data: isMine ? held?.data : undefined,
    error: isMine ? held?.error : undefined,
    isLoading: path !== null && !(isMine && (held?.data !== undefined || held?.error !== undefined)),
    reload,
  };
}
