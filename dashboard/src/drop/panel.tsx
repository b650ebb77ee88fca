// The panel of added documents: choose files or a folder, see uploads, decisions and what failed.
import { useRef, useState } from 'preact/hooks';
import { bytes, count } from '../format.ts';
import { Progress } from '../parts/basics.tsx';
import { session } from '../session.ts';
import { StartRunDialog } from '../views/runs/start-run.tsx';
import { filesOfInput } from './entries.ts';
import { FileRow } from './file-row.tsx';
import { isPanelOpen } from './open.ts';
import { addFound, cancel, clearDone, type FolderImport, followed, imports, refused, retryFailed } from './uploads.ts';

export function Panel() {
  const [startFor, setStartFor] = useState<FolderImport | undefined>(undefined);
  const isEmpty = followed.value.length + imports.value.length + refused.value.length === 0;
  return (
    <section class="drop-panel" aria-label="Added documents">
      <header>
        <h2>Added documents</h2>
        <div class="row">
          {!isEmpty && (
            <button type="button" class="quiet" onClick={clearDone}>
              Clear done
            </button>
          )}
          <button
            type="button"
            class="quiet icon"
            aria-label="Close the panel of added documents"
            title="Close; uploads go on"
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
          Choose files
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
      </div>
      <p class="dim">
        Or drop them anywhere on the page. Files are decided at once; a folder is imported first, with a quote before
        its run.{max === undefined ? '' : ` At most ${bytes(max)} a file.`}
      </p>
      <input ref={files} type="file" multiple hidden aria-label="Files" onChange={onChosen} />
      <input
        ref={(input) => {
          folder.current = input;
          input?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label="Folder"
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
  const because = {
    'too-large': `is larger than ${bytes(max)}, the limit of one upload (UPLOAD_MAX_BYTES). Split it, or copy it into the lake with AzCopy or \`sluice upload\`.`,
    'path-too-long': 'has too long a path. Move it nearer to the folder you drop.',
    unreadable: 'could not be read by the browser. Check that it is still there and that you may read it.',
  } as const;
  return (
    <section class="note bad" role="alert">
      <p>
        <strong>
          {count(all.length)} {all.length === 1 ? 'file was' : 'files were'} not taken.
        </strong>
      </p>
      <ul class="drop-refused">
        {all.slice(0, SHOWN).map(({ path, reason, sizeBytes }) => (
          <li key={path}>
            <span class="path">{path}</span>
            {sizeBytes === null ? '' : ` (${bytes(sizeBytes)})`} {because[reason]}
          </li>
        ))}
      </ul>
      {all.length > SHOWN && <p>… and {count(all.length - SHOWN)} more.</p>}
    </section>
  );
}

function ImportRow({ job, onStart }: { job: FolderImport; onStart: () => void }) {
  const { id, name, prefix, total, done, doneBytes, sizeBytes, failed, state } = job;
  return (
    <section class="drop-import" aria-label={`Import of ${name}`}>
      <h3>{name}</h3>
      <p class="dim path">
        to <code>imports/{prefix}</code>
      </p>
      <Progress done={done} total={total} label={`Uploading ${name}`} />
      <p role="status">
        {count(done)} of {count(total)} files, {bytes(doneBytes)} of {bytes(sizeBytes)}
        {failed.length > 0 && `, ${count(failed.length)} failed`}
        {state === 'cancelled' && ' – cancelled; what arrived stays'}
      </p>
      {failed.length > 0 && (
        <details>
          <summary>Failed files</summary>
          <ul class="drop-refused">
            {failed.slice(0, SHOWN).map(({ file, error }) => (
              <li key={file.path}>
                <span class="path">{file.path}</span>: {error.message} {error.remedy}
              </li>
            ))}
            {failed.length > SHOWN && <li>… and {count(failed.length - SHOWN)} more.</li>}
          </ul>
        </details>
      )}
      <div class="row">
        {state === 'uploading' && (
          <button type="button" onClick={() => cancel(id)}>
            Cancel
          </button>
        )}
        {state === 'uploaded' && failed.length > 0 && (
          <button type="button" onClick={() => retryFailed(id)}>
            Try {failed.length === 1 ? 'it' : 'them'} again
          </button>
        )}
        {state !== 'uploading' && done > 0 && (
          <button type="button" class="primary" onClick={onStart}>
            Quote and start
          </button>
        )}
      </div>
    </section>
  );
}
