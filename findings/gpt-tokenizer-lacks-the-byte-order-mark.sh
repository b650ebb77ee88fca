#!/bin/sh
# gpt-tokenizer 4.0.0 beside tiktoken 1.0.22 (OpenAI's own tokenizer as WebAssembly), Node.js 20 and 24: texts that begin with a byte order mark.
# Behaviour: tokens that begin with U+FEFF are never given out by encode(), though the vocabulary has them (cl100k_base eight: the mark alone, before
# "using", "namespace", "#", "//" …): the mark becomes two tokens of bytes, and what follows is cut otherwise. decode() of the mark alone is an empty
# text. The README calls the package a port of tiktoken. Whoever counts tokens of files from Windows, which begin so, counts others than the service
# does, and a model is given ids that it has hardly met; without the mark both agree.
# Seen: "\ufeffusing System;" is 171,3299,985,744,26 here and 4117,744,26 in tiktoken; "using System;" is 985,744,26 in both; 8 of 8 are never given out
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund gpt-tokenizer@4.0.0 tiktoken@1.0.22 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { get_encoding } from 'tiktoken';
const theirs = get_encoding('cl100k_base');
const ids = (text) => [encode(text).join(), theirs.encode(text).join()];
const [marked, plain] = [ids('\ufeffusing System;'), ids('using System;')];
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
let [known, lost] = [0, 0];
for (let token = 0; token < 100_256; token++) {
  const text = decoder.decode(theirs.decode_single_token_bytes(token));
  if (!text.startsWith('\ufeff') || theirs.encode(text).length > 1) continue;
  known++;
  if (encode(text).length > 1) lost++;
}
console.log(`marked: ${marked.join(' and ')}; plain: ${plain.join(' and ')}; tokens that begin with the mark: ${known}, never given out: ${lost}`);
const isSo = marked[0] === '171,3299,985,744,26' && marked[1] === '4117,744,26' && plain[0] === plain[1] && known === 8 && lost === 8;
process.exit(isSo ? 0 : 1);
JS
node seen.mjs
