// look.js: what can be measured of how a page looks.

import assert from 'node:assert/strict';

// The page cannot be scrolled sideways, and what stands in a card stays in it.
export async function assertNothingSticksOut(page) {
  const out = await page.evaluate(() => {
    const root = document.documentElement;
    const found = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide in ${root.clientWidth}`] : [];
    for (const card of document.querySelectorAll('.card')) {
      const edge = card.getBoundingClientRect();
      for (const dom of card.querySelectorAll(':not(option)')) {
        const box = dom.getBoundingClientRect();
        if (box.right > edge.right || box.left < edge.left || box.bottom > edge.bottom) found.push(dom.outerHTML);
      }
    }
    return found;
  });
  assert.deepEqual(out, []);
}
