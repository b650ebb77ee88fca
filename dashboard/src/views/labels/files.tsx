// Labels from a file, and as one.

import { useRef } from 'preact/hooks';
import { textOfTable } from '../../../../shared/table-text.ts';
import { saveBlob } from '../../save.ts';
import { canOperate } from '../../session.ts';
import { toast, toastError } from '../../toasts.tsx';
import { words } from '../../words/labels.ts';
import { type Draft, documentOf } from './draft.ts';
import { readLabelFile } from './label-file.ts';

/** What the file calls them: its name without the ending. */
const nameOfFile = (file: string): string => file.replace(/\.[^.]*$/, '').slice(0, 100);

export function Files({ draft, onRead }: { draft: Draft; onRead: (draft: Draft) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    try {
      const given = readLabelFile(file.name, textOfTable(new Uint8Array(await file.arrayBuffer())));
      onRead({
        ...given,
        name: given.name || draft.name || nameOfFile(file.name),
        domain: given.domain || draft.domain,
      });
      toast(words.readFrom(given.labels.length, file.name));
    } catch (error) {
      toastError(error);
    }
  };
  const save = () => {
    const text = `${JSON.stringify(documentOf(draft), null, 2)}\n`;
    saveBlob(new Blob([text], { type: 'application/json' }), `${draft.name.trim() || 'labels'}.json`);
  };
  return (
    <div class="row">
      {canOperate.value && (
        <>
          <input
            ref={input}
            class="visually-hidden"
            type="file"
            aria-label={words.fromFileLabel}
            tabIndex={-1}
            accept=".csv,.tsv,.txt,.json"
            onChange={(event) => {
              void read(event.currentTarget.files?.[0]);
              event.currentTarget.value = '';
            }}
          />
          <button type="button" title={words.fromFileTitle} onClick={() => input.current?.click()}>
            {words.fromFile}
          </button>
        </>
      )}
      <button type="button" onClick={save}>
        {words.saveAsFile}
      </button>
    </div>
  );
}
