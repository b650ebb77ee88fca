// A row of a plot that leads somewhere.
import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';

/** A plain group without `href`. The router does not see links inside of SVG, so that they are followed here. */
export function BarLink({ href, children }: { href: string | undefined; children: ComponentChildren }) {
  const { route } = useLocation();
  if (href === undefined) return <g>{children}</g>;
  return (
    <a
      href={href}
      class="bar-link"
      onClick={(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        route(href);
      }}
    >
      {children}
    </a>
  );
}
