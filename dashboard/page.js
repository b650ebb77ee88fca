// Shows the runs and renews them every second while the page is visible. Everything is set as text, never as HTML.
const money = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });
const table = document.getElementById('runs');
const note = document.getElementById('note');

function row(run) {
  const progress = run.endedAt === null ? ` (${run.steps.decide} of ${run.documents})` : '';
  const cells = [
    run.runId,
    run.state + progress,
    run.documents,
    run.labelled,
    run.review,
    run.failed,
    run.asked,
    money.format(run.costUsd),
    time.format(new Date(run.createdAt)),
  ];
  const tr = document.createElement('tr');
  for (const cell of cells) tr.appendChild(document.createElement('td')).textContent = String(cell);
  return tr;
}

async function renew() {
  try {
    const response = await fetch('/api/runs?limit=50');
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { runs } = await response.json();
    table.tBodies[0].replaceChildren(...runs.map(row));
    table.hidden = runs.length === 0;
    note.textContent = runs.length === 0 ? 'No runs yet. Put a document into the landing container.' : '';
  } catch (error) {
    note.textContent = `The runs cannot be read (${error.message}). Trying again.`;
  }
}

async function showLlm() {
  const { llm } = await (await fetch('/api/health')).json();
  const place = document.getElementById('llm');
  place.textContent = llm === 'simulator' ? 'LLM answers come from the SIMULATOR, not from a model' : `LLM: ${llm ?? 'none'}`;
  place.classList.toggle('simulated', llm === 'simulator');
}

await Promise.all([showLlm(), renew()]);
setInterval(() => document.hidden || renew(), 1000);
