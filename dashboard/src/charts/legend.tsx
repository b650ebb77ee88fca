// Names of colours.
import { type Tone, toneClass } from './tone.ts';

export function Legend({ entries }: { entries: readonly { name: string; tone: Tone }[] }) {
  return (
    <ul class="legend">
      {entries.map(({ name, tone }) => (
        <li key={name}>
          <span class={`swatch ${toneClass(tone)}`} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}
