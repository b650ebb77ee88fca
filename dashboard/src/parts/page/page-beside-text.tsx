// A document as it looks, beside what was read of it: side by side where there is room, one after the other's key where there is not.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Evidence } from '../../../../shared/api/answers.ts';
import type { PagePlaces } from '../../../../shared/api/insights.ts';
import { type ApiError, getJson } from '../../api.ts';
import { useResource } from '../../resource.ts';
import { Loading } from '../states.tsx';
import { doubtfulPages, FIRST_LOOK, LOOK_KEYS, type Look, type LookCommand, looked, widthFor } from './look.ts';
import { hasQuote, marksOf } from './marks.ts';
import { PagePicture, useWidth } from './page-picture.tsx';
import { usePicture } from './use-picture.ts';
import '../../../style/page.css';
import { problemOf } from '../../problem.ts';
import { words } from '../../words/parts.ts';

/** Which of the two is shown where there is room for one; kept from document to document. */
const side = signal<'page' | 'text'>('page');
/** Pages looked at for a quote that is not on the one shown. */
const MAX_SEARCHED = 50;

interface PageBesideTextProps {
  documentId: string;
  evidence: readonly Evidence[];
  quote: string | null;
  warnings: readonly string[];
  /** The text, marked. */
  children: ComponentChildren;
}

export function PageBesideText({ documentId, evidence, quote, warnings, children }: PageBesideTextProps) {
  const [look, setLook] = useState<Look>(FIRST_LOOK);
  const [frame, width] = useWidth();
  const path = `documents/${documentId}/pages/${look.page}`;
  const picture = usePicture(width === 0 ? null : `${path}.png?width=${widthFor(width, look.zoom, devicePixelRatio)}`);
  // After the picture, which draws it too.
  const places = useResource<PagePlaces>(picture.bitmap !== undefined && !picture.isOld ? `${path}.json` : null).data;
  const [pages, setPages] = useState<number | undefined>(undefined);
  if (places !== undefined && places.pages !== pages) setPages(places.pages);
  const marks = useMemo(
    () => (places === undefined ? [] : marksOf(places, evidence, quote)),
    [places, evidence, quote],
  );
  const obey = (command: LookCommand) => {
    if (command === 'other-side') side.value = side.value === 'page' ? 'text' : 'page';
    else setLook((was) => looked(was, command, pages));
  };
  useLookKeys(obey);
  const goTo = (page: number) => setLook((was) => ({ ...was, page }));
  const isElsewhere = quote !== null && places !== undefined && (pages ?? 1) > 1 && !hasQuote(marks);
  const doubtful = doubtfulPages(warnings);
  return (
    <div class="page-beside-text">
      <div class="page-pair" data-shown={side.value}>
        <div class="sides">
          {(['page', 'text'] as const).map((name) => (
            <button key={name} type="button" aria-pressed={side.value === name} onClick={() => (side.value = name)}>
              {name === 'page' ? words.page : words.text} {side.value !== name && <kbd class="keys-only">P</kbd>}
            </button>
          ))}
        </div>
        <div class="page-side" ref={frame}>
          {(picture.error === undefined || look.page > 1) && <Tools look={look} pages={pages} onCommand={obey} />}
          {doubtful.length > 0 && <Doubtful pages={doubtful} shown={look.page} onPage={goTo} />}
          {isElsewhere && (
            <FindQuote key={documentId} documentId={documentId} pages={pages ?? 1} quote={quote} onFound={goTo} />
          )}
          {picture.error !== undefined ? (
            <Unpaintable error={picture.error} />
          ) : picture.bitmap === undefined ? (
            <div class="page-frame waiting">
              <Loading what={words.thePage} />
            </div>
          ) : (
            <PagePicture bitmap={picture.bitmap} isOld={picture.isOld} places={places} marks={marks} look={look} />
          )}
          {places?.kind === 'text' && <p class="dim page-kind">{words.setFromText}</p>}
        </div>
        <div class="text-side">{children}</div>
      </div>
    </div>
  );
}

function Unpaintable({ error }: { error: ApiError }) {
  const { message, remedy } = problemOf(error.code, error.message, error.remedy);
  return (
    <p class="note">
      {message.replace(/[.!]?$/, '.')} {remedy}
    </p>
  );
}

function Tools({
  look,
  pages,
  onCommand,
}: {
  look: Look;
  pages: number | undefined;
  onCommand: (command: LookCommand) => void;
}) {
  const tool = (command: LookCommand, sign: string, name: string, isOff = false) => (
    <button
      type="button"
      class="quiet"
      aria-label={name}
      title={name}
      disabled={isOff}
      onClick={() => onCommand(command)}
    >
      {sign}
    </button>
  );
  return (
    <div class="page-tools" role="toolbar" aria-label={words.page}>
      {tool('previous-page', '‹', words.previousPage, look.page <= 1)}
      <span class="page-number">
        {look.page}
        {pages !== undefined && ` / ${pages}`}
      </span>
      {tool('next-page', '›', words.nextPage, pages === undefined || look.page >= pages)}
      <span class="spring" />
      {tool('farther', '−', words.farther, look.zoom <= 1)}
      {tool('closer', '+', words.closer, look.zoom >= 3)}
      {tool('turn', '↻', words.turn)}
    </div>
  );
}

/** Pages whose words are not in the text: the decision does not rest on them. */
function Doubtful({
  pages,
  shown,
  onPage,
}: {
  pages: readonly number[];
  shown: number;
  onPage: (page: number) => void;
}) {
  return (
    <p class={`note page-note ${pages.includes(shown) ? 'warn' : ''}`}>
      {pages.includes(shown) ? words.thisPageNotRead : words.notRead}:{' '}
      {pages.slice(0, 12).map((page) => (
        <button key={page} type="button" class="quiet" aria-current={page === shown} onClick={() => onPage(page)}>
          {words.pageNumber(page)}
        </button>
      ))}
    </p>
  );
}

function FindQuote({
  documentId,
  pages,
  quote,
  onFound,
}: {
  documentId: string;
  pages: number;
  quote: string;
  onFound: (page: number) => void;
}) {
  const [state, setState] = useState<'asked' | 'busy' | 'missing'>('asked');
  const find = async () => {
    setState('busy');
    try {
      for (let page = 1; page <= Math.min(pages, MAX_SEARCHED); page++)
        if (hasQuote(marksOf(await getJson<PagePlaces>(`documents/${documentId}/pages/${page}.json`), [], quote)))
          return onFound(page);
      setState('missing');
    } catch {
      setState('asked'); // the picture's own note says what is wrong
    }
  };
  return (
    <p class="note page-note">
      {state === 'missing' ? (
        words.quoteNowhere(Math.min(pages, MAX_SEARCHED))
      ) : (
        <>
          {words.quoteElsewhere}{' '}
          <button type="button" class="quiet" disabled={state === 'busy'} onClick={() => void find()}>
            {state === 'busy' ? words.looking : words.findIt}
          </button>
        </>
      )}
    </p>
  );
}

function useLookKeys(obey: (command: LookCommand) => void): void {
  const newest = useRef(obey);
  newest.current = obey;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const { target } = event;
      if (target instanceof Element && target.closest('input, textarea, select, [contenteditable], dialog') !== null)
        return;
      const command = LOOK_KEYS[event.key.toLowerCase()];
      if (command === undefined || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      newest.current(command);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
