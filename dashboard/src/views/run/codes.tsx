// Why documents failed or wait for a person, with what to do about each reason and examples.
import type { RunReport } from '../../../../shared/api/insights.ts';

import { fullPath } from '../../format.ts';
import { links } from '../../links.ts';
import { StatusBadge } from '../../parts/basics.tsx';
import { problemOf } from '../../problem.ts';
import { words } from '../../words/run.ts';
import { withoutAdvice } from './advice.ts';

export function Codes({ report }: { report: RunReport }) {
  const { codes, runId } = report;
  return (
    <section class="card" aria-labelledby="codes-title">
      <h3 id="codes-title">{words.codes}</h3>
      {codes.length === 0 ? (
        <p class="dim">{words.allLabelled}</p>
      ) : (
        <ul class="codes">
          {codes.map(({ status, code, documents, advice, examples }) => (
            <li key={`${status} ${code}`}>
              <div class="code-head">
                <StatusBadge status={status} />
                <code>{code}</code>
                <a href={links.documents({ run: runId, status, code })}>{words.countDocuments(documents)}</a>
              </div>
              {advice !== '' && <p>{adviceOn(code, advice)}</p>}
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

/** What to do about a code; in another language than the API's it says what happened too, since the examples are in English. */
function adviceOn(code: string, advice: string): string {
  const { message, remedy, own } = problemOf(code, '', advice);
  return own === undefined && message === '' ? remedy : `${message}. ${remedy}`;
}

/** What of the documents was not read, by kind. */
function Warnings({ report: { warnings } }: { report: RunReport }) {
  if (warnings.length === 0) return null;
  return (
    <>
      <h4>{words.notReadOrMended}</h4>
      <ul>
        {warnings.map(({ warning, documents, example }) => (
          <li key={warning}>
            <code>{warning}</code> {words.countDocuments(documents)}
            <span class="dim">{words.suchAs(example)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
