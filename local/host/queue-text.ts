// Texts of queue messages, sent and read as they are. @azure/storage-queue writes and reads the XML around them and harms line ends: of every
// document it sends it takes all line feeds out, and a carriage return, which XML can only hold as a reference, comes back as that reference.
// Invariant: T1 every message that this host sends goes through sendText, with a client of openQueues.
import type { DequeuedMessageItem, QueueClient, QueueServiceClient, RequestPolicyFactory } from '@azure/storage-queue';

type Library = typeof import('@azure/storage-queue');

/** Line ends while the library writes them: characters that XML has not, so that no message can have them. */
const HELD = { '\n': '\ufffe', '\r': '\uffff' } as const;
const REFERENCES = { '\ufffe': '&#xA;', '\uffff': '&#xD;' } as const;

/** A client by which texts keep their line ends. @param connectionString  with a key or a signature */
export function openQueues(library: Library, connectionString: string): QueueServiceClient {
  const { url } = library.QueueServiceClient.fromConnectionString(connectionString);
  const part = (name: string) => new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(connectionString)?.[1];
  const [account, key] = [part('AccountName'), part('AccountKey')];
  const credential =
    account === undefined || key === undefined ? undefined : new library.StorageSharedKeyCredential(account, key);
  return openQueuesAt(library, url, credential);
}

/** The same for an address. */
export function openQueuesAt(
  library: Library,
  url: string,
  credential: Parameters<Library['newPipeline']>[0],
): QueueServiceClient {
  const pipeline = library.newPipeline(credential);
  pipeline.factories.push(lineEnds);
  return new library.QueueServiceClient(url, pipeline);
}

/** Line ends that were held become references in the finished document. It is signed afterwards. */
const lineEnds: RequestPolicyFactory = {
  create: (next) => ({
    sendRequest: (request) => {
      const body: unknown = request.body;
      if (typeof body === 'string' && /[\ufffe\uffff]/.test(body)) {
        request.body = body.replace(/[\ufffe\uffff]/g, (held) => REFERENCES[held as keyof typeof REFERENCES]);
        request.headers.set('Content-Length', Buffer.byteLength(request.body).toString());
      }
      return next.sendRequest(request);
    },
  }),
};

/** @throws {Error} for a text that no message can hold */
export async function sendText(queue: QueueClient, text: string): Promise<void> {
  if (/[\ufffe\uffff]/.test(text)) throw new Error('a queue message cannot hold the characters U+FFFE and U+FFFF');
  await queue.sendMessage(text.replace(/[\r\n]/g, (end) => HELD[end as keyof typeof HELD]));
}

/** The text that was sent. */
export const textOf = ({ messageText }: DequeuedMessageItem): string => messageText.replaceAll('&#xD;', '\r');
