// What holds for every view, whatever it shows.
import { expect } from 'vitest';
import { fitsWidth, severeFindings, type Watched } from './browser.ts';

/** Asserts that a view is sound: no complaint of the browser, no severe finding of axe, nothing sticking out at the side. */
export async function expectSound({ page, complaints }: Watched): Promise<void> {
  expect(await severeFindings(page), page.url()).toEqual([]);
  expect(await fitsWidth(page), `${page.url()} fits its width`).toBe(true);
  expect(complaints, page.url()).toEqual([]);
}
