// The app's own script: what tl.call may reach.
const { register } = window.tidelock;

register('sum', (a, b, more) => a + b + (more?.three ?? 0));
register('later', () => new Promise(done => setTimeout(done, 50, ['in time'])));
register('broken', () => { throw new Error('on purpose'); });
register('note', (...args) => { window.noted = args; });
