#!/bin/sh
# Azure.Storage.Blobs 12.30.1 (.NET 10), @azure/storage-blob 12.33.0 (Node.js 20 and 24): one connection string, two SDKs of Azure.
# Behaviour: a member that the SDK does not know, here `Note=x` at the end of a connection string that is whole without it, is passed over by the SDK for
# JavaScript and refused by the one for .NET, as if the account's name and key were missing; the message does not name the member. The Functions host reads
# settings of triggers with the SDK for .NET, so an app whose JavaScript is content with such a setting does not start. Members of a connection string are
# described nowhere as closed: https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
# Seen: JavaScript: client for account a; .NET without the member: client for account a; .NET with it: FormatException: No valid combination of account
# information found.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
plain='DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net'
export PLAIN="$plain" MORE="$plain;Note=x"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @azure/storage-blob@12.33.0 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { BlobServiceClient } from '@azure/storage-blob';
console.log(`JavaScript: client for account ${BlobServiceClient.fromConnectionString(process.env.MORE).accountName}`);
JS
node seen.mjs > seen.txt
cat > seen.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Azure.Storage.Blobs" Version="12.30.1" /></ItemGroup>
</Project>
XML
cat > seen.cs <<'CS'
foreach (var (what, name) in new[] { ("without the member", "PLAIN"), ("with it", "MORE") })
{
    try
    {
        var client = new Azure.Storage.Blobs.BlobServiceClient(System.Environment.GetEnvironmentVariable(name));
        System.Console.WriteLine($".NET {what}: client for account {client.AccountName}");
    }
    catch (System.FormatException e)
    {
        System.Console.WriteLine($".NET {what}: FormatException: {e.Message}");
    }
}
CS
dotnet run --project seen.csproj >> seen.txt
cat seen.txt
cat > wanted.txt <<'TXT'
JavaScript: client for account a
.NET without the member: client for account a
.NET with it: FormatException: No valid combination of account information found.
TXT
cmp seen.txt wanted.txt
