// Errors in the shape the DFS endpoint gives them: JSON body plus the x-ms-error-code header, which is what the SDK reads.
import type { ServerResponse } from 'node:http';

/** A refusal with the status and code the real service would give. */
export class DfsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'DfsError';
    this.status = status;
    this.code = code;
  }
}

/** Blob service codes and what the DFS endpoint calls them. */
const RENAMED: Readonly<Record<string, string>> = {
  BlobNotFound: 'PathNotFound',
  ContainerNotFound: 'FilesystemNotFound',
  BlobAlreadyExists: 'PathAlreadyExists',
  ContainerAlreadyExists: 'FilesystemAlreadyExists',
};

/** Does the thrown value come from the Blob client with this status? */
export function hasStatus(error: unknown, status: number): boolean {
  return (error as { statusCode?: unknown } | null)?.statusCode === status;
}

/** Translate what the Blob client threw. An answer without code gets one from its status (HEAD has no body). */
export function toDfsError(error: unknown): DfsError {
  if (error instanceof DfsError) return error;
  const rest = error as {
    statusCode?: number;
    code?: string;
    details?: { errorCode?: string };
    message?: string;
  } | null;
  const status = rest?.statusCode;
  if (status === undefined || status < 400) {
    return new DfsError(500, 'InternalError', error instanceof Error ? error.message : String(error));
  }
  const byStatus: Record<number, string> = { 404: 'BlobNotFound', 409: 'BlobAlreadyExists', 412: 'ConditionNotMet' };
  const code = rest?.details?.errorCode ?? rest?.code ?? byStatus[status] ?? 'InternalError';
  return new DfsError(status, RENAMED[code] ?? code, rest?.message ?? code);
}

/** Answer in front of Azurite, in the shape of the Blob endpoint, what `check` refuses; true when it was answered. The body is not read, so the connection ends. */
export function answerRefused(check: () => void, response: ServerResponse): boolean {
  try {
    check();
    return false;
  } catch (error) {
    if (!(error instanceof DfsError)) throw error;
    const { status, code, message } = error;
    response.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml', connection: 'close' });
    response.end(
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    );
    return true;
  }
}
