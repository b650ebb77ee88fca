// The frame of the page: navigation, who is signed in, and one view at a time, loaded when it is first opened.
import { useEffect, useRef } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import type { Session } from '../../shared/api/insights.ts';

import { needsKey } from './api.ts';
import { DropArea } from './drop-area.tsx';
import { BASE, DOCS, links } from './links.ts';
import { KeyForm } from './parts/key-form.tsx';
import { LanguageSwitch } from './parts/language-switch.tsx';
import { NextStep } from './parts/next-step.tsx';
import { ErrorNote, Loading } from './parts/states.tsx';
import { Who } from './parts/who.tsx';
import { useResource } from './resource.ts';
import { canReview, session, sessionMoves } from './session.ts';
import { Toasts } from './toasts.tsx';
import { words } from './words/app.ts';

const RunsView = lazy(() => import('./views/runs.tsx').then((m) => m.RunsView));
const RunView = lazy(() => import('./views/run.tsx').then((m) => m.RunView));
const CompareView = lazy(() => import('./views/compare.tsx').then((m) => m.CompareView));
const DocumentsView = lazy(() => import('./views/documents.tsx').then((m) => m.DocumentsView));
const DocumentView = lazy(() => import('./views/document.tsx').then((m) => m.DocumentView));
const ReviewView = lazy(() => import('./views/review.tsx').then((m) => m.ReviewView));
const LabelsView = lazy(() => import('./views/labels.tsx').then((m) => m.LabelsView));
const ModelsView = lazy(() => import('./views/models.tsx').then((m) => m.ModelsView));
const ModelView = lazy(() => import('./views/model.tsx').then((m) => m.ModelView));
const SourcesView = lazy(() => import('./views/sources.tsx').then((m) => m.SourcesView));
const CostsView = lazy(() => import('./views/costs.tsx').then((m) => m.CostsView));

// The first view comes while the session is being read, not after it.
if (/^\/api\/dashboard(\/runs)?\/?$/.test(location.pathname)) void RunsView.preload();

export function App() {
  return (
    <LocationProvider scope={BASE}>
      <Frame />
    </LocationProvider>
  );
}

function Frame() {
  const { data, error, reload } = useResource<Session>('session', 60_000);
  useEffect(() => {
    if (data !== undefined) session.value = data;
  }, [data]);
  const moved = sessionMoves.value;
  useEffect(() => {
    if (moved > 0) reload();
  }, [moved, reload]);
  return (
    <>
      <a class="skip-link" href="#main">
        {words.skip}
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        {needsKey.value ? (
          <KeyForm onGiven={reload} />
        ) : session.value === undefined ? (
          error === undefined ? (
            <Loading what={words.page} />
          ) : (
            <ErrorNote error={error} onRetry={reload} />
          )
        ) : (
          <>
            {canReview.value && <NextStep />}
            <Views />
          </>
        )}
      </main>
      {session.value !== undefined && <DropArea />}
      <Toasts />
    </>
  );
}

function Views() {
  return (
    <ErrorBoundary>
      <Router>
        <Route path={BASE} component={RunsView} />
        <Route path={links.runs} component={RunsView} />
        <Route path={`${BASE}/runs/:runId`} component={RunView} />
        <Route path={`${BASE}/runs/:a/compare/:b`} component={CompareView} />
        <Route path={`${BASE}/documents`} component={DocumentsView} />
        <Route path={`${BASE}/documents/:documentId`} component={DocumentView} />
        <Route path={links.review} component={ReviewView} />
        <Route path={links.labels} component={LabelsView} />
        <Route path={links.models} component={ModelsView} />
        <Route path={`${BASE}/models/:version`} component={ModelView} />
        <Route path={links.sources} component={SourcesView} />
        <Route path={links.costs} component={CostsView} />
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  );
}

function Header() {
  const { path } = useLocation();
  const nav = useRef<HTMLElement>(null);
  // Where there is no room for all of them, the one that is open is in sight; Review comes in between once the session is known.
  useEffect(
    () => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
    [path, canReview.value],
  );
  const llm = session.value?.llm;
  const entries = [
    { name: words.runs, href: links.runs, isShown: true },
    { name: words.documents, href: links.documents(), isShown: true },
    { name: words.review, href: links.review, isShown: canReview.value },
    { name: words.labels, href: links.labels, isShown: true },
    { name: words.models, href: links.models, isShown: true },
    { name: words.sources, href: links.sources, isShown: true },
    { name: words.costs, href: links.costs, isShown: true },
  ];
  const isCurrent = (href: string) =>
    path.startsWith(href) || (href === links.runs && /^\/api\/dashboard\/?$/.test(path));
  return (
    <header class="top">
      <a class="brand" href={links.runs}>
        <img src={`${BASE}/icon.svg`} alt="" width="24" height="24" />
        Sluice
      </a>
      <nav aria-label={words.views} ref={nav}>
        {entries
          .filter(({ isShown }) => isShown)
          .map(({ name, href }) => (
            <a key={href} href={href} aria-current={isCurrent(href) ? 'page' : undefined}>
              {name}
            </a>
          ))}
      </nav>
      {session.value?.llmUse === 'off' && (
        <p class="badge warn" title={words.llmOffNote}>
          {words.llmOff}
        </p>
      )}
      {llm === 'simulator' && (
        <p class="badge warn" title={words.llmSimulatedNote}>
          {words.llmSimulated}
        </p>
      )}
      <Who />
      <a class="help" href={DOCS} target="_blank" hreflang="en" title={words.helpNote} rel="noopener">
        {words.help}
      </a>
      <LanguageSwitch />
    </header>
  );
}

function NotFound() {
  return (
    <section class="empty">
      <h1>{words.noSuchPage}</h1>
      <p>
        <a href={links.runs}>{words.toRuns}</a>
      </p>
    </section>
  );
}
