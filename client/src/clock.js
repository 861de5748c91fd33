// clock.js: the host's clock, as the page knows it, in whole seconds. The host says what time it is when the page comes
// and when a first task starts; from there the clock goes on by itself. While something on the page shows it, `tick` is
// called at each second.

export function createClock(tick) {
  let ahead = 0;   // ms, of this browser's own clock
  let timer = null;
  const ms = () => Date.now() + ahead;

  const clock = {
    now: 0,
    set(seconds) {
      ahead = seconds * 1000 - Date.now();
      clock.now = Math.floor(seconds);
    },
    // Somebody shows it: until the next second, when whoever still does says so again.
    follow() {
      if (timer !== null) return;
      clock.now = Math.floor(ms() / 1000);
      timer = setTimeout(beat, (clock.now + 1) * 1000 - ms() + 1);
    },
  };

  // Where it is the same second still (the host has set the clock back, the timer was early) nobody would draw, nor say so.
  function beat() {
    timer = null;
    const before = clock.now;
    clock.now = Math.floor(ms() / 1000);
    if (clock.now === before) clock.follow();
    else tick();
  }

  return clock;
}
