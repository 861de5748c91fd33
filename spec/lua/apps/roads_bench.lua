--- roads_bench.lua: runs functions of a spec as handlers and background tasks of roads.lua.
--
--   local bench = require "spec.lua.apps.roads_bench"
--   bench.task(tab, function(self) ... end)      -- in a background task, up to its end
--
-- The function runs under pcall, and what it raised is raised again in the spec; `bare` lets the host see the error.

local t = require "tidelock.testing"

local bench = {}

package.loaded.roads_bench = bench

local next_run

---Called by the app.
function bench.run(self)
  local run = assert(next_run, "nothing to run")
  next_run = nil
  if run.bare then return run.fn(self) end
  run.ok, run.err = pcall(run.fn, self)
end

local function click(tab, button, fn, bare)
  local run = { fn = fn, bare = bare }
  next_run = run
  tab:click(button)
  return run
end

local function finish(run)
  if run.ok == nil then error("it has not ended", 0) end
  if not run.ok then error(run.err, 0) end
end

---Starts fn(self) as a background task of the tab, and gives a handle for `join`.
function bench.start(tab, fn) return click(tab, "Task", fn) end

---Waits a minute of virtual time for what was started, and raises what it raised.
function bench.join(...)
  t.advance(60)
  for _, run in ipairs { ... } do finish(run) end
end

---In a background task, to its end.
function bench.task(tab, fn) bench.join(bench.start(tab, fn)) end

---In a handler, to its end. What it did is committed, also when an assertion failed.
function bench.handler(tab, fn) bench.join(click(tab, "Handler", fn)) end

---The same, but errors reach the host, as they would in an app.
function bench.bare_task(tab, fn) click(tab, "Task", fn, true) end
function bench.bare_handler(tab, fn) click(tab, "Handler", fn, true) end

---Runs fn and raises unless it raises an error called `name` whose text has all these words in it, as they stand.
function bench.raises(name, words, fn, ...)
  local tl = require "tidelock"
  local ok, err = pcall(fn, ...)
  if ok then error("nothing was raised; expected was " .. name, 2) end
  if not tl.is_error(err, name) then error(("expected: %s\ngot: %s"):format(name, tostring(err)), 2) end
  for _, word in ipairs(words) do
    if not err.message:find(word, 1, true) then error(("expected: %s\ngot: %s"):format(word, err.message), 2) end
  end
  return err
end

---All that a state holds, as plain tables.
function bench.content(self)
  local tl = require "tidelock"
  local other = self:get_state(bench.Other)
  return {
    counter = self.counter, a = self.a, b = self.b, name = self.name, running = self.running, items = tl.copy(self.items),
    jobs = tl.copy(self.jobs), _secret = self._secret, step = other.step, list = tl.copy(other.list),
  }
end

return bench
