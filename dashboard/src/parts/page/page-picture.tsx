// The picture of a page in a frame that scrolls: the page, and upon it the marks of the decision.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PagePlaces } from '../../../../shared/api/insights.ts';
import { list } from '../../format.ts';
import { words } from '../../words/parts.ts';
import type { Look } from './look.ts';
import type { Mark } from './marks.ts';

interface PagePictureProps {
  bitmap: ImageBitmap;
  isOld: boolean;
  places: PagePlaces | undefined;
  marks: readonly Mark[];
  look: Look;
}

export function PagePicture({ bitmap, isOld, places, marks, look }: PagePictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { quarters, zoom, page } = look;
  const isSideways = quarters % 2 === 1;
  useEffect(() => {
    const target = canvas.current;
    const context = target?.getContext('2d');
    if (target == null || context == null) return;
    [target.width, target.height] = isSideways ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
    context.translate(target.width / 2, target.height / 2);
    context.rotate((quarters * Math.PI) / 2);
    context.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
  }, [bitmap, quarters]);
  const name = places === undefined ? words.pageName(page) : words.pageNameOf(page, places.pages);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section class="page-frame" aria-label={words.picture(name)} tabIndex={0} aria-busy={isOld}>
      <div class={`page-sheet ${isOld ? 'old' : ''}`} style={{ width: `${zoom * 100}%` }}>
        <canvas ref={canvas} role="img" aria-label={describe(name, marks)} />
        {places !== undefined && !isOld && <Marks places={places} marks={marks} quarters={quarters} />}
      </div>
    </section>
  );
}

function Marks({
  places: { width, height },
  marks,
  quarters,
}: {
  places: PagePlaces;
  marks: readonly Mark[];
  quarters: number;
}) {
  const box = quarters % 2 === 1 ? [height, width] : [width, height];
  const turns = [
    '',
    `translate(${height} 0) rotate(90)`,
    `translate(${width} ${height}) rotate(180)`,
    `translate(0 ${width}) rotate(270)`,
  ];
  return (
    <svg class="page-marks" viewBox={`0 0 ${box[0]} ${box[1]}`} preserveAspectRatio="none" aria-hidden="true">
      <g transform={turns[quarters]}>
        {marks.map(({ kind, x, y, width: across, height: down }, i) =>
          kind === 'runner-up' ? (
            <line key={i} class={kind} x1={x} x2={x + across} y1={y + down} y2={y + down} />
          ) : (
            <rect key={i} class={kind} x={x - 2} y={y - 1} width={across + 4} height={down + 2} rx={3} />
          ),
        )}
      </g>
    </svg>
  );
}

function describe(name: string, marks: readonly Mark[]): string {
  const count = (kind: Mark['kind']) => marks.filter((mark) => mark.kind === kind).length;
  const terms = count('label') + count('runner-up');
  const said = [...(terms > 0 ? [words.markedTerms(terms)] : []), ...(count('quote') > 0 ? [words.quoteMarked] : [])];
  return said.length === 0 ? name : `${name}: ${list(said)}`;
}

/** Width of an element, CSS pixels, as it changes; 0 before it is there. */
export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}
