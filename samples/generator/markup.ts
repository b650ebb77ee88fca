// Blocks as a web page and as plain mail, and mails with their attachments.
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { type Block, plain } from './blocks.ts';
import type { Source } from './source.ts';

/** Blocks as a whole HTML page, with the navigation and script that real pages carry around their content. */
export function toHtml(blocks: readonly Block[], title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .5rem}</style>
<script>document.documentElement.dataset.ready = 'yes';</script>
</head>
<body>
<nav><a href="/">Home</a> <a href="/search">Search</a></nav>
<main>
${blocks.map(htmlBlock).join('\n')}
</main>
</body>
</html>
`;
}

function htmlBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${inline(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${block.lines.map(inline).join('<br>\n')}</p>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${inline(item)}</li>`).join('\n')}\n</ul>`;
    case 'table':
      return `<table>\n${block.rows.map((row) => `<tr>${row.map((cell) => `<td>${inline(cell)}</td>`).join('')}</tr>`).join('\n')}\n</table>`;
    case 'page-break':
      return '<hr>';
  }
}

function inline(text: string): string {
  return escapeHtml(text).replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.txt': 'text/plain; charset=utf-8',
};

export interface Attachment {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * A mail as it lies in an export: headers, text, attachments in base64 (RFC 5322, RFC 2045).
 * @throws {Error} when the source has no from, to, subject or date
 */
export function toMail(source: Source, attachments: readonly Attachment[]): string {
  const field = (name: string): string => {
    const value = source.header.get(name);
    if (value === undefined) throw new Error(`${source.id}: a mail needs ${name}, have none`);
    return value;
  };
  const id = createHash('sha256').update(source.id).digest('hex').slice(0, 24);
  const copy = source.header.get('cc');
  const head = [
    `From: ${encodeHeader(field('from'))}`,
    `To: ${encodeHeader(field('to'))}`,
    ...(copy === undefined ? [] : [`Cc: ${encodeHeader(copy)}`]),
    `Subject: ${encodeHeader(field('subject'))}`,
    `Date: ${new Date(field('date')).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@mail.example>`,
    'MIME-Version: 1.0',
  ];
  const text = [
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64(Buffer.from(plain(source.body).trimStart())),
  ];
  if (attachments.length === 0) return `${[...head, ...text].join('\r\n')}\r\n`;
  const boundary = `part-${id}`;
  const parts = attachments.map((attachment) => [
    `--${boundary}`,
    `Content-Type: ${MEDIA_TYPES[extname(attachment.name)] ?? 'application/octet-stream'}`,
    `Content-Disposition: attachment; filename="${attachment.name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    base64(attachment.bytes),
  ]);
  const lines = [
    ...head,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...text,
    ...parts.flat(),
    `--${boundary}--`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');
}

/** RFC 2047 words for headers beyond ASCII. */
function encodeHeader(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  return value.replace(
    /[^<>,]*[^\x20-\x7e][^<>,]*/g,
    (word) => `=?utf-8?B?${Buffer.from(word.trim()).toString('base64')}?= `,
  );
}
