#!/bin/sh
# Microsoft.ML.Tokenizers 2.0.1 beside Tokenizers.DotNet 1.4.1 (Hugging Face's library in Rust), .NET 10, Linux x64: the same WordPiece vocabulary.
# Behaviour: BertTokenizer gives a BERT model another text than the one it was trained on, without an error or an unknown token in its place.
# Line ends and tabs are deleted where BERT makes blanks of them, so the last word of a line and the first of the next become one; signs that are neither
# letters, digits nor punctuation in Unicode's sense ($ € + < = > ^ ~ |, emoji) are left out, though the vocabularies have tokens for them; and accents stay
# on in its lower case (RemoveNonSpacingMarks is off), where BERT's uncased models take both off together. The reference is BERT's own tokenization.py
# (_clean_text, _is_punctuation, do_lower_case), which the Rust library follows with the settings that such models are published with.
# Whoever makes vectors in .NET with such a model, and compares them with those made elsewhere, compares different texts.
# Seen: ids of ML.NET / of Rust: "a\nb" 3 / 1,2; "a\tb" 3 / 1,2; "a $ b" 1,2 / 1,4,2; "a=b" 1,2 / 1,5,2; "Café" 7 / 6
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/nuget" DOTNET_CLI_HOME="$folder" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
mkdir seen
cat > seen/seen.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.ML.Tokenizers" Version="2.0.1" />
    <PackageReference Include="Tokenizers.DotNet" Version="1.4.1" />
    <PackageReference Include="Tokenizers.DotNet.runtime.linux-x64" Version="1.4.1" />
  </ItemGroup>
</Project>
XML
cat > seen/Program.cs <<'CS'
using System.Text;
using System.Text.Json;
string[] words = ["[UNK]", "a", "b", "ab", "$", "=", "cafe", "café", "[CLS]", "[SEP]", "[PAD]", "[MASK]"];
var vocabulary = string.Join(",", words.Select((word, id) => $"{JsonSerializer.Serialize(word)}:{id}"));
File.WriteAllText("tokenizer.json", """
{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "post_processor": null, "decoder": null,
 "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
 "pre_tokenizer": {"type": "BertPreTokenizer"},
 "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {VOCABULARY}}}
""".Replace("VOCABULARY", vocabulary));
var rust = new Tokenizers.DotNet.Tokenizer("tokenizer.json");
using var lines = new MemoryStream(Encoding.UTF8.GetBytes(string.Join("\n", words) + "\n"));
var net = Microsoft.ML.Tokenizers.BertTokenizer.Create(lines);
string[] texts = ["a\nb", "a\tb", "a $ b", "a=b", "Café"];
Console.WriteLine(string.Join("; ", texts.Select(text =>
    $"{string.Join(",", net.EncodeToIds(text, addSpecialTokens: false))} / {string.Join(",", rust.Encode(text))}")));
CS
dotnet build seen --output built --verbosity quiet -nodeReuse:false -p:UseSharedCompilation=false >/dev/null
seen=$(dotnet built/seen.dll)
echo "$seen"
test "$seen" = '3 / 1,2; 3 / 1,2; 1,2 / 1,4,2; 1,2 / 1,5,2; 7 / 6'
