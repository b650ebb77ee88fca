// One line of a job's output or error file. Anything may be missing.

export interface OutputLine {
  customId: string;
  status: number;
  requestId: string;
  body: unknown;
}

/** Undefined for a line without an answer (expired, cancelled, cut). */
export function readLine(text: string): OutputLine | undefined {
  if (text.trim() === '') return undefined;
  const line = parse(text) as {
    custom_id?: unknown;
    response?: { status_code?: unknown; request_id?: unknown; body?: unknown } | null;
  } | null; // checked below
  if (typeof line?.custom_id !== 'string' || typeof line.response?.status_code !== 'number') return undefined;
  return {
    customId: line.custom_id,
    status: line.response.status_code,
    requestId: String(line.response.request_id ?? ''),
    body: line.response.body,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null; // a cut line is a line without an answer: asked live
    throw error;
  }
}
