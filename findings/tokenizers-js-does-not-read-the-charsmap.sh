#!/bin/sh
# @huggingface/tokenizers 0.2.0 (JavaScript) beside Tokenizers.DotNet 1.4.1 (the Rust library of the same makers, for .NET 10), Node.js 20 and 24, Linux x64.
# Behaviour: two normalizers of tokenizer.json do otherwise in JavaScript, without a word, so that a model is given other ids.
# `Precompiled` is SentencePiece's own table (`precompiled_charsmap`), which a model brings along: it may fold case, or leave alone what NFKC changes. The
# JavaScript class says that it applies the table, keeps it, and never reads it: every text gets NFKC and a fixed list of spaces instead. Models with
# SentencePiece's usual rule (nmt_nfkc) do not show it, those with nmt_nfkc_cf or a table of their own do.
# `Lowercase` (and BertNormalizer) takes a capital sigma at the end of a word for the final one, as JavaScript lowers whole texts; Rust lowers letter by
# letter and gives the other sigma, as a vocabulary made with it has it. To such a model Greek words written in capitals are unknown ones.
# Seen: table A → a: JavaScript Ab 0,2; ﬁ 3; Rust Ab 1,2; ﬁ 4. Lowercase: JavaScript ΟΔΟΣ 1; Rust ΟΔΟΣ 2 (1 ends with the final sigma)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/nuget" DOTNET_CLI_HOME="$folder" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @huggingface/tokenizers@0.2.0 >/dev/null 2>&1
cat > javascript.mjs <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
// A table with one entry, A → a: length of the trie, a double array of 512 units, texts that end with NUL.
const units = new Uint32Array(512);
const [root, letter] = [256, 0x41];
units[0] = root << 10; // offset of the root's children
units[root ^ letter] = letter | (1 << 8) | (1 << 10); // its label, "a value follows", offset 1
units[root ^ letter ^ 1] = 0; // the value: where in the texts
const table = Buffer.concat([new Uint8Array(Uint32Array.of(units.byteLength).buffer), new Uint8Array(units.buffer), Buffer.from('a\0')]);
const parts = { version: '1.0', truncation: null, padding: null, added_tokens: [], pre_tokenizer: null, post_processor: null, decoder: null };
const files = {
  table: {
    ...parts,
    normalizer: { type: 'Precompiled', precompiled_charsmap: table.toString('base64') },
    model: { type: 'Unigram', unk_id: 0, vocab: [['<unk>', 0], ['a', -1], ['b', -1], ['fi', -1], ['\ufb01', -1]] },
  },
  lower: {
    ...parts,
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: { type: 'WordLevel', unk_token: '[UNK]', vocab: { '[UNK]': 0, 'οδο\u03c2': 1, 'οδο\u03c3': 2 } },
  },
};
for (const [name, file] of Object.entries(files)) writeFileSync(`${name}.json`, JSON.stringify(file));
const shown = process.argv.slice(2).map((pair) => {
  const [name, text] = pair.split('=');
  return `${text} ${new Tokenizer(JSON.parse(readFileSync(`${name}.json`, 'utf8')), {}).encode(text).ids.join()}`;
});
console.log(shown.join('; '));
JS
mkdir rust
cat > rust/rust.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Tokenizers.DotNet" Version="1.4.1" />
    <PackageReference Include="Tokenizers.DotNet.runtime.linux-x64" Version="1.4.1" />
  </ItemGroup>
</Project>
XML
cat > rust/Program.cs <<'CS'
var shown = args.Select(pair => pair.Split('=')).Select(pair =>
    $"{pair[1]} {string.Join(",", new Tokenizers.DotNet.Tokenizer($"{pair[0]}.json").Encode(pair[1]))}");
Console.WriteLine(string.Join("; ", shown));
CS
javascript=$(node javascript.mjs table=Ab table=ﬁ lower=ΟΔΟΣ)
dotnet build rust --output built --verbosity quiet -nodeReuse:false -p:UseSharedCompilation=false >/dev/null
rust=$(dotnet built/rust.dll table=Ab table=ﬁ lower=ΟΔΟΣ)
echo "JavaScript: $javascript; Rust: $rust"
test "$javascript" = 'Ab 0,2; ﬁ 3; ΟΔΟΣ 1' && test "$rust" = 'Ab 1,2; ﬁ 4; ΟΔΟΣ 2'
