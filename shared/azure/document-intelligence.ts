// Azure AI Document Intelligence (prebuilt-read) as an OCR engine of the document readers.
// Invariants: only the pages asked for are sent for analysis, which is what is billed. The service's retries (429, 5xx with
// Retry-After) are the SDK's: nobody else retries. Content never reaches a log.
import type DocumentIntelligenceFactory from '@azure-rest/ai-document-intelligence';
import type { AnalyzeOperationOutput } from '@azure-rest/ai-document-intelligence';
import { RetryableError, type SluiceError, TerminalError } from '../errors.ts';

type Arguments = Parameters<typeof DocumentIntelligenceFactory>;

export interface DocumentIntelligenceOptions {
  /** https://<name>.cognitiveservices.azure.com */
  endpoint: string;
  /** A managed identity with the role Cognitive Services User, or a key read from Key Vault. */
  credential: Arguments[1];
  /** Milliseconds a document may take. Default 120,000. */
  timeoutMs?: number;
  /** Milliseconds between questions for the result. Default 1,000. */
  pollMs?: number;
  /** For an emulator on plain http. */
  allowInsecureConnection?: boolean;
}

export interface PageImages {
  bytes: Uint8Array;
  mediaType: string;
  /** 1-based; null = the document is one image. */
  pages: readonly number[] | null;
}

const READABLE = /^(application\/pdf|image\/(jpeg|png|bmp|tiff|heif))$/;
const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_POLL_MS = 1000;

/** Reads page images with Document Intelligence. Structurally an OcrEngine of shared/documents/ocr.ts. */
export class DocumentIntelligenceOcr {
  readonly #options: DocumentIntelligenceOptions;

  constructor(options: DocumentIntelligenceOptions) {
    this.#options = options;
  }

  /**
   * @returns text of the pages in the order asked
   * @throws {RetryableError} extract.ocr-unavailable when the service does not answer or throttles
   * @throws {TerminalError} extract.unsupported, extract.ocr-unavailable when it refuses the request
   */
  async recognize({ bytes, mediaType, pages }: PageImages): Promise<string[]> {
    if (!READABLE.test(mediaType))
      throw new TerminalError('extract.unsupported', `ocr: ${mediaType} is not read by Document Intelligence`);
    const { endpoint, credential, allowInsecureConnection = false } = this.#options;
    const {
      default: createClient,
      getLongRunningPoller,
      isUnexpected,
    } = await import('@azure-rest/ai-document-intelligence');
    const client = createClient(endpoint, credential, { allowInsecureConnection });
    try {
      const started = await client.path('/documentModels/{modelId}:analyze', 'prebuilt-read').post({
        contentType: 'application/json',
        body: { base64Source: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') },
        ...(pages === null ? {} : { queryParameters: { pages: pages.join(',') } }),
      });
      if (isUnexpected(started)) throw refusal(Number(started.status), started.headers['retry-after']);
      const poller = getLongRunningPoller(client, started, { intervalInMs: this.#options.pollMs ?? DEFAULT_POLL_MS });
      const abortSignal = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const { body } = await poller.pollUntilDone({ abortSignal });
      return textsOf(body as AnalyzeOperationOutput, pages); // the result of this operation by the API's contract
    } catch (error) {
      throw asSluiceError(error);
    }
  }
}

function textsOf({ analyzeResult, status }: AnalyzeOperationOutput, pages: readonly number[] | null): string[] {
  if (analyzeResult === undefined)
    throw new TerminalError('extract.ocr-unavailable', `ocr: Document Intelligence ended as ${status}`);
  const text = new Map(
    analyzeResult.pages.map((page) => [page.pageNumber, (page.lines ?? []).map((line) => line.content).join('\n')]),
  );
  return pages === null ? [[...text.values()].join('\n\n')] : pages.map((page) => text.get(page) ?? '');
}

function refusal(status: number, retryAfter: string | undefined): SluiceError {
  const message = `ocr: Document Intelligence answered ${status}`;
  if (status === 429 || status >= 500) {
    const seconds = Number(retryAfter);
    return new RetryableError(
      'extract.ocr-unavailable',
      message,
      Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {},
    );
  }
  return new TerminalError('extract.ocr-unavailable', message);
}

function asSluiceError(error: unknown): unknown {
  if (error instanceof TerminalError || error instanceof RetryableError) return error;
  const name = error instanceof Error ? error.name : 'unknown error';
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : Number.NaN;
  if (Number.isFinite(status)) return refusal(status, undefined);
  return new RetryableError('extract.ocr-unavailable', `ocr: Document Intelligence did not answer (${name})`, {
    cause: error,
  });
}
