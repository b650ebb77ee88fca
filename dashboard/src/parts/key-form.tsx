// Asks for a function key where the API is guarded by one, or points to the sign-in.
import { useState } from 'preact/hooks';
import { setFunctionKey } from '../api.ts';
import { words } from '../words/parts.ts';

export function KeyForm({ onGiven }: { onGiven: () => void }) {
  const [key, setKey] = useState('');
  return (
    <section class="card narrow">
      <h1>{words.whoAreYou}</h1>
      <p>{words.signInNote}</p>
      <p>
        <a class="button" href={`/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(location.pathname)}`}>
          {words.signIn}
        </a>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setFunctionKey(key.trim());
          onGiven();
        }}
      >
        <label>
          {words.functionKey}
          <input
            type="password"
            autocomplete="off"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={key.trim() === ''}>
          {words.useKey}
        </button>
      </form>
    </section>
  );
}
