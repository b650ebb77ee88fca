// The tab's title says which view is open.
import { useEffect } from 'preact/hooks';

/** @param name  of the view; the page's name follows it */
export function useTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · Sluice`;
  }, [name]);
}
