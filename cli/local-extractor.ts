// The pipeline's reader of documents, for files of this machine; nothing is stored or sent.
import { loadConfig, readEnvironment } from '../shared/config.ts';
import type { Extractor } from '../shared/documents/extract.ts';
import { openExtractor } from '../shared/extractor.ts';
import { systemClock } from '../shared/ports.ts';
import { createLogger } from '../shared/telemetry.ts';

/** @param ocr  who reads page images; default: as the settings say. The caller closes it. */
export async function openLocalExtractor(ocr?: string): Promise<Extractor> {
  // The settings of a lake play no part here; any valid one will do.
  const config = loadConfig({
    LAKE: 'UseDevelopmentStorage=true',
    ...readEnvironment(),
    ...(ocr === undefined ? {} : { OCR: ocr }),
  });
  const { credential } = (await import('../shared/azure/lake-access.ts')).openLakeAccess(config);
  return openExtractor(config, createLogger('error', systemClock), { credential });
}
