// A picture of the API, ready to be painted. It is fetched with the caller's key and decoded here, so that no address of it stands in the page.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, getBlob } from '../../api.ts';

export interface Picture {
  bitmap: ImageBitmap | undefined;
  error: ApiError | undefined;
  /** The bitmap is the one before. */
  isOld: boolean;
}

/** @param path  below /api/; null = none. The picture before stays until the next is there. */
export function usePicture(path: string | null): Picture {
  const [held, setHeld] = useState<{ path: string; bitmap?: ImageBitmap; error?: ApiError } | undefined>(undefined);
  useEffect(() => {
    if (path === null) return;
    let isWanted = true;
    getBlob(path)
      .then((blob) => createImageBitmap(blob))
      .then(
        (bitmap) => isWanted && setHeld({ path, bitmap }),
        (reason: unknown) => {
          const error = reason instanceof ApiError ? reason : new ApiError(0, { detail: String(reason) });
          if (isWanted) setHeld({ path, error });
        },
      );
    return () => {
      isWanted = false;
    };
  }, [path]);
  return { bitmap: held?.bitmap, error: held?.path === path ? held?.error : undefined, isOld: held?.path !== path };
}
