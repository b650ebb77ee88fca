// Short messages at the edge of the page: what was done, and a way back where there is one.
import { signal } from '@preact/signals';
import { problemOf } from './problem.ts';
import { words } from './words/parts.ts';

interface Toast {
  id: number;
  text: string;
  tone: 'good' | 'bad' | 'plain';
  action?: { name: string; run(): void };
}

const toasts = signal<readonly Toast[]>([]);
const SHOWN_MS = 6000;
let nextId = 1;

/** Show a message for a few seconds; one with an action or a failure stays until it is closed or replaced by five newer ones. */
export function toast(text: string, tone: Toast['tone'] = 'plain', action?: Toast['action']): () => void {
  const id = nextId++;
  toasts.value = [...toasts.value.slice(-4), { id, text, tone, ...(action === undefined ? {} : { action }) }];
  const close = () => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  };
  if (tone !== 'bad') setTimeout(close, SHOWN_MS);
  return close;
}

/** An error as a message that says what to do. */
export const toastError = (error: unknown): void => {
  const { code = null, remedy = '' } = (error ?? {}) as { code?: string; remedy?: string }; // of an ApiError
  const problem = problemOf(code, error instanceof Error ? error.message : String(error), remedy);
  toast([problem.message, problem.remedy].filter(Boolean).join(' '), 'bad');
};

export function Toasts() {
  const close = (id: number) => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  };
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone, action }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>{text}</span>
          {action && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                action.run();
                close(id);
              }}
            >
              {action.name}
            </button>
          )}
          <button type="button" class="quiet icon" aria-label={words.closeMessage} onClick={() => close(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
