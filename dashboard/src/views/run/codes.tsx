// Why documents failed or wait for a person, with what to do about each reason and examples.
import type { RunReport } from '../../../../shared/api/insights.ts';

import { count, fullPath } from '../../format.ts';
import { links } from '../../links.ts';
import { StatusBadge } from '../../parts/basics.tsx';
import { withoutAdvice } from './advice.ts';

export function Codes({ report }: { report: RunReport }) {
  const { codes, runId } = report;
  return (
    <section class="card" aria-labelledby="codes-title">
      <h3 id="codes-title">Failures and reviews</h3>
      {codes.length === 0 ? (
        <p class="dim">Every document was labelled: nothing failed and nothing waits.</p>
      ) : (
        <ul class="codes">
          {codes.map(({ status, code, documents, advice, examples }) => (
            <li key={`${status} ${code}`}>
              <div class="code-head">
                <StatusBadge status={status} />
                <code>{code}</code>
                <a href={links.documents({ run: runId, status, code })}>
                  {count(documents)} {documents === 1 ? 'document' : 'documents'}
                </a>
              </div>
              {advice !== '' && <p>{advice}</p>}
              {examples.length > 0 && (
                <ul class="examples">
                  {examples.map(({ documentId, path, archivePath, message }) => (
                    <li key={documentId}>
                      <a class="path" href={links.document(documentId)}>
                        {fullPath(path, archivePath)}
                      </a>
                      <span class="dim"> {withoutAdvice(message ?? '', advice)}</span>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ul>
      )}
      <Warnings report={report} />
    </section>
  );
}

/** What of the documents was not read, by kind. */
function Warnings({ report: { warnings } }: { report: RunReport }) {
  if (warnings.length === 0) return null;
  return (
    <>
      <h4>Not read, or mended</h4>
      <ul>
        {warnings.map(({ warning, documents, example }) => (
          <li key={warning}>
            <code>{warning}</code> {count(documents)} {documents === 1 ? 'document' : 'documents'}
            <span class="dim">, such as “{example}”</span>
          </li>
        ))}
      </ul>
    </>
  );
}
