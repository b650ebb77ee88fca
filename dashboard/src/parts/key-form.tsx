// Asks for a function key where the API is guarded by one, or points to the sign-in.
import { useState } from 'preact/hooks';
import { setFunctionKey } from '../api.ts';

export function KeyForm({ onGiven }: { onGiven: () => void }) {
  const [key, setKey] = useState('');
  return (
    <section class="card narrow">
      <h1>This host asks who you are</h1>
      <p>
        Sign in with your organisation's account, or give a function key. The key stays in this tab and is forgotten
        when you close it.
      </p>
      <p>
        <a class="button" href={`/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(location.pathname)}`}>
          Sign in
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
          Function key
          <input
            type="password"
            autocomplete="off"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={key.trim() === ''}>
          Use key
        </button>
      </form>
    </section>
  );
}
