// Choosing the language: by the viewer, which is remembered, or by the browser on the first visit.
// Invariants: W2 German is loaded before it is chosen, so that nothing is seen in the wrong language. W3 <html lang> says what is shown.
import { asked, firstLanguage, german, type Language, language } from './language.ts';

const SAVED = 'sluice.language';

/** How German is loaded: given by the entry, because catalogues of German know this folder. */
type LoadGerman = () => Promise<{ german: Readonly<Record<string, object>> }>;
let loadGerman: LoadGerman | undefined;

/** Choose before anything is drawn. */
export async function beginLanguage(load: LoadGerman): Promise<void> {
  loadGerman = load;
  asked.value = navigator.languages;
  await speak(firstLanguage(localStorage.getItem(SAVED), asked.value)).catch((error: unknown) => {
    console.warn(`German cannot be loaded (${String(error)}): the page begins in English.`); // better than no page
    return speak('en');
  });
}

/** Choose by hand; remembered for the next visit. @throws where German cannot be loaded: nothing changes then */
export async function chooseLanguage(chosen: Language): Promise<void> {
  await speak(chosen);
  localStorage.setItem(SAVED, chosen);
}

async function speak(chosen: Language): Promise<void> {
  if (chosen === 'de' && loadGerman !== undefined) german.catalogues = (await loadGerman()).german; // W2
  language.value = chosen;
  document.documentElement.lang = chosen; // W3
}
