#!/bin/sh
# @azure/storage-queue 12.30.0 and 12.31.0 with @azure/core-xml 1.5.1 and 1.6.1, Node.js 20 and 24: texts of queue messages.
# Behaviour: sendMessage() takes every line feed out of a message before it is sent, without an error: stringifyXML of @azure/core-xml deletes "\n" from
# the finished document, where it is content as well as layout. XML 1.0, 2.10: what is no markup is passed on. On the way back the same package leaves
# numeric references as they stand (XML 1.0, 4.1: they are the characters): a carriage return, which XML can only hold as `&#xD;`, is read as five
# letters, in texts of messages and in names of listed blobs alike. Put Message asks for nothing but UTF-8 that XML can hold.
# Lines of CSV or JSON Lines in a message are one line afterwards; whoever encodes messages as base64 never sees it. storage-queue 12.32.0 (Node.js 22) has
# left core-xml: it keeps line feeds, and reads numeric references as before.
# Seen: "a\nb" is sent as "ab", "a\r\nb" as "a\rb"; "a&#xD;b" is read as "a&#xD;b", and a blob "Icon&#xD;" of a listing has the name "Icon&#xD;"
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @azure/storage-queue@12.30.0 @azure/storage-blob@12.33.0 @azure/core-xml@1.6.1 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { createServer } from 'node:http';
import { AnonymousCredential as Nobody, ContainerClient } from '@azure/storage-blob';
import { AnonymousCredential, QueueClient } from '@azure/storage-queue';
// A service in the shape of the REST reference: it keeps what is posted, and answers with one message or one blob.
const day = 'Mon, 30 Nov 2026 00:00:00 GMT';
const message = `<QueueMessagesList><QueueMessage><MessageId>1</MessageId><InsertionTime>${day}</InsertionTime><ExpirationTime>${day}</ExpirationTime>
<PopReceipt>p</PopReceipt><TimeNextVisible>${day}</TimeNextVisible><DequeueCount>1</DequeueCount><MessageText>a&#xD;b</MessageText></QueueMessage></QueueMessagesList>`;
const blob = `<EnumerationResults ServiceEndpoint="" ContainerName="c"><Blobs><Blob><Name>Icon&#xD;</Name><Properties><Last-Modified>${day}</Last-Modified>
<Etag>0x1</Etag><Content-Length>1</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob></Blobs><NextMarker /></EnumerationResults>`;
const sent = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  if (request.method === 'POST') sent.push(/<MessageText>([^]*)<\/MessageText>/.exec(body)[1]);
  response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="utf-8"?>${request.url.includes('comp=list') ? blob : message}`);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const account = `http://127.0.0.1:${server.address().port}/account`;
const queue = new QueueClient(`${account}/q`, new AnonymousCredential());
await queue.sendMessage('a\nb');
await queue.sendMessage('a\r\nb');
const [{ messageText }] = (await queue.receiveMessages()).receivedMessageItems;
const { value } = await new ContainerClient(`${account}/c`, new Nobody()).listBlobsFlat().next();
server.close();
const seen = [...sent, messageText, value.name];
console.log(`sent: ${JSON.stringify(sent)}; read of a&#xD;b: ${JSON.stringify(messageText)}; of the blob Icon&#xD;: ${JSON.stringify(value.name)}`);
process.exit(JSON.stringify(seen) === JSON.stringify(['ab', 'a\rb', 'a&#xD;b', 'Icon&#xD;']) ? 0 : 1);
JS
node seen.mjs
