// The first page of a document, small. Asked for when it comes near, a few at a time, and let go when it is far away again.

import pLimit from 'p-limit';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getBlob } from '../../api.ts';

/** Pictures under way: the others of the host's renderers are for who reads a page. */
const AT_ONCE = 3;
const NEAR = '1200px';

const turn = pLimit(AT_ONCE);

export function Thumbnail({ documentId }: { documentId: string }) {
  const frame = useRef<HTMLSpanElement>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const target = frame.current;
    if (target === null) return;
    const observer = new IntersectionObserver(([entry]) => setIsNear(entry?.isIntersecting === true), {
      rootMargin: NEAR,
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return (
    <span class="thumbnail" ref={frame} aria-hidden="true">
      {isNear && <Picture path={`documents/${documentId}/pages/1.png?width=240`} />}
    </span>
  );
}

function Picture({ path }: { path: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<'waiting' | 'shown' | 'none'>('waiting');
  useEffect(() => {
    const abort = new AbortController();
    const draw = async () => {
      if (abort.signal.aborted) return;
      const bitmap = await createImageBitmap(await getBlob(path, abort.signal));
      const target = canvas.current;
      if (target !== null) {
        [target.width, target.height] = [bitmap.width, bitmap.height];
        target.getContext('2d')?.drawImage(bitmap, 0, 0);
        setState('shown');
      }
      bitmap.close();
    };
    turn(draw).catch(() => {
      if (!abort.signal.aborted) setState('none'); // a document without a picture is chosen by its name
    });
    return () => abort.abort();
  }, [path]);
  return state === 'none' ? <span class="no-picture">?</span> : <canvas ref={canvas} class={state} />;
}
