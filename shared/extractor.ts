// The document readers and the drawing of pages with the limits of the settings, and OCR by whoever is configured.
import { openDocumentIntelligence } from './azure/document-intelligence-client.ts';
import type { LakeAccess } from './azure/lake-access.ts';
import type { Config } from './config.ts';
import { Extractor } from './documents/extract.ts';
import type { ExtractLimits } from './documents/limits.ts';
import { PageRenderer } from './documents/pages/renderer.ts';
import type { Logger } from './ports.ts';

/** Reader processes start with the first document. */
export function openExtractor(config: Config, logger: Logger, access: Pick<LakeAccess, 'credential'>): Extractor {
  const endpoint = config.DOCUMENT_INTELLIGENCE_ENDPOINT;
  const ocr =
    config.OCR === 'auto' && endpoint !== undefined
      ? openDocumentIntelligence(endpoint, access.credential)
      : config.OCR === 'off'
        ? 'off'
        : 'local';
  return new Extractor({
    slots: config.EXTRACT_SLOTS,
    logger,
    ocr,
    limits: limitsOf(config),
  });
}

/** Its processes start with the first page that is looked at. */
export const openPageRenderer = (config: Config, logger: Logger): PageRenderer =>
  new PageRenderer({
    limits: limitsOf(config),
    slots: Math.min(2, config.EXTRACT_SLOTS),
    ocr: config.OCR === 'off' ? 'off' : 'local',
    logger,
  });

const limitsOf = (config: Config): Partial<ExtractLimits> => ({
  maxBytes: config.EXTRACT_MAX_BYTES,
  maxPages: config.EXTRACT_MAX_PAGES,
  maxChars: config.EXTRACT_MAX_CHARS,
  maxCells: config.EXTRACT_MAX_CELLS,
  maxElements: config.EXTRACT_MAX_ELEMENTS,
  timeoutMs: config.EXTRACT_TIMEOUT_SECONDS * 1000,
  archiveTimeoutMs: config.EXTRACT_ARCHIVE_TIMEOUT_SECONDS * 1000,
  maxMemoryBytes: config.EXTRACT_MAX_MEMORY_MB * 1024 * 1024,
  maxArchiveDepth: config.EXTRACT_MAX_ARCHIVE_DEPTH,
  maxArchiveEntries: config.EXTRACT_MAX_ARCHIVE_ENTRIES,
  maxArchiveRatio: config.EXTRACT_MAX_ARCHIVE_RATIO,
  maxArchiveBytes: config.EXTRACT_MAX_ARCHIVE_BYTES,
  maxOcrPages: config.EXTRACT_MAX_OCR_PAGES,
  recycleAfter: config.EXTRACT_RECYCLE_AFTER,
});
