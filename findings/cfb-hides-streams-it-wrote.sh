#!/bin/sh
# cfb 1.2.2 (SheetJS), Node.js 20 and 24: compound files (doc, xls, ppt, msg and objects within them) that it writes.
# Behaviour: a stream that CFB.write put into a file cannot be found in it the way the format says. [MS-CFB] 2.6.4 orders the names of a storage by
# length, then by their upper case, as a tree to be searched; the library orders by the codes of the letters as they stand and hangs each entry to the right
# of the one before. Names of one length in both cases come in another order then, and the search turns left where nothing hangs: `Module2` is there
# and `module1` is not. The library itself and others that walk all entries see both, which is why nobody notices. Into each file goes a
# stream `\u0001Sh33tJ5` that nobody asked for.
# Seen: Module2 found, module1 not found; Walnut found, walnut1 found; the file holds \u0001Sh33tJ5, Module2, Walnut, module1, walnut1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund cfb@1.2.2 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import CFB from 'cfb';
const [SECTOR, ENTRY, NONE] = [512, 128, 0xffffffff];
const names = ['module1', 'Module2', 'Walnut', 'walnut1'];
const file = CFB.utils.cfb_new();
for (const name of names) CFB.utils.cfb_add(file, `/${name}`, Buffer.alloc(5000, name));
const bytes = CFB.write(file, { type: 'buffer' });
/** A directory entry: the directory's chain of sectors is followed in the first sector of the allocation table ([MS-CFB] 2.2, 2.3, 2.6.1). */
function entry(id) {
  const table = (bytes.readUInt32LE(76) + 1) * SECTOR;
  let sector = bytes.readUInt32LE(48);
  for (let at = id; at >= SECTOR / ENTRY; at -= SECTOR / ENTRY) sector = bytes.readUInt32LE(table + sector * 4);
  const from = (sector + 1) * SECTOR + (id % (SECTOR / ENTRY)) * ENTRY;
  const one = bytes.subarray(from, from + ENTRY);
  const name = one.toString('utf16le', 0, one.readUInt16LE(64) - 2);
  return { name, left: one.readUInt32LE(68), right: one.readUInt32LE(72), child: one.readUInt32LE(76) };
}
/** [MS-CFB] 2.6.4: the shorter name is less, then the one whose upper case is. */
function order(a, b) {
  const [x, y] = [a.toUpperCase(), b.toUpperCase()];
  return a.length - b.length || (x < y ? -1 : Number(x > y));
}
function isFound(name) {
  let id = entry(0).child;
  while (id !== NONE) {
    const { name: here, left, right } = entry(id);
    const side = order(name, here);
    if (side === 0) return true;
    id = side < 0 ? left : right;
  }
  return false;
}
const held = CFB.read(bytes, { type: 'buffer' }).FileIndex.filter(({ type }) => type === 2).map(({ name }) => name).sort();
const found = names.filter(isFound);
console.log(`found: ${found.join(', ')}; held: ${JSON.stringify(held)}`);
process.exit(found.join() === 'Module2,Walnut,walnut1' && held.join() === '\u0001Sh33tJ5,Module2,Walnut,module1,walnut1' ? 0 : 1);
JS
node seen.mjs
