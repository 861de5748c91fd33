// workloads.mjs: what is measured, and what it should show. `must` and `aim` are limits of a figure; `better` says on
// which side of them is good. `tolerance` is how much a figure may differ from the baseline before that is news.

const ratio = (a, b) => (b > 0 ? a / b : NaN);

const perCpu = (a, b) => ratio(a.deltas_per_cpu_s, b.deltas_per_cpu_s);

const more = (name, value, must, aim, tolerance = 0.15) => ({ name, value, must, aim, tolerance, better: "more" });
const less = (name, value, must, aim, tolerance = 0.1) => ({ name, value, must, aim, tolerance, better: "less" });

// Events a second, divided by the floor's: as it came, and for each second of CPU that the server had. The second holds
// on a busy machine too.
const throughput = (host, floor, must, aim) => [
  { ...more("of the floor's deltas/s", ratio(host.deltas_s, floor.deltas_s), must, aim), timing: true },
  more("of the floor's deltas per CPU second", perCpu(host, floor), must, aim),
];
const timed = (figure) => ({ ...figure, tolerance: 0.4, timing: true });
const p99 = (r, must, aim) => timed(less("p99, ms", r.ms_p99, must, aim));

const allRowsChanged = (r) => r.events_per_conn >= 1100; // they are about evenly many

// Each: the load's options by run (host, floor, or one of several hosts), and the figures made of the results.
export const workloads = [
  {
    id: "W1.100", title: "increment, 100 connections", load: ["rt", "-n", 100], floor: true,
    figures: ({ host, floor }) => [...throughput(host, floor, 0.6, 0.75), p99(host, 3)],
  },
  {
    id: "W1.1000", title: "increment, 1000 connections", load: ["rt", "-n", 1000], floor: true,
    figures: ({ host, floor }) => [
      ...throughput(host, floor, 0.65, 0.8),
      p99(host, 18),
      less("KB a tab, rows never touched", host.rss_per_conn_kb, 8, 4),
    ],
  },
  {
    id: "W1.1", title: "increment, one connection", load: ["rt", "-n", 1], floor: true,
    figures: ({ host, floor }) => [timed(less("p50, of the floor's", ratio(host.ms_p50, floor.ms_p50), 1.4, 1.15))],
  },
  {
    id: "W1p", title: "increment once a second, 1000 connections", load: ["rt", "-n", 1000, "-t", 1000],
    figures: ({ host }) => [p99(host, 0.25, 0.18), timed(less("CPU, %", host.server_cpu_pct, 5, 4))],
  },
  {
    id: "W2.500", title: "10 Hz tasks in 500 tabs", load: ["push", "-n", 500], floor: true,
    figures: ({ host, floor }) => [
      less("CPU, of the floor's", perCpu(floor, host), 1.6, 1.2, 0.2),
    ],
  },
  {
    id: "W2.6000", title: "10 Hz tasks in 6000 tabs", load: ["push", "-n", 6000], full: true,
    figures: ({ host }) => [
      timed(less("p99 off the beat, ms", host.ms_p99, 10)),
      timed(more("share of the due deltas", host.got_of_due, 0.99)),
    ],
  },
  {
    id: "W3.idle", title: "memory: idle tabs", load: ["idle", "-n", 5000], quickLoad: ["idle", "-n", 1000],
    figures: ({ host }) => [less("KB a tab", host.rss_per_conn_kb, 6, 3.5)],
  },
  {
    id: "W3.task", title: "memory: tabs with a sleeping task", load: ["push", "-n", 5000], full: true,
    figures: ({ host }) => [less("KB a tab", host.rss_per_conn_kb, 10, 7)],
  },
  {
    id: "W4.1000", title: "one field of one of 1000 rows, 50 connections", load: ["row", "-n", 50], floor: true,
    figures: ({ host, floor }) => [
      less("bytes a delta", host.rx_bytes_per_delta, 110, 85, 0.05),
      ...throughput(host, floor, 0.55, 0.7),
      less("KB a tab, all rows changed", allRowsChanged(host) ? host.rss_per_conn_kb : NaN, 200, 120),
    ],
  },
  {
    id: "W4.rows", title: "the same with 10,000 and 100,000 rows", load: ["row", "-n", 50],
    hosts: { thousand: 1000, ten: 10000, hundred: 100000 },
    figures: ({ thousand, ten, hundred }) => [
      more("10,000: deltas per CPU second, of 1000 rows'", perCpu(ten, thousand), 0.95, 0.98),
      more("100,000: deltas per CPU second, of 1000 rows'", perCpu(hundred, thousand), 0.9, 0.98),
    ],
  },
  {
    id: "W5", title: "cold start", cold: { times: 7, quickTimes: 3 },
    figures: ({ host, size }) => [
      timed(less("ms from exec to the first 200", host.ms, 10, 6)),
      less("MB resident", host.rss_kb / 1024, 8, 5),
      less("MB of the binary and its libraries, without libc", size / 1024 / 1024, 4, 2),
    ],
  },
];

// What an app has at once of the runtime, in the driver; ops: as runMicro gives them.
export const oneGo = {
  id: "W6", title: "in one go",
  figures: (ops) => [
    ["a computed var that filters 10,000 rows, ms", "computed.filter_10000", 10, 5],
    ["a chain of 50 events, ms", "driver.chain_50", 1, 0.5],
    ["a resume after 1,000 commits, ms", "driver.resume_1000", 0.5, 0.1],
  ].map(([name, op, must, aim]) => timed(less(name, ops[op] / 1e6, must, aim))),
};

// Tasks by the thousand; r: as runTasks gives it.
export const tasksGo = {
  id: "W7", title: "tasks: 100,000 that sleep, 10,000 that want 100 locks",
  figures: (r) => [
    less("bytes of one that sleeps", r["task.bytes"], 2500, 2000),
    less("bytes, of a plain coroutine's", ratio(r["task.bytes"], r["coroutine.bytes"])),
    timed(less("ns to park and wake, beyond resume and yield", r["task.park_wake"] - r["coroutine.resume_yield"], 1000, 200)),
    timed(less("ns from start to end", r["task.start_end"], 1500, 1000)),
    timed(less("the same, of a plain coroutine's", ratio(r["task.start_end"], r["coroutine.start_end"]))),
    timed(more("blocks a second, in line for the locks", r["lock.blocks_per_second"], 100000, 300000)),
    timed(less("ms too late, 99 % of 50,000 wakes a second", r["wake.p99_ms"], 50, 5)),
  ],
};

// A single operation is compared as a multiple of the yardstick, so that another machine's figures can be.
export function microFigures(ops) {
  return Object.entries(ops)
    .filter(([name]) => name !== "yardstick")
    .map(([name, ns]) => ({ ...less(name, ns, undefined, undefined, 0.3), compared: ns / ops.yardstick }));
}
