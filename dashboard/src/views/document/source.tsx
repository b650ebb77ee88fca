// Where a document came from, what it is, and the original itself.
import { useState } from 'preact/hooks';
import { getBlob } from '../../api.ts';
import { bytes, count } from '../../format.ts';
import { links } from '../../links.ts';
import { Facts } from '../../parts/basics.tsx';
import type { ResultRow } from '../../result-row.ts';
import { saveBlob } from '../../save.ts';
import { toastError } from '../../toasts.tsx';
import { words } from '../../words/document.ts';
import { versionsOf } from './reasons.ts';

export function Source({ row, history }: { row: ResultRow; history: readonly ResultRow[] }) {
  const path = row.source_path ?? '';
  const slash = path.lastIndexOf('/');
  const versions = versionsOf(history);
  return (
    <section class="card">
      <h2>{words.source}</h2>
      <Facts
        facts={[
          [words.original, row.source_name == null ? null : <span class="path">{row.source_name}</span>],
          [words.livesIn, originalLink(row.source_url)],
          [words.path, <span class="path">{path}</span>],
          [words.member, row.archive_path ? row.archive_path.replaceAll('!/', ' ▸ ') : null],
          [
            words.folder,
            slash > 0 ? (
              <a href={links.documents({ path: path.slice(0, slash + 1) })}>{words.allItsDocuments}</a>
            ) : null,
          ],
          [words.mediaType, row.media_type],
          [words.size, row.size_bytes === null ? null : bytes(row.size_bytes)],
          [words.pages, row.pages === null ? null : count(row.pages)],
          [words.characters, row.chars === null ? null : count(row.chars)],
          [words.language, row.language],
          [words.versions, versions === 0 ? null : count(versions)],
          [words.etag, row.source_etag === null ? null : <code>{row.source_etag}</code>],
          [words.sha, row.content_sha256 === null ? null : <code>{row.content_sha256}</code>],
          [words.id, <code>{row.document_id}</code>],
          [words.taxonomy, row.taxonomy_version],
          [words.pipeline, row.pipeline_version],
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
