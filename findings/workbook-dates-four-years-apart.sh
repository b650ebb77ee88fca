#!/bin/sh
# @e965/xlsx 0.20.3 (SheetJS) writing, ExcelDataReader 3.6.0 (.NET 10) reading, Node.js 20 and 24: workbooks that count days from 1904.
# Behaviour: each date of such a workbook is read four years and a day too early, without an error. The writer sets the workbook's switch as
# date1904="true"; the reader knows it as "1" only. ECMA-376 part 1, 18.2.28 (workbookPr) has it as an xsd:boolean, for which "true" and "1" are the same
# (XML Schema part 2, 3.2.2). Excel writes "1", so either library passes the tests it was made with; where they meet, every date of a workbook that came from an
# old Mac is another day.
# Seen: serial 45000 with date1904="true" is 2023-03-15 in ExcelDataReader, with date1904="1" 2027-03-16; SheetJS reads 2027-03-16 from both
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/nuget" DOTNET_CLI_HOME="$folder" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @e965/xlsx@0.20.3 >/dev/null 2>&1
cat > write.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const { CFB, read, utils, write } = createRequire(import.meta.url)('@e965/xlsx');
const sheet = utils.aoa_to_sheet([[45000]]);
sheet.A1.z = 'yyyy-mm-dd';
const book = utils.book_new();
utils.book_append_sheet(book, sheet, 'dates');
book.Workbook = { WBProps: { date1904: true } };
const written = write(book, { type: 'buffer', bookType: 'xlsx' });
// The same workbook with the other way to write the switch.
const parts = CFB.read(written, { type: 'buffer' });
const part = CFB.find(parts, '/xl/workbook.xml');
const xml = Buffer.from(part.content).toString();
if (!xml.includes('date1904="true"')) throw new Error('the switch is written otherwise');
part.content = Buffer.from(xml.replace('date1904="true"', 'date1904="1"'));
const files = { true: written, 1: CFB.write(parts, { type: 'buffer', fileType: 'zip' }) };
for (const [name, bytes] of Object.entries(files)) writeFileSync(`${name}.xlsx`, bytes);
console.log(Object.values(files).map((bytes) => utils.sheet_to_csv(read(bytes, { type: 'buffer' }).Sheets.dates)).join(', '));
JS
mkdir reader
cat > reader/reader.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="ExcelDataReader" Version="3.6.0" /></ItemGroup>
</Project>
XML
cat > reader/Program.cs <<'CS'
System.Text.Encoding.RegisterProvider(System.Text.CodePagesEncodingProvider.Instance); // the reader asks for code page 1252
Console.WriteLine(string.Join(", ", args.Select(file => {
    using var bytes = File.OpenRead(file);
    using var reader = ExcelDataReader.ExcelReaderFactory.CreateReader(bytes);
    reader.Read();
    return reader.GetDateTime(0).ToString("yyyy-MM-dd");
})));
CS
sheetjs=$(node write.mjs)
dotnet build reader --output built --verbosity quiet -nodeReuse:false -p:UseSharedCompilation=false >/dev/null
reader=$(dotnet built/reader.dll true.xlsx 1.xlsx)
echo "SheetJS: $sheetjs; ExcelDataReader: $reader"
test "$sheetjs; $reader" = '2027-03-16, 2027-03-16; 2023-03-15, 2027-03-16'
