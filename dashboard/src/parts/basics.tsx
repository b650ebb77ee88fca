// Small parts used by every view: badges, meters, facts, tiles, pages of a list.
import type { ComponentChildren } from 'preact';
import { count, sure } from '../format.ts';
import { words } from '../words/parts.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'plain';

export function Badge({
  tone = 'plain',
  title,
  children,
}: {
  tone?: Tone;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

const STATUS_TONES: Readonly<Record<string, Tone>> = {
  labelled: 'good',
  review: 'warn',
  failed: 'bad',
  completed: 'good',
  running: 'accent',
  pending: 'plain',
  cancelled: 'plain',
};

/** State of a run or status of a document, by colour and word. */
export const StatusBadge = ({ status }: { status: string }) => (
  <Badge tone={STATUS_TONES[status] ?? 'plain'}>{words.status[status] ?? status}</Badge>
);

/** A confidence as bar and number; nothing where none is known. @param value  0..1 */
export function Confidence({ value }: { value: number | null }) {
  if (value === null) return <span class="dim">–</span>;
  return (
    <span class="confidence">
      <Meter value={value} label={words.confidence(sure(value))} />
      {sure(value)}
    </span>
  );
}

/** A share as a bar. @param value  0..1 */
export function Meter({ value, label, tone = 'accent' }: { value: number; label: string; tone?: Tone }) {
  const share = Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0));
  return (
    <span class={`meter ${tone}`} role="img" aria-label={label}>
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}

/** Work done, for screen readers too. */
export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={words.of(count(done), count(total))}
    >
      <span style={{ width: `${total === 0 ? 0 : Math.min(100, (done / total) * 100)}%` }} />
    </div>
  );
}

/** Names and values in pairs; pairs whose value is null or undefined are left out. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** One big number with its name; `note` says what it is measured against. */
export function Tile({ name, value, note, tone = 'plain', href }: TileProps) {
  const body = (
    <>
      <span class="tile-name">{name}</span>
      <span class="tile-value">{value}</span>
      {note !== undefined && <span class="tile-note">{note}</span>}
    </>
  );
  return href === undefined ? (
    <div class={`tile ${tone}`}>{body}</div>
  ) : (
    <a class={`tile ${tone}`} href={href}>
      {body}
    </a>
  );
}

interface TileProps {
  name: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  tone?: Tone;
  href?: string;
}

/** A wide table that scrolls sideways by itself, so that the page does not. */
export function TableBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section class="table-box" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
