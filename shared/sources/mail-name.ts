// What a mail is called where files have names: its subject. It is shown, and filters look at it; no path of storage is made of it.

const LONGEST = 200;

/** `Invoice 7.eml`. Slashes would be folders, control characters nothing that can be shown. */
export function mailName(subject: string): string {
  const shown = subject
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .replace(/[/\\]/g, '-')
    .trim();
  return `${[...shown].slice(0, LONGEST).join('').trim() || '(no subject)'}.eml`;
}
