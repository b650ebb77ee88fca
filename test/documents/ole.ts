// OLE compound files made in memory for the tests.
import CFB from 'cfb';

/** A compound file with these streams below its root. */
export function ole(streams: Readonly<Record<string, Uint8Array>>): Buffer {
  const file = CFB.utils.cfb_new();
  for (const [name, content] of Object.entries(streams)) CFB.utils.cfb_add(file, `/${name}`, Buffer.from(content));
  CFB.utils.cfb_del(file, '/\x01Sh33tJ5'); // the library's own mark
  return Buffer.from(CFB.write(file, { type: 'buffer' }) as Uint8Array);
}
