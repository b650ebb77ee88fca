#!/bin/sh
# pptxgenjs 4.0.1 and docx 9.15.2 beside DocumentFormat.OpenXml 3.3.0 (the maker's own SDK and its validator, .NET 10), Node.js 20 and 24.
# Behaviour: what two usual writers of Office files in JavaScript make is not what the schemas say, without a warning.
# Every presentation of pptxgenjs is invalid, one with a single text box too: it writes the list of notes masters behind that of slides. ECMA-376 part 1,
# 19.2.1.26 (presentation) has a sequence: slide masters, notes masters, handout masters, slides. Its list of content types names a slide master for each
# slide, while the package has one. PowerPoint opens it all the same; whoever checks files before they are taken does not.
# A heading with a bullet is a paragraph of two styles in docx, `Heading1` and `ListParagraph`, where 17.3.1.26 (pStyle) allows one: whether it is a
# heading depends on whether a reader takes the first or the last. With `numbering` in place of `bullet` there is one style.
# Seen: pptxgenjs: 1 error (notesMasterIdLst), 2 slides name masters 1 and 2, the package has 1; docx: numbered heading 0 errors, bulleted 1 (pStyle)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/nuget" DOTNET_CLI_HOME="$folder" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts pptxgenjs@4.0.1 docx@9.15.2 >/dev/null 2>&1
cat > write.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { Document, Packer, Paragraph } from 'docx';
import { createRequire } from 'node:module';
const Presentation = createRequire(import.meta.url)('pptxgenjs');
const slides = new Presentation();
for (const text of ['first', 'second']) slides.addSlide().addText(text, { x: 1, y: 1 });
writeFileSync('slides.pptx', await slides.write({ outputType: 'nodebuffer' }));
const numbering = { config: [{ reference: 'n', levels: [{ level: 0, format: 'decimal', text: '%1.' }] }] };
const lists = { numbered: { numbering: { reference: 'n', level: 0 } }, bulleted: { bullet: { level: 0 } } };
for (const [name, list] of Object.entries(lists)) {
  const children = [new Paragraph({ text: 'x', heading: 'Heading1', ...list })];
  writeFileSync(`${name}.docx`, await Packer.toBuffer(new Document({ numbering, sections: [{ children }] })));
}
JS
mkdir check
cat > check/check.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="DocumentFormat.OpenXml" Version="3.3.0" /></ItemGroup>
</Project>
XML
cat > check/Program.cs <<'CS'
using System.IO.Compression;
using System.Text.RegularExpressions;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Validation;
static string Errors(OpenXmlPackage package) {
    var found = new OpenXmlValidator(FileFormatVersions.Microsoft365).Validate(package)
        .Select(error => Regex.Match(error.Description, @"unexpected child element '[^']*:(\w+)'").Groups[1].Value).ToList();
    return found.Count == 0 ? "0" : $"{found.Count} {string.Join(",", found)}";
}
using var slides = PresentationDocument.Open("slides.pptx", false);
using var numbered = WordprocessingDocument.Open("numbered.docx", false);
using var bulleted = WordprocessingDocument.Open("bulleted.docx", false);
using var zip = ZipFile.OpenRead("slides.pptx");
using var types = new StreamReader(zip.GetEntry("[Content_Types].xml")!.Open());
var named = Regex.Matches(types.ReadToEnd(), @"/ppt/slideMasters/slideMaster\d+\.xml").Count;
var there = zip.Entries.Count(entry => Regex.IsMatch(entry.FullName, @"^ppt/slideMasters/slideMaster\d+\.xml$"));
Console.WriteLine($"pptxgenjs: {Errors(slides)}; masters named {named}, there {there}; docx: numbered {Errors(numbered)}, bulleted {Errors(bulleted)}");
CS
node write.mjs
dotnet build check --output built --verbosity quiet -nodeReuse:false -p:UseSharedCompilation=false >/dev/null
seen=$(dotnet built/check.dll)
echo "$seen"
test "$seen" = 'pptxgenjs: 1 notesMasterIdLst; masters named 2, there 1; docx: numbered 0, bulleted 1 pStyle'
