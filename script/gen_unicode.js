// gen_unicode.js: writes lua/tidelock/unicode.lua, the case mapping of pages, from this Node's own.
//
//   node script/gen_unicode.js > lua/tidelock/unicode.lua
//
// Code point by code point, without locale and context, as the browser client does it. Runs of code
// points with the same distance and step are one entry {first, last, step, distance}; what becomes
// several code points stands alone as text.

const LAST = 0x10ffff;

function mappings(method) {
  const single = [];
  const special = [];
  for (let code = 0; code <= LAST; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const text = String.fromCodePoint(code);
    const mapped = text[method]();
    if (mapped === text) continue;
    const points = Array.from(mapped, c => c.codePointAt(0));
    if (points.length === 1) single.push([code, points[0] - code]);
    else special.push([code, points]);
  }
  return { runs: runsOf(single), special };
}

function runsOf(single) {
  const runs = [];
  for (const [code, distance] of single) {
    const run = runs.at(-1);
    if (run && run.distance === distance && continues(run, code)) {
      run.step ||= code - run.last;
      run.last = code;
    } else {
      runs.push({ first: code, last: code, step: 0, distance });
    }
  }
  return runs;
}

const continues = (run, code) =>
  run.step ? code - run.last === run.step : code - run.last <= 2;

const escaped = points => points.map(p => `\\u{${p.toString(16)}}`).join('');

function lines(items, perLine) {
  const out = [];
  for (let i = 0; i < items.length; i += perLine) out.push('  ' + items.slice(i, i + perLine).join(' '));
  return out.join('\n');
}

function table(name, { runs, special }) {
  const numbers = runs.map(r => `{ ${r.first}, ${r.last}, ${r.step || 1}, ${r.distance} },`);
  const texts = special.map(([code, points]) => `[${code}] = "${escaped(points)}",`);
  return `local ${name} = mapping({\n${lines(numbers, 4)}\n}, {\n${lines(texts, 3)}\n})\n`;
}

process.stdout.write(`--- unicode.lua: upper and lower case of every code point, without locale and context.
--
-- Made by script/gen_unicode.js from Unicode ${process.versions.unicode}; do not edit.
-- Uses nothing.

-- runs: {first, last, step, distance}; special: code point -> text of several code points.
local function mapping(runs, special)
  local map = special
  for _, run in ipairs(runs) do
    for code = run[1], run[2], run[3] do map[code] = utf8.char(code + run[4]) end
  end
  return map
end

${table('upper', mappings('toUpperCase'))}
${table('lower', mappings('toLowerCase'))}
local function mapped(map)
  return function(text)
    return (text:gsub(utf8.charpattern, function(char)
      return map[utf8.codepoint(char)]
    end))
  end
end

return {
  ---@type fun(text: string): string text is UTF-8
  upper = mapped(upper),
  ---@type fun(text: string): string text is UTF-8
  lower = mapped(lower),
}
`);
