// Frame of a plot: title, explanation, the same numbers as a table, and the picture as an SVG file.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Head } from '../parts/table-head.tsx';
import { saveBlob } from '../save.ts';
import { words } from '../words/charts.ts';
import { standaloneSvg } from './standalone-svg.ts';

export interface FigureTable {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

interface FigureProps {
  title: string;
  /** One sentence on how to read it. */
  caption?: ComponentChildren;
  /** The plotted numbers, for readers who cannot see the plot. */
  table?: FigureTable;
  /** Draws into a width in CSS pixels. */
  children: (width: number) => ComponentChildren;
}

export function Figure({ title, caption, table, children }: FigureProps) {
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const save = () => {
    const svg = ref.current?.querySelector('svg');
    if (!svg) return;
    const name = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '');
    saveBlob(new Blob([standaloneSvg(svg, title)], { type: 'image/svg+xml' }), `${name}.svg`);
  };
  return (
    <figure class="figure">
      <div class="figure-head">
        <h3>{title}</h3>
        <button type="button" class="quiet" onClick={save}>
          {words.saveSvg}
          <span class="visually-hidden">{words.saveSvgOf(title)}</span>
        </button>
      </div>
      <div ref={ref} class="plot">
        {width > 0 && children(width)}
      </div>
      {caption !== undefined && <figcaption>{caption}</figcaption>}
      {table !== undefined && table.rows.length > 0 && (
        <details>
          <summary>{words.asTable}</summary>
          <table class="small">
            <Head columns={table.columns} />
            <tbody>
              {table.rows.map((row) => (
                <tr key={row.join('\0')}>
                  {row.map((cell, i) => (
                    <td key={table.columns[i]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </figure>
  );
}

/** Width of an element, renewed when it changes; 0 before it is known. */
function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
