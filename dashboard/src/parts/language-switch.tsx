// Changes to the other language; it is named in itself.
import { chooseLanguage } from '../language/choose.ts';
import { language } from '../language/language.ts';
import { toastError } from '../toasts.tsx';
import { words } from '../words/app.ts';

export function LanguageSwitch() {
  const other = language.value === 'en' ? 'de' : 'en';
  return (
    <button
      type="button"
      class="quiet language"
      lang={other}
      onClick={() => void chooseLanguage(other).catch(toastError)}
    >
      {words.otherLanguage}
    </button>
  );
}
