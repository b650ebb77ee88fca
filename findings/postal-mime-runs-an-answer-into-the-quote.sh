#!/bin/sh
# postal-mime 4.0.0 beside mailparser 3.14.2 (of the same author), Node.js 20 and 24: mails as Thunderbird and others write them (format=flowed).
# Behaviour: postal-mime joins flowed lines without a look at their quote marks. RFC 3676, 4.5: the marks of each line are taken off before lines are joined,
# and lines of different depth never are. So a quoted sentence gets a `>` in its midst, and an answer below a quoted line that ends with a space becomes
# part of the quote: who said what is lost, without an error.
# Two more of the kind: a comment within a comment of an address (RFC 5322, 3.2.2) leaves its bracket in the address, which nobody can write to; and a line
# of quoted-printable that a relay has given a blank behind its `=` is no soft break any more (RFC 2045, 6.7 (3): such blanks are to be deleted).
# Seen: "> one \n> two" is "> one > two", in mailparser "> one two"; "> one \nanswer" is "> one answer", there "> one \nanswer";
# the address of "a@example.com (b (c))" is "a@example.com)", there "a@example.com"; "d= \ne" stays, there "de"
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund postal-mime@4.0.0 mailparser@3.14.2 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const both = async (lines) => {
  const mail = `${lines.join('\r\n')}\r\n`;
  return [await PostalMime.parse(mail), await simpleParser(mail)];
};
const texts = async (...lines) => (await both(lines)).map(({ text }) => text.trim());
const flowed = 'Content-Type: text/plain; charset=utf-8; format=flowed';
const [{ from }, sibling] = await both(['From: a@example.com (b (c))', '', 'x']);
const seen = [
  await texts(flowed, '', '> one ', '> two'),
  await texts(flowed, '', '> one ', 'answer'),
  [from.address, sibling.from.value[0].address],
  await texts('Content-Type: text/plain', 'Content-Transfer-Encoding: quoted-printable', '', 'd= ', 'e'),
];
for (const [here, there] of seen) console.log(`${JSON.stringify(here)}, there ${JSON.stringify(there)}`);
const expected = [['> one > two', '> one two'], ['> one answer', '> one \nanswer'], ['a@example.com)', 'a@example.com'], ['d= \ne', 'de']];
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JS
node seen.mjs
