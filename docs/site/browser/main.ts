// What a page does beyond being read: the search by mouse and keyboard, and boxes that scroll by keyboard where they are too narrow.
import type { SearchEntry } from '../site.ts';
import { excerpt } from './excerpt.ts';
import { type Hit, searchIn } from './search.ts';

const EXCERPT_LENGTH = 170;
const MOST_SHOWN = 12;

function element<E extends Element>(selector: string, kind: new () => E): E {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`the page has no ${selector}`);
  return found;
}

const box = element('search', HTMLElement);
const input = element('search input', HTMLInputElement);
const found = element('search .found', HTMLElement);
const state = element('#site-search-state', HTMLElement);
const list = element('search ol', HTMLOListElement);

let searching: Promise<(question: string) => Hit[]> | undefined;

/** Fetched once; after a failure the next question tries again. */
function search(): Promise<(question: string) => Hit[]> {
  searching ??= read(box.dataset.entries ?? '').then(searchIn, (error: unknown) => {
    searching = undefined;
    throw error;
  });
  return searching;
}

async function read(path: string): Promise<SearchEntry[]> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return response.json();
}

async function answer(): Promise<void> {
  const question = input.value.trim();
  if (question === '') return close();
  found.hidden = false;
  try {
    const find = await search();
    if (input.value.trim() !== question) return; // a later question is on its way
    const hits = find(question);
    list.replaceChildren(...hits.slice(0, MOST_SHOWN).map(entry));
    state.textContent =
      hits.length === 0
        ? `Nothing has the words “${question}”`
        : hits.length > MOST_SHOWN
          ? `The best ${MOST_SHOWN} of ${hits.length}`
          : `${hits.length} found, the best first`;
  } catch (error) {
    list.replaceChildren();
    state.textContent = `The search does not work: ${error instanceof Error ? error.message : String(error)}. Load the page again.`;
  }
}

function entry({ href, page, title, text, words }: Hit): HTMLLIElement {
  const link = document.createElement('a');
  link.href = href;
  link.append(line('strong', title, words), line('span', page, new Set()), line('p', text, words));
  const item = document.createElement('li');
  item.append(link);
  return item;
}

function line(tag: string, text: string, words: ReadonlySet<string>): HTMLElement {
  const made = document.createElement(tag);
  for (const piece of excerpt(text, words, EXCERPT_LENGTH)) {
    if (!piece.isFound) made.append(piece.text);
    else {
      const mark = document.createElement('mark');
      mark.textContent = piece.text;
      made.append(mark);
    }
  }
  return made;
}

function close(): void {
  found.hidden = true;
  list.replaceChildren();
  state.textContent = '';
}

/** Up from the first entry is the field; down from the last stays. */
function move(by: 1 | -1): void {
  const links: Element[] = [...list.querySelectorAll('a')];
  const next = links.indexOf(document.activeElement ?? input) + by;
  const target = next < 0 ? input : links[Math.min(next, links.length - 1)];
  if (target instanceof HTMLElement) target.focus();
}

function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape') {
    close();
    input.value = '';
    input.focus();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    move(event.key === 'ArrowDown' ? 1 : -1);
  } else if (event.key === 'Enter' && event.target === input) list.querySelector('a')?.click();
}

box.hidden = false;
input.addEventListener('focus', () => void search().catch(() => {})); // told when something is asked
input.addEventListener('input', () => void answer());
box.addEventListener('keydown', onKey);
list.addEventListener('click', close); // an entry may lead to this very page
document.addEventListener('click', ({ target }) => {
  if (target instanceof Node && !box.contains(target)) close();
});
document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  input.focus();
  input.select();
});

// What scrolls sideways must be reachable by keyboard; what does not would be a stop for nothing.
const boxes = new ResizeObserver((changed) => {
  for (const { target } of changed) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0');
    else target.removeAttribute('tabindex');
  }
});
for (const wide of document.querySelectorAll('main .table, main pre')) boxes.observe(wide);

// A menu of a narrow screen has done its work when something was chosen of it.
for (const menu of document.querySelectorAll<HTMLElement>('nav[popover]'))
  menu.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement && menu.matches(':popover-open')) menu.hidePopover();
  });
