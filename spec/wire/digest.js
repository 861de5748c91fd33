// digest.js: whether a page's state is what the host holds: spec/wire/apps/digest.lua computes a text of it there.

// JSON as the host writes it: maps in the order of their keys.
function json(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map(key => `${JSON.stringify(key)}:${json(value[key])}`).join(',')}}`;
}

function digest(text) {
  const bytes = Buffer.from(text), words = Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  let h = words.length;
  for (let at = 0; at < words.length; at += 4) h = (Math.imul(h, 31) + words.readUInt32LE(at)) >>> 0;
  return h.toString(16).padStart(8, '0');
}

// What is wrong with a state of that app; null: nothing.
export function differs({ Digest, Job: { n, double, running, cleaned, text, list, map, loads } }) {
  const mine = digest(json([Digest.ticks, n, double, running, cleaned, text, list, map, loads]));
  return mine === Digest.of_all ? null : `the page's state has the digest ${mine}, the host's ${Digest.of_all}`;
}
