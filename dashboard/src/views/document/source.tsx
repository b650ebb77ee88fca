// Where a document came from, what it is, and the original itself.
import { useState } from 'preact/hooks';
import type { Decision } from '../../../../shared/api/answers.ts';
import { getBlob } from '../../api.ts';
import { bytes, count } from '../../format.ts';
import { links } from '../../links.ts';
import { Facts } from '../../parts/basics.tsx';
import { saveBlob } from '../../save.ts';
import { toastError } from '../../toasts.tsx';
import { words } from '../../words/document.ts';
import { versionsOf } from './reasons.ts';

export function Source({ row, history }: { row: Decision; history: readonly Decision[] }) {
  const path = row.path ?? '';
  const slash = path.lastIndexOf('/');
  const versions = versionsOf(history);
  return (
    <section class="card">
      <h2>{words.source}</h2>
      <Facts
        facts={[
          [words.original, row.originalPath == null ? null : <span class="path">{row.originalPath}</span>],
          [words.livesIn, originalLink(row.originalUrl)],
          [words.path, <span class="path">{path}</span>],
          [words.member, row.archivePath ? row.archivePath.replaceAll('!/', ' ▸ ') : null],
          [
            words.folder,
            slash > 0 ? (
              <a href={links.documents({ path: path.slice(0, slash + 1) })}>{words.allItsDocuments}</a>
            ) : null,
          ],
          [words.mediaType, row.mediaType],
          [words.size, row.sizeBytes === null ? null : bytes(row.sizeBytes)],
          [words.pages, row.pages === null ? null : count(row.pages)],
          [words.characters, row.chars === null ? null : count(row.chars)],
          [words.language, row.language],
          [words.versions, versions === 0 ? null : count(versions)],
          [words.etag, row.sourceEtag === null ? null : <code>{row.sourceEtag}</code>],
          [words.sha, row.contentSha256 === null ? null : <code>{row.contentSha256}</code>],
          [words.id, <code>{row.documentId}</code>],
          [words.taxonomy, row.taxonomyVersion],
          [words.pipeline, row.pipelineVersion],
        ]}
      />
    </section>
  );
}

/** A link to the original; the address comes from the service, so only one that a browser opens as a page is a link. */
function originalLink(url: string | null) {
  if (url == null || !/^https:\/\//i.test(url)) return null;
  const isSharePoint = /^https:\/\/[^/]*\.sharepoint[.-]/i.test(url);
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {isSharePoint ? words.openSharePoint : /^https:\/\/outlook\./i.test(url) ? words.openOutlook : words.openOriginal}
    </a>
  );
}

export function Download({ documentId, name }: { documentId: string; name: string }) {
  const [isBusy, setIsBusy] = useState(false);
  const save = async () => {
    setIsBusy(true);
    try {
      saveBlob(await getBlob(`documents/${documentId}/source`), name.slice(name.lastIndexOf('/') + 1));
    } catch (error) {
      toastError(error);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <button type="button" disabled={isBusy} onClick={() => void save()}>
      {isBusy ? words.fetching : words.download}
    </button>
  );
}
