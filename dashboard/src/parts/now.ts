// The time, for what changes with it alone: ages and speeds.
import { useEffect, useState } from 'preact/hooks';

/** Epoch ms, renewed while the page is visible. @param everyMs  pause between renewals */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
