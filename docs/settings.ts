// Writes docs/settings.md from the settings themselves: `npm run docs:settings`.
import { writeFileSync } from 'node:fs';
import { SETTINGS, type Setting } from '../shared/settings.ts';

/** The settings as a Markdown table. */
export function settingsMarkdown(): string {
  const rows = Object.entries<Setting>(SETTINGS).map(([name, setting]) => {
    const bounds =
      setting.kind === 'number'
        ? `${setting.min} – ${setting.max}${setting.unit === undefined ? '' : ` ${setting.unit}`}`
        : setting.kind === 'choice'
          ? setting.choices?.map((c) => `\`${c}\``).join(' ')
          : setting.secret
            ? 'secret'
            : setting.kind;
    return `| \`${name}\` | ${setting.fallback === undefined ? '–' : `\`${setting.fallback}\``} | ${bounds} | ${setting.doc} |`;
  });
  return `# Settings

Environment variables (application settings in Azure, \`local.settings.json\` or the shell locally; the environment wins).
\`sluice doctor\` checks them all and says what to do. This page is written from \`shared/settings.ts\` by \`npm run docs:settings\`.

| setting | default | values | what it is for |
|---|---|---|---|
${rows.join('\n')}
`;
}

if (import.meta.main) writeFileSync(new URL('settings.md', import.meta.url), settingsMarkdown());
