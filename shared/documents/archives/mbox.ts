// Mail folders in mbox form: each message between two "From " lines is a member.
import type { Archive, ArchiveMember } from './archive.ts';

// A separator stands at the start or after an empty line and ends with a date; ">From " in a body is quoted text.
const SEPARATOR = /(?:^|\n\r?\n)(From [^\n]*\d\d:\d\d[^\n]*\n)/g;

export function listMbox(bytes: Uint8Array): Archive {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'); // one char per byte: offsets are byte offsets
  const starts: { separator: number; message: number }[] = [];
  for (const match of text.matchAll(SEPARATOR)) {
    const line = match[1]!; // the group is not optional
    const message = match.index + match[0].length;
    starts.push({ separator: message - line.length, message });
  }
  return { entryCount: starts.length, members: () => messages(bytes, starts) };
}

/** Lines that would look like separators are marked by the program that writes the folder, marked ones once more. */
function withoutMarks(message: Uint8Array): Uint8Array {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (!bytes.includes('\n>From ') && !bytes.includes('\n>>')) return message;
  return Buffer.from(bytes.toString('latin1').replace(/\n>(?=>*From )/g, '\n'), 'latin1');
}

async function* messages(
  bytes: Uint8Array,
  starts: readonly { separator: number; message: number }[],
): AsyncIterable<ArchiveMember> {
  for (const [i, { message }] of starts.entries()) {
    const content = bytes.subarray(message, starts[i + 1]?.separator ?? bytes.length);
    yield { name: `message-${i + 1}.eml`, packedBytes: content.length, read: async () => withoutMarks(content) };
  }
}
