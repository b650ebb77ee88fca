#!/bin/sh
# libarchive-wasm 1.2.0 reading what 7z-wasm 1.2.0 (7-Zip itself) wrote, Node.js 20 and 24: names of members with letters outside ASCII.
# Behaviour: getPathname() gives a star for each letter outside ASCII, for 7z and zip alike, and an empty text for tar, though it asks libarchive for the
# name in UTF-8 (archive_entry_pathname_utf8); most likely because no locale is set, which libarchive asks its callers for and the package has no call
# for. A 7z holds its names in UTF-16 and a zip says by its flag that they are UTF-8 (APPNOTE 4.4.4, bit 11), so nothing has to be guessed. Contents are
# right and no error is raised; different members get one name, and whoever writes them to a disk by it keeps the last.
# Seen: Ä.txt and Ö.txt: 7z *.txt, *.txt; zip *.txt, *.txt; tar "", ""; their contents are told apart
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund libarchive-wasm@1.2.0 7z-wasm@1.2.0 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import SevenZip from '7z-wasm';
import { ArchiveReader, libarchiveWasm } from 'libarchive-wasm';
const silent = () => undefined;
const packer = await SevenZip({ print: silent, printErr: silent });
const files = ['Ä.txt', 'Ö.txt'];
for (const name of files) packer.FS.writeFile(name, `this is ${name}`);
const names = [];
for (const kind of ['7z', 'zip', 'tar']) {
  packer.callMain(['a', `a.${kind}`, ...files]);
  const reader = new ArchiveReader(await libarchiveWasm(), new Int8Array(packer.FS.readFile(`a.${kind}`)));
  const [found, contents] = [[], []];
  for (const entry of reader.entries()) {
    found.push(entry.getPathname());
    contents.push(new TextDecoder().decode(entry.readData()));
  }
  reader.free();
  if (contents.join() !== files.map((name) => `this is ${name}`).join()) throw new Error(`${kind}: other contents`);
  names.push(found);
}
console.log(`7z ${JSON.stringify(names[0])}; zip ${JSON.stringify(names[1])}; tar ${JSON.stringify(names[2])}`);
process.exit(JSON.stringify(names) === JSON.stringify([['*.txt', '*.txt'], ['*.txt', '*.txt'], ['', '']]) ? 0 : 1);
JS
node seen.mjs
