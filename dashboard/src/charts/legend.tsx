// Names of colours.
import { type Series, toneClass } from './line-chart.tsx';

export function Legend({ entries }: { entries: readonly { name: string; tone: Series['tone'] }[] }) {
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
