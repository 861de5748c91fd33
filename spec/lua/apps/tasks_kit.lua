-- tasks_kit.lua: what the specs of tasks, events, locks and cancels share: opening tasks.lua, and giving its handlers something to do.
local tl, t = require "tidelock", require "tidelock.testing"

local kit = { app = "spec/lua/apps/tasks.lua" }

local program = {}
kit.program = program
package.loaded.tasks_program = program

local counter = 0

---Forgets what the last spec put in, and opens a tab.
---@param extra table|nil functions by name: on_load, clicked, while_loading, in_computed; config
function kit.open(extra)
  for key in pairs(program) do program[key] = nil end
  for key, value in pairs(extra or {}) do program[key] = value end
  local tab = t.open(kit.app, "/")
  kit.Job, kit.Other = program.Job, program.Other
  return tab
end

---Another tab of the same app.
function kit.another() return t.open(kit.app, "/") end

---Names a function, so that `kit.Job.go(name)` or `kit.Job.work(name)` runs it.
function kit.name(fn)
  counter = counter + 1
  local name = "f" .. counter
  program[name] = fn
  return name
end

---A bound event that runs fn as a handler or as a background task.
function kit.go(fn, ...) return kit.Job.go(kit.name(fn), ...) end
function kit.work(fn, ...) return kit.Job.work(kit.name(fn), ...) end

---The page sends an event; nothing of it has run when this returns.
function kit.send(tab, fn, ...) tab:send_event("Job.go", { kit.name(fn), ... }) end
function kit.start(tab, fn, ...) tab:send_event("Job.work", { kit.name(fn), ... }) end

---Runs fn in a handler (a background task) of the tab and all that is ready after it.
function kit.handle(tab, fn, ...)
  kit.send(tab, fn, ...)
  t.settle()
end
function kit.background(tab, fn, ...)
  kit.start(tab, fn, ...)
  t.settle()
end

---The tab's committed state, read outside the lock by a new `self`.
function kit.read(tab)
  local out
  kit.background(tab, function(self)
    out = { n = self.n, a = self.a, b = self.b, text = self.text, running = self.running, tasks = self._tasks, items = tl.copy(self.items) }
  end)
  return out
end

---fn raises the error of that name, whose message matches; gives the error.
function kit.raises(name, pattern, fn, ...)
  local result = table.pack(pcall(fn, ...))
  local err = result[2]
  assert(not result[1], "no error was raised")
  assert(tl.is_error(err, name), ("%s was expected, and this was raised: %s"):format(name, tostring(err)))
  if pattern and not err.message:find(pattern) then
    error(("the message does not match %q: %s"):format(pattern, err.message), 2)
  end
  return err
end

---Waits for the state to be as wanted in each of these; for lists of what happened.
function kit.log()
  local log = {}
  return log, function(what) log[#log + 1] = what end
end

return kit
