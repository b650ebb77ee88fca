// Packs of files (shared/api/file-pack.ts) for Azurite: one Put Blob whose files become blobs of their own, as if each had been put alone. Their bytes
// lie one after the other in one piece of an extent.
// Invariants: K1 a blob of a pack has what Azurite gives one that is put alone: content type, MD5, an ETag of its own. K2 a pack that cannot be taken as
// a whole is refused before any of its files is there; a failure later is answered as such, and the same pack again replaces what is there.
// K3 its names are held to the same rule as others (listable.ts).
import { createHash } from 'node:crypto';
import { FILE_PACK, MAX_PACK_BYTES, type OpenPack, openPack } from '../../shared/api/file-pack.ts';
import { PLAIN_PROPERTIES } from './azurite-blob.ts';
import { requireListableName } from './listable.ts';
import { nameOf } from './names.ts';

interface Piece {
  id: string;
  offset: number;
  count: number;
}

/** What Azurite hands to its handlers, as far as it is used here. */
interface Context {
  contextId: string;
  startTime: Date;
  context: { account: string; container: string };
  request: { getHeader(name: string): string | undefined };
}

interface Handler {
  metadataStore: {
    checkContainerExist(context: Context, account: string, container: string): Promise<void>;
    createBlob(context: Context, blob: object): Promise<unknown>;
  };
  extentStore: { appendExtent(bytes: Buffer, contextId: string): Promise<Piece> };
}

type Upload = (
  this: Handler,
  body: AsyncIterable<Buffer>,
  contentLength: number,
  options: { requestId?: string },
  context: Context,
) => Promise<unknown>;

/** Have Azurite take packs. @param ofAzurite  require as Azurite's entry file has it */
export function takePacks(ofAzurite: NodeJS.Require): void {
  const { default: BlockBlobHandler } = ofAzurite('./blob/handlers/BlockBlobHandler') as {
    default: { prototype: { upload: Upload } };
  };
  const { default: errors } = ofAzurite('./blob/errors/StorageErrorFactory') as {
    default: { getInvalidOperation(contextId: string, message: string): Error };
  };
  const { newEtag } = ofAzurite('./common/utils/utils') as { newEtag(): string };
  const { prototype } = BlockBlobHandler;
  const { upload } = prototype;
  prototype.upload = async function uploadOrUnpack(body, contentLength, options, context) {
    if (context.request.getHeader(`x-ms-meta-${FILE_PACK}`) === undefined)
      return await upload.call(this, body, contentLength, options, context);
    const { account, container } = context.context;
    await this.metadataStore.checkContainerExist(context, account, container);
    let pack: OpenPack;
    try {
      pack = await readPack(body, contentLength);
    } catch (error) {
      throw errors.getInvalidOperation(context.contextId, (error as Error).message);
    }
    const piece = await this.extentStore.appendExtent(pack.content, context.contextId);
    const date = context.startTime;
    for (const { path, offset, length } of pack.files) {
      const bytes = pack.content.subarray(offset, offset + length);
      await this.metadataStore.createBlob(context, {
        deleted: false,
        metadata: undefined,
        accountName: account,
        containerName: container,
        name: nameOf(path),
        properties: {
          creationTime: date,
          lastModified: date,
          etag: newEtag(),
          contentLength: length,
          contentType: 'application/octet-stream',
          contentMD5: createHash('md5').update(bytes).digest(),
          ...PLAIN_PROPERTIES,
          accessTierChangeTime: date,
        },
        snapshot: '',
        isCommitted: true,
        persistency: { id: piece.id, offset: piece.offset + offset, count: length },
      });
    }
    return {
      statusCode: 201,
      eTag: newEtag(),
      lastModified: date,
      requestId: context.contextId,
      date,
      isServerEncrypted: true,
      clientRequestId: options.requestId,
    };
  };
}

/** K2, K3. */
async function readPack(body: AsyncIterable<Buffer>, contentLength: number): Promise<OpenPack> {
  if (contentLength > MAX_PACK_BYTES) throw new Error(`a pack has at most ${MAX_PACK_BYTES} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const pack = openPack(Buffer.concat(chunks));
  for (const { path } of pack.files) requireListableName(path);
  return pack;
}
