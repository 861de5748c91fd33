// Makes docs/contract.md of spec/contract.txt, which has the promises, and of the specs, which name those that they hold (see
// spec/README.md). `--check`: says what is not held, what is named wrongly, and whether docs/contract.md is current.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const source = "spec/contract.txt";
const target = "docs/contract.md";

// The files that script/test runs, where tests stand.
const folders = [
  ["spec/lua", /_spec\.lua$/], ["spec/core", /_spec\.c$/], ["spec/io", /_spec\.c$/], ["spec/wire", /\.test\.js$/],
  ["spec/cli", /\.test\.js$/], ["spec/faults", /\.test\.js$/], ["spec/browser", /\.test\.js$/], ["client/test", /\.test\.js$/],
  ...fs.readdirSync(path.join(root, "app"), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .map(({ name }) => [`app/${name}`, /_spec\.lua$/]),
];

const HEAD = `# What is promised

Made by \`script/gen_contract.js\` of the promises in \`spec/contract.txt\` and of the specs that hold them. \`script/test\` fails
when one has no spec; those that are not built yet say so. How a spec names what it holds: [spec/README.md](../spec/README.md).
`;

const problems = [];
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");

// "## section", "id | text", "id | later: subject | text" -> [{ title, promises: [{ id, text, later, held: [[file, test], ...] }] }]
function readPromises() {
  const sections = [], byId = new Map();
  read(source).split("\n").forEach((line, i) => {
    const section = /^## (.+)$/.exec(line);
    const promise = /^([a-z0-9_]+(?:\.[a-z0-9_]+)*) \| (?:later: ([^|]+) \| )?(.+)$/.exec(line);
    if (section) sections.push({ title: section[1], promises: [] });
    else if (promise && sections.length && !byId.has(promise[1])) {
      const entry = { id: promise[1], later: promise[2], text: promise[3], held: [] };
      byId.set(entry.id, entry);
      sections.at(-1).promises.push(entry);
    } else if (line && !line.startsWith("#")) {
      problems.push(`${source}:${i + 1}: ${promise && byId.has(promise[1]) ? `${promise[1]} is there twice` : `no promise: ${line}`}`);
    }
  });
  return [sections, byId];
}

const TAG = /^\s*(?:--|\/\/|\/\*) holds: (.*?)(?: \*\/)?$/;
const COMMENT = /^\s*(?:--|\/\/|\/\*|\*)/;
const TEST = /^\s*(?:for \(.*\) )?(?:it|test|describe|road|case|nothing|sibling)\((.*)$/;
const FUNCTION = /^(?:static )?void (\w+)\(/;
const PENDING = /^\s*(?:pending\(|x?(?:it|test|describe)\.(?:skip|todo)\(|t\.(?:skip|todo)\()|\{ (?:skip|todo):/;

// The source of a test's first argument: what is written of its title, "…" where it is computed.
function titleOf(text) {
  const first = text.replace(/, *(?:(?:async )?(?:function|\w+ =>|\(.*?\) =>)|\{).*$/, "");
  return first.split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/)
    .map((part, i) => (i % 2 ? part.slice(1, -1) : /\w/.test(part.replace(/:format\(.*/, "")) ? "…" : ""))
    .join("").replace(/\$\{.*?\}|%[sd]/g, "…").replace(/\\(.)/g, "$1").trim();
}

const indentOf = (line) => /^\s*/.exec(line)[0].length;

// The line with which the test that begins at `at` ends.
function endOf(lines, at) {
  const indent = indentOf(lines[at]);
  let i = at + 1;
  while (i < lines.length && (lines[i].trim() === "" || indentOf(lines[i]) > indent)) i++;
  return i;
}

function nameOf(lines, at, isC) {
  if (isC) return FUNCTION.exec(lines[at])[1];
  const names = [];
  for (let i = at, indent = Infinity; i >= 0; i--) {
    if (lines[i].trim() === "" || indentOf(lines[i]) >= indent) continue;
    const test = TEST.exec(lines[i]);
    if (test && (i === at || /^\s*describe\(/.test(lines[i]))) names.unshift(titleOf(test[1]));
    if (test || i === at || /^\s*(?:describe|for)\b/.test(lines[i])) indent = indentOf(lines[i]);
  }
  return names.filter((name) => name && name !== "…").join(": ");
}

// What is wrong with the test at that line, or nothing.
function wrongWith(lines, at, isC) {
  if (isC) {
    const fn = FUNCTION.exec(lines[at] ?? "");
    if (!fn) return "no test follows";
    const isStatic = lines[at].startsWith("static ");
    return isStatic && lines.join("\n").match(new RegExp(`\\b${fn[1]}\\b`, "g")).length < 2 ? `${fn[1]} is never called` : null;
  }
  if (PENDING.test(lines[at] ?? "")) return "the test is pending";
  if (!TEST.test(lines[at] ?? "")) return "no test follows";
  const body = lines.slice(at, endOf(lines, at));
  if (body.some((line) => PENDING.test(line))) return "it has a test that is pending";
  if (/^\s*describe\(/.test(lines[at]) && !body.slice(1).some((line) => TEST.test(line) || /^\s*\w+\(/.test(line))) return "it has no test";
  return null;
}

function readTags(file, byId) {
  const lines = read(file).split("\n"), isC = file.endsWith(".c");
  lines.forEach((line, i) => {
    const tag = TAG.exec(line);
    if (!tag) return;
    let at = i + 1;
    while (COMMENT.test(lines[at] ?? "")) at++;
    const wrong = wrongWith(lines, at, isC);
    if (wrong) problems.push(`${file}:${i + 1}: names what it holds, but ${wrong}`);
    for (const id of tag[1].split(/, */)) {
      const promise = byId.get(id);
      if (!promise) problems.push(`${file}:${i + 1}: ${source} has no promise ${id}`);
      else if (promise.later) problems.push(`${file}:${i + 1}: holds ${id}, which ${source} marks as later: take the mark away`);
      else if (!wrong) promise.held.push([file, nameOf(lines, at, isC)]);
    }
  });
}

const cell = (text) => text.replace(/\|/g, "\\|").replace(/</g, "&lt;");
const code = (text) => text.replace(/[^`]+|`[^`]*`/g, (part) => (part.startsWith("`") ? part : part.replace(/</g, "&lt;"))).replace(/\|/g, "\\|");

function heldBy({ later, held }) {
  if (later) return `*not built yet (${later})*`;
  const files = new Map();
  for (const [file, test] of held) files.set(file, [...(files.get(file) ?? []), test]);
  return [...files].map(([file, tests]) => `[${path.basename(file)}](../${file}): ${tests.map(cell).join("; ")}`).join("<br>") || "**nothing**";
}

const [sections, byId] = readPromises();
for (const [folder, name] of folders) {
  const dir = path.join(root, folder);
  for (const file of fs.readdirSync(dir).filter((entry) => name.test(entry)).sort()) readTags(`${folder}/${file}`, byId);
}
const all = [...byId.values()];
const later = all.filter((promise) => promise.later);
const bare = all.filter((promise) => !promise.later && !promise.held.length);
const count = `${all.length} promises: ${all.length - later.length - bare.length} are held by a spec, ${later.length} are not built yet.\n`;
const tables = sections.map(({ title, promises }) => `## ${title}\n\n| | promise | held by |\n|---|---|---|\n`
  + promises.map((promise) => `| \`${promise.id}\` | ${code(promise.text)} | ${heldBy(promise)} |\n`).join(""));
const page = [HEAD, count, ...tables].join("\n");

for (const { id, text } of bare) problems.push(`no spec holds ${id}: ${text}`);
if (!process.argv.includes("--check")) fs.writeFileSync(path.join(root, target), page);
else if (!fs.existsSync(path.join(root, target)) || read(target) !== page) {
  problems.push(`${target} is not what ${source} and the specs say: run node script/gen_contract.js`);
}

const subjects = new Map();
for (const promise of later) subjects.set(promise.later, [...(subjects.get(promise.later) ?? []), promise.id]);
for (const [subject, ids] of subjects) console.log(`note: not built yet (${subject}): ${ids.join(", ")}`);
for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);
