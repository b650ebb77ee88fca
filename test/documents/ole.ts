// OLE compound files made in memory for the tests.
import CFB from 'cfb';

/** A compound file with these streams below its root. */
export function ole(streams: Readonly<Record<string, Uint8Array>>): Buffer {
  const file = CFB.utils.cfb_new();
  for (const [name, content] of Object.entries(streams)) CFB.utils.cfb_add(file, `/${name}`, Buffer.from(content));
  CFB.utils.cfb_del(file, '/\x01Sh33tJ5'); // the library's own mark
  return Buffer.from(CFB.write(file, { type: 'buffer' }) as Uint8Array);
}

/** A stream of a compound file made here. */
export function streamOf(file: Buffer, name: string): Buffer {
  const content = CFB.find(CFB.read(file, { type: 'buffer' }), `/${name}`)?.content;
  if (content === undefined) throw new Error(`test: there is no stream ${name}`);
  return Buffer.from(content as Uint8Array); // read from a buffer, it holds bytes
}
