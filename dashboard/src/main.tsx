// Entry of the page.
import { render } from 'preact';
import '../style/tokens.css';
import '../style/base.css';
import '../style/parts.css';
import '../style/charts.css';
import { App } from './app.tsx';
import { beginLanguage } from './language/choose.ts';
import { recallReviewer } from './reviewer-name.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no element #app');
await beginLanguage(() => import('./words/german.ts'));
recallReviewer(localStorage);
root.replaceChildren();
render(<App />, root);
