// random.js: numbers that a seed decides, so that a run that failed can be had again.

// random(n): 0 to n-1. By mulberry32.
export function randomOf(seed) {
  let a = seed;
  return below => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
