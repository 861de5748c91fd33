// Makes docs/api.md of the annotations in lua/types. `--check`: only says whether it is current.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const target = path.join(root, "docs/api.md");

const HEAD = `# API reference

Made by \`script/gen_api.js\` of the annotations in \`lua/types\`, which editors with a Lua language server read, too
([how](testing.md#in-an-editor)). What things are for is told in the other pages; here is each call's form.
`;

// "name type rest of the line": a type may hold blanks inside brackets, and around "|" never.
function splitType(text) {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if ("{<(".includes(text[i])) depth++;
    else if ("}>)".includes(text[i])) depth--;
    else if (text[i] === " " && depth === 0 && !(text[i - 1] === ":" || text[i - 1] === ",")) return [text.slice(0, i), text.slice(i + 1)];
  }
  return [text, ""];
}

function parse(file) {
  const lines = fs.readFileSync(path.join(root, file), "utf8").split("\n");
  const sections = [];
  let notes = [];
  for (const line of lines) {
    const section = /^--# (.*)/.exec(line);
    const note = /^---(.*)/.exec(line);
    const fn = /^function ([\w.:]+)\((.*?)\) end/.exec(line);
    const value = /^(?:local )?([\w.]+) = (?:nil|\{\})$/.exec(line);
    if (section) sections.push({ title: section[1], entries: [] });
    else if (note) { notes.push(note[1]); continue; }
    else if (sections.length && (fn || value || (line === "" && notes.some((n) => /^@class/.test(n))))) {
      sections.at(-1).entries.push(entry(notes, fn, value));
    }
    notes = [];
  }
  return sections;
}

function entry(notes, fn, value) {
  const text = notes.filter((n) => !n.startsWith("@")).join(" ").trim();
  const tags = (name) => notes.filter((n) => n.startsWith(`@${name} `)).map((n) => n.slice(name.length + 2));
  const params = tags("param").map((p) => { const [name, rest] = [p.slice(0, p.indexOf(" ")), p.slice(p.indexOf(" ") + 1)]; return [name, ...splitType(rest)]; });
  const returns = tags("return").map((r) => splitType(r));
  const fields = tags("field").filter((f) => !f.startsWith("[")).map((f) => { const [name, rest] = [f.slice(0, f.indexOf(" ")), f.slice(f.indexOf(" ") + 1)]; return [name, ...splitType(rest)]; });
  const cls = tags("class")[0];
  return { name: fn ? fn[1] : value && /^tl\.\w+$/.test(value[1]) ? value[1] : cls, call: fn ? `${fn[1]}(${fn[2]})` : null, text, params, returns, fields };
}

const receivers = { State: "self", Class: "Job", Task: "task", List: "list", Tab: "tab" };

const shownType = (type) => `\`${type.replace(/R\.\.\./g, "any")}\``;
const after = (text) => (text ? `: ${text}` : "");

function returned([type, rest]) {
  const [name, ...more] = rest.split(" ");
  if (!rest || name === "..." || !/^\w+$/.test(name)) return `- gives ${shownType(type)}${after(more.join(" "))}`;
  return `- gives \`${name}\`, ${shownType(type)}${after(more.join(" "))}`;
}

function render(e) {
  const lines = [`### ${(e.call ?? e.name).replace(/^[A-Z]\w*(?=:)/, (of) => receivers[of])}`, ""];
  if (e.text) lines.push(e.text, "");
  for (const [name, type, rest] of e.params) lines.push(`- \`${name}\` ${shownType(type)}${after(rest)}`);
  for (const [name, type, rest] of e.fields) lines.push(`- \`.${name}\` ${shownType(type)}${after(rest)}`);
  lines.push(...e.returns.map(returned));
  if (e.params.length + e.fields.length + e.returns.length) lines.push("");
  return lines.join("\n");
}

const sections = ["lua/types/tidelock.lua", "lua/types/testing.lua"].flatMap(parse);
const out = [HEAD, ...sections.map((s) => `## ${s.title}\n\n${s.entries.filter((e) => e.text || e.call).map(render).join("\n")}`)].join("\n").replace(/\n{3,}/g, "\n\n").trimEnd() + "\n";

if (process.argv.includes("--check")) {
  if (fs.existsSync(target) && fs.readFileSync(target, "utf8") === out) process.exit(0);
  console.error("docs/api.md is not what lua/types says: run node script/gen_api.js");
  process.exit(1);
}
fs.writeFileSync(target, out);
