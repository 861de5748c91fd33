// report.mjs: figures as a calm table, and what differs from the baseline.

const good = (figure, limit) => (figure.better === "more" ? figure.value >= limit : figure.value <= limit);

export function verdict(figure) {
  if (figure.must === undefined) return "";
  if (!Number.isFinite(figure.value)) return "not measured";
  if (!good(figure, figure.must)) return "MISSED";
  if (figure.aim === undefined) return "met";
  return good(figure, figure.aim) ? "aim reached" : "met";
}

export const short = (x) => {
  if (!Number.isFinite(x)) return "-";
  if (Math.abs(x) >= 100) return Math.round(x).toLocaleString("en");
  return x.toPrecision(3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
};

function limitsOf({ must, aim }) {
  if (must === undefined) return "";
  return aim === undefined ? `must ${must}` : `must ${must}, aim ${aim}`;
}

function line(figure, noisy) {
  const doubt = noisy && figure.timing && figure.must !== undefined ? " (noisy)" : "";
  const columns = [figure.name.padEnd(50), short(figure.value).padStart(8), limitsOf(figure).padEnd(20)];
  return `    ${columns.join("  ")}  ${verdict(figure)}${doubt}`;
}

export function printWorkload(outcome) {
  console.log(`${outcome.id.padEnd(8)} ${outcome.title}`);
  for (const figure of outcome.figures) console.log(line(figure, outcome.noisy).trimEnd());
  if (outcome.noisy) console.log(`    ! other processes used ${Math.round(outcome.otherCpu)} % of a core meanwhile`);
  for (const fault of outcome.faults) console.log(`    ! ${fault}`);
}

// Of "list.read/100", "list.read/1000", ... one line.
export function printMicro(figures) {
  const lines = new Map();
  for (const { name, value } of figures) {
    const [op, size] = name.split("/");
    if (!lines.has(op)) lines.set(op, []);
    lines.get(op).push(size ? `${short(value)} (${Number(size).toExponential(0).replace("e+", "e")})` : short(value));
  }
  console.log("micro    ns an operation (by size)");
  for (const [op, values] of lines) console.log(`    ${op.padEnd(26)} ${values.join("  ")}`);
}

// All figures by name, as they are compared.
export function flatten(outcomes) {
  const all = {};
  for (const { id, figures, noisy } of outcomes)
    for (const { name, value, compared = value, better, tolerance, timing } of figures) {
      const doubtful = noisy && timing;
      if (Number.isFinite(value)) all[`${id}: ${name}`] = { value: compared, better, tolerance, doubtful };
    }
  return all;
}

// How much worse than the baseline, as a factor over 1.
const worse = (now, before, better) => (better === "more" ? before / now : now / before);

// The figures that left their tolerance: [{ name, factor }], the worst first.
export function slower(now, baseline, slack) {
  return Object.entries(now)
    .filter(([name, f]) => baseline[name] > 0 && !f.doubtful)
    .map(([name, f]) => ({ name, factor: worse(f.value, baseline[name], f.better), limit: 1 + f.tolerance * slack }))
    .filter(({ factor, limit }) => factor > limit)
    .sort((a, b) => b.factor - a.factor);
}

export function printSlower(list) {
  if (!list.length) return console.log("Nothing is slower than the baseline.");
  console.log("Slower than the baseline:");
  for (const { name, factor } of list) console.log(`    ${name.padEnd(66)} x ${factor.toFixed(2)}`);
}

export function printSummary(outcomes) {
  const judged = outcomes.flatMap((o) => o.figures).filter((f) => f.must !== undefined && Number.isFinite(f.value));
  const missed = judged.filter((f) => verdict(f) === "MISSED").length;
  const reached = judged.filter((f) => verdict(f) === "aim reached").length;
  console.log(`${judged.length} limits: ${judged.length - missed} kept, ${missed} missed; ${reached} aims reached.`);
}
