import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { DocumentIntelligenceOcr } from '../../shared/azure/document-intelligence.ts';
import { RetryableError, TerminalError } from '../../shared/errors.ts';

interface Seen {
  method: string;
  url: URL;
  body: string;
}

let server: Server | undefined;
afterEach(() => server?.close());

/** A service that answers each request by the handler and records it. */
async function serve(
  answer: (seen: Seen, response: ServerResponse, base: string) => void,
): Promise<{ base: string; requests: Seen[] }> {
  const requests: Seen[] = [];
  let base = '';
  server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', base),
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(seen);
      answer(seen, response, base);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server has such an address
  return { base, requests };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};
const engine = (endpoint: string) =>
  new DocumentIntelligenceOcr({ endpoint, credential: { key: 'test' }, pollMs: 1, allowInsecureConnection: true });

describe('DocumentIntelligenceOcr', () => {
  test('sends only the pages asked for and returns their lines in that order', async () => {
    let polls = 0;
    const { base, requests } = await serve((seen, response, origin) => {
      const operation = `${origin}/documentintelligence/documentModels/prebuilt-read/analyzeResults/1?api-version=x`;
      if (seen.method === 'POST') return json(response, 202, {}, { 'operation-location': operation });
      if (++polls === 1) return json(response, 200, { status: 'running' });
      const pages = [3, 1].map((pageNumber) => ({
        pageNumber,
        lines: [{ content: `page ${pageNumber}` }, { content: 'end' }],
      }));
      return json(response, 200, {
        status: 'succeeded',
        analyzeResult: { apiVersion: 'x', modelId: 'prebuilt-read', content: '', pages },
      });
    });
    const texts = await engine(base).recognize({
      bytes: Buffer.from('%PDF'),
      mediaType: 'application/pdf',
      pages: [1, 3],
    });
    expect(texts).toEqual(['page 1\nend', 'page 3\nend']);
    const posts = requests.filter((r) => r.method === 'POST');
    expect(posts).toHaveLength(1);
    expect(posts[0]?.url.searchParams.get('pages')).toBe('1,3');
    expect(JSON.parse(posts[0]?.body ?? '')).toEqual({ base64Source: Buffer.from('%PDF').toString('base64') });
  });

  test('a refusal is terminal, an outage is retryable', async () => {
    const refused = await serve((_seen, response) => json(response, 401, { error: { code: '401', message: 'no' } }));
    await expect(
      engine(refused.base).recognize({ bytes: Buffer.from('x'), mediaType: 'image/png', pages: null }),
    ).rejects.toThrow(TerminalError);
    server?.close();
    await expect(
      engine('http://127.0.0.1:9').recognize({ bytes: Buffer.from('x'), mediaType: 'image/png', pages: null }),
    ).rejects.toThrow(RetryableError);
  });

  test('a format the service does not read is refused before anything is sent', async () => {
    const { base, requests } = await serve((_seen, response) => json(response, 500, {}));
    await expect(
      engine(base).recognize({ bytes: Buffer.from('x'), mediaType: 'image/gif', pages: null }),
    ).rejects.toMatchObject({ code: 'extract.unsupported' });
    expect(requests).toHaveLength(0);
  });
});
