// The panel of added documents: choose files or a folder, see uploads, decisions and what failed.
import { useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api.ts';
import { bytes, count } from '../format.ts';
import { Progress } from '../parts/basics.tsx';
import { problemOf } from '../problem.ts';
import { session } from '../session.ts';
import { StartRunDialog } from '../views/runs/start-run.tsx';
import { words } from '../words/drop.ts';
import { filesOfInput } from './entries.ts';
import { FileRow } from './file-row.tsx';
import { isPanelOpen } from './open.ts';
import {
  addFound,
  cancel,
  clearDone,
  type FolderImport,
  followed,
  forgetImport,
  imports,
  refused,
  retryFailed,
} from './uploads.ts';

export function Panel() {
  const [startFor, setStartFor] = useState<FolderImport | undefined>(undefined);
  const hasDone =
    refused.value.length > 0 ||
    imports.value.some(({ state }) => state !== 'uploading') ||
    followed.value.some(({ state }) => ['decided', 'cancelled', 'failed'].includes(state));
  return (
    <section class="drop-panel" aria-label={words.title}>
      <header>
        <h2>{words.title}</h2>
        <div class="row">
          {hasDone && (
            <button type="button" class="quiet" onClick={clearDone}>
              {words.clearDone}
            </button>
          )}
          <button
            type="button"
            class="quiet icon"
            aria-label={words.closePanel}
            title={words.closeNote}
            onClick={() => {
              isPanelOpen.value = false;
            }}
          >
            ×
          </button>
        </div>
      </header>
      <div class="drop-body">
        <Pickers />
        <Refused />
        {imports.value.map((one) => (
          <ImportRow key={one.id} job={one} onStart={() => setStartFor(one)} />
        ))}
        {followed.value.length > 0 && (
          <ul class="drop-files" aria-live="polite">
            {followed.value.map((one) => (
              <FileRow key={one.id} one={one} />
            ))}
          </ul>
        )}
      </div>
      {startFor !== undefined && (
        <StartRunDialog
          initial={{ kind: 'prefix', container: 'imports', prefix: startFor.prefix }}
          isQuoted
          onStarted={() => {
            forgetImport(startFor.id);
            isPanelOpen.value = followed.value.length + imports.value.length > 0; // it would lie over the run
          }}
          onClose={() => setStartFor(undefined)}
        />
      )}
    </section>
  );
}

function Pickers() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const onChosen = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    addFound({ files: filesOfInput(currentTarget.files ?? []), unreadable: [] });
    currentTarget.value = ''; // the same file may be chosen again
  };
  const max = session.value?.maxUploadBytes;
  return (
    <div class="drop-pick">
      <div class="row">
        <button type="button" onClick={() => files.current?.click()}>
          {words.chooseFiles}
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          {words.chooseFolder}
        </button>
      </div>
      <p class="dim">
        {words.orDrop} {max === undefined ? '' : words.atMost(bytes(max))}
      </p>
      <input ref={files} type="file" multiple hidden aria-label={words.files} onChange={onChosen} />
      <input
        ref={(input) => {
          folder.current = input;
          input?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label={words.folder}
        onChange={onChosen}
      />
    </div>
  );
}

const SHOWN = 50;

function Refused() {
  const all = refused.value;
  if (all.length === 0) return null;
  const max = session.value?.maxUploadBytes ?? 0;

  return (
    <section class="note bad" role="alert">
      <p>
        <strong>{words.notTaken(all.length)}</strong>
      </p>
      <ul class="drop-refused">
        {all.slice(0, SHOWN).map(({ path, reason, sizeBytes }) => (
          <li key={path}>
            <span class="path">{path}</span>
            {sizeBytes === null ? '' : ` (${bytes(sizeBytes)})`} {words.because[reason](bytes(max))}
          </li>
        ))}
      </ul>
      {all.length > SHOWN && <p>{words.andMore(all.length - SHOWN)}</p>}
    </section>
  );
}

function toldOf(error: ApiError): string {
  const { message, remedy } = problemOf(error.code, error.message, error.remedy);
  return `${message} ${remedy}`;
}

function ImportRow({ job, onStart }: { job: FolderImport; onStart: () => void }) {
  const { id, name, prefix, total, done, doneBytes, sizeBytes, failed, state } = job;
  return (
    <section class="drop-import" aria-label={words.importOf(name)}>
      <h3>{name}</h3>
      <p class="dim path">
        {words.to} <code>imports/{prefix}</code>
      </p>
      <Progress done={done} total={total} label={words.uploadingName(name)} />
      <p role="status">
        {words.progress(count(done), count(total), bytes(doneBytes), bytes(sizeBytes))}
        {failed.length > 0 && words.failedCount(failed.length)}
        {state === 'cancelled' && words.cancelledStays}
      </p>
      {failed.length > 0 && (
        <details>
          <summary>{words.failedFiles}</summary>
          <ul class="drop-refused">
            {failed.slice(0, SHOWN).map(({ file, error }) => (
              <li key={file.path}>
                <span class="path">{file.path}</span>: {toldOf(error)}
              </li>
            ))}
            {failed.length > SHOWN && <li>{words.andMore(failed.length - SHOWN)}</li>}
          </ul>
        </details>
      )}
      <div class="row">
        {state === 'uploading' && (
          <button type="button" onClick={() => cancel(id)}>
            {words.cancel}
          </button>
        )}
        {state === 'uploaded' && failed.length > 0 && (
          <button type="button" onClick={() => retryFailed(id)}>
            {words.tryAgain(failed.length)}
          </button>
        )}
        {state !== 'uploading' && done > 0 && (
          <button type="button" class="primary" onClick={onStart}>
            {words.quoteAndStart}
          </button>
        )}
      </div>
    </section>
  );
}
