// Dropping files and folders anywhere on the page, and the panel that shows what becomes of them. Only for those who may start runs.
import { effect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ErrorBoundary, lazy } from 'preact-iso';
import { type Entry, filesOfInput, walkEntries } from './drop/entries.ts';
import { isPanelOpen } from './drop/open.ts';
import { addFound, isUploading } from './drop/uploads.ts';
import '../style/drop.css';
import { canOperate } from './session.ts';
import { toastError } from './toasts.tsx';
import { words } from './words/app.ts';

const Panel = lazy(() => import('./drop/panel.tsx').then((m) => m.Panel));

export function DropArea() {
  return canOperate.value ? <OperatorDropArea /> : null;
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

function OperatorDropArea() {
  const isOver = useDrop();
  useLeaveWarning();
  return (
    <>
      {isOver && (
        <div class="drop-overlay" aria-hidden="true">
          <p>
            <strong>{words.drop}</strong>
            <span>{words.dropNote}</span>
          </p>
        </div>
      )}
      {isPanelOpen.value && (
        <ErrorBoundary>
          <Panel />
        </ErrorBoundary>
      )}
    </>
  );
}

/** Is something dragged over the page? What is dropped begins at once. */
function useDrop(): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    let depth = 0; // enter and leave come for every element on the way
    const onEnter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth++;
      setIsOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setIsOver(false);
    };
    const onOver = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault(); // without it the browser opens the file
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setIsOver(false);
      // The list is empty once the handler has returned: entries are taken now.
      const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === 'file');
      const entries: Entry[] = [];
      const files: File[] = []; // what other programs give without a place in a file system
      for (const item of items) {
        const entry = item.webkitGetAsEntry();
        const file = entry === null ? item.getAsFile() : null;
        if (entry !== null) entries.push(entry);
        else if (file !== null) files.push(file);
      }
      walkEntries(entries)
        .then((found) => addFound({ ...found, files: [...found.files, ...filesOfInput(files)] }))
        .catch(toastError);
    };
    const handlers = { dragenter: onEnter, dragleave: onLeave, dragover: onOver, drop: onDrop } as const;
    for (const [name, handler] of Object.entries(handlers)) addEventListener(name, handler as EventListener); // DragEvents by name
    return () => {
      for (const [name, handler] of Object.entries(handlers)) removeEventListener(name, handler as EventListener);
    };
  }, []);
  return isOver;
}

/** Closing the tab would break off uploads: the browser asks first. */
function useLeaveWarning(): void {
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => event.preventDefault();
    let isGuarded = false;
    const stop = effect(() => {
      const isWanted = isUploading();
      if (isWanted === isGuarded) return;
      isGuarded = isWanted;
      if (isWanted) addEventListener('beforeunload', onLeave);
      else removeEventListener('beforeunload', onLeave);
    });
    return () => {
      stop();
      removeEventListener('beforeunload', onLeave);
    };
  }, []);
}
