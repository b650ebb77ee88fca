// Labels by what is typed, where there are more than keys.

/** Labels that hold what was typed, those that begin with it first. */
export function labelsWith(all: readonly string[], typed: string): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return all;
  const found = all.filter((label) => label.toLowerCase().includes(wanted));
  const begins = (label: string) => label.toLowerCase().startsWith(wanted);
  return [...found.filter(begins), ...found.filter((label) => !begins(label))];
}
