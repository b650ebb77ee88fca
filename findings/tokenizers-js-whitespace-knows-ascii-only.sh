#!/bin/sh
# @huggingface/tokenizers 0.2.0 (JavaScript) beside Tokenizers.DotNet 1.4.1 (the Rust library of the same makers, for .NET 10), Node.js 20 and 24, Linux x64.
# Behaviour: one tokenizer.json with the pre-tokenizer `Whitespace` gives other ids in JavaScript as soon as a word has a letter outside ASCII in it:
# "für" is the three pieces f, ü, r. The documentation of the format gives the rule as `\w+|[^\w\s]+`; the JavaScript library runs just that as a
# regular expression of JavaScript, where \w is [A-Za-z0-9_], while the engine that the format was written for takes all of Unicode. Its README tells of a
# translator that keeps \w as that engine has it: this pre-tokenizer goes past it. No error is raised; words of the vocabulary become unknown ones.
# A word all of other letters stays whole, so Greek and Russian seem right, and German, French or Polish do not.
# Seen: JavaScript: für 3,4,5; naïve 6,7,8; привет 9; Rust: für 1; naïve 2; привет 9
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/nuget" DOTNET_CLI_HOME="$folder" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @huggingface/tokenizers@0.2.0 >/dev/null 2>&1
cat > tokenizer.json <<'JSON'
{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "post_processor": null, "decoder": null,
 "pre_tokenizer": {"type": "Whitespace"},
 "model": {"type": "WordLevel", "unk_token": "[UNK]",
  "vocab": {"[UNK]": 0, "für": 1, "naïve": 2, "f": 3, "ü": 4, "r": 5, "na": 6, "ï": 7, "ve": 8, "привет": 9}}}
JSON
cat > javascript.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
const tokenizer = new Tokenizer(JSON.parse(readFileSync('tokenizer.json', 'utf8')), {});
console.log(process.argv.slice(2).map((word) => `${word} ${tokenizer.encode(word).ids.join()}`).join('; '));
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
var tokenizer = new Tokenizers.DotNet.Tokenizer("tokenizer.json");
Console.WriteLine(string.Join("; ", args.Select(word => $"{word} {string.Join(",", tokenizer.Encode(word))}")));
CS
javascript=$(node javascript.mjs für naïve привет)
dotnet build rust --output built --verbosity quiet -nodeReuse:false -p:UseSharedCompilation=false >/dev/null
rust=$(dotnet built/rust.dll für naïve привет)
echo "JavaScript: $javascript; Rust: $rust"
test "$javascript" = 'für 3,4,5; naïve 6,7,8; привет 9' && test "$rust" = 'für 1; naïve 2; привет 9'
