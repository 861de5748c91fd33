// servers.mjs: starts and stops what is measured, each on a core of its own, each run a fresh server.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const root = new URL("../..", import.meta.url).pathname;
const build = join(root, "build/release");
export const tidelock = join(build, "tidelock");
const app = join(root, "bench/app.lua");
const SERVER_CORE = 0, LOAD_CORE = 1, START_LIMIT_MS = 15000, RUN_LIMIT_MS = 180000;

const pinned = (core, command) => (cpus().length > 1 ? ["taskset", "-c", String(core), ...command] : command);

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function untilItAnswers(port, server) {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end && server.exitCode === null; await sleep(20)) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } }).catch(() => null);
    if (answer?.ok) return answer.arrayBuffer();
  }
  throw new Error(`${server.spawnargs.join(" ")} did not answer`);
}

async function stop(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  const killer = setTimeout(() => server.kill("SIGKILL"), 10000);
  await gone;
  clearTimeout(killer);
}

function startServer(command, rows) {
  const [file, ...args] = pinned(SERVER_CORE, command);
  return spawn(file, args, { stdio: "ignore", env: { ...process.env, BENCH_ROWS: String(rows) } });
}

export function runLoad(args) {
  const [file, ...rest] = pinned(LOAD_CORE, [join(build, "bench/load"), ...args.map(String)]);
  return new Promise((resolve, reject) => {
    execFile(file, rest, { timeout: RUN_LIMIT_MS }, (error, out, log) => {
      if (error) reject(new Error(`load ${args.join(" ")}: ${log || error.message}`));
      else resolve(JSON.parse(out));
    });
  });
}

async function against(command, dialect, port, load, rows) {
  const server = startServer(command, rows);
  try {
    await untilItAnswers(port, server);
    const [mode, ...rest] = load;
    return await runLoad([mode, "-D", dialect, "-p", port, "-P", server.pid, ...rest]);
  } finally {
    await stop(server);
  }
}

export async function runHost(load, rows = 1000) {
  const port = await freePort();
  return against([tidelock, "run", app, "--port", String(port)], "tidelock", port, load, rows);
}

export async function runFloor(load) {
  const port = await freePort();
  return against([join(build, "bench/floor"), String(port)], "floor", port, load, 0);
}

export async function runCold(times) {
  const port = await freePort();
  const core = cpus().length > 1 ? SERVER_CORE : -1;
  return runLoad(["cold", "-p", port, "-n", times, "-C", core, "--", tidelock, "run", app, "--port", port]);
}

// Bytes of the stripped binary and of the libraries that are loaded with it.
export function binarySize() {
  const folder = mkdtempSync(join(tmpdir(), "tl-bench-"));
  const stripped = join(folder, "tidelock");
  execFileSync("strip", ["-o", stripped, tidelock]);
  const own = statSync(stripped).size;
  rmSync(folder, { recursive: true });
  const libraries = execFileSync("ldd", [tidelock], { encoding: "utf8" }).match(/\/\S+(?= \()/g) ?? [];
  const libc = /\/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so/;
  return libraries.filter((l) => !libc.test(l)).reduce((sum, l) => sum + statSync(realpathSync(l)).size, own);
}

// What tasks cost by the thousand, beside plain coroutines, and how late they are woken.
export function runTasks() {
  const options = { encoding: "utf8", timeout: RUN_LIMIT_MS, cwd: root };
  const lines = execFileSync(tidelock, ["test", "bench/tasks.lua"], options) +
    execFileSync(tidelock, ["run", "bench/wakes.lua", "--port", "0"], { ...options, stdio: ["ignore", "pipe", "ignore"] });
  return Object.assign({}, ...lines.match(/^\{.*\}$/gm).map((line) => JSON.parse(line)));
}

// ns an operation, by name: of the core in C, of the API in Lua.
export function runMicro(quick) {
  const options = { encoding: "utf8", timeout: RUN_LIMIT_MS, cwd: root };
  const core = JSON.parse(execFileSync(join(build, "bench/micro"), quick ? ["--quick"] : [], options));
  const lua = execFileSync(tidelock, ["test", "bench/micro.lua"], options);
  return { ...core, ...JSON.parse(lua.match(/^\{.*\}$/m)[0]) };
}
