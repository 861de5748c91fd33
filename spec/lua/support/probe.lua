--- probe.lua: runs a function of a spec inside a handler or a background task of spec/lua/apps/state.lua.
--
--   local probe = require "spec.lua.support.probe"
--   probe.inside(tab, function(self) self.counter = 5 end)
--
-- The app requires it as "probe". A failed assertion is raised again in the spec, after the handler's normal end, so that what came
-- before it was committed.

local probe = {}

package.loaded.probe = probe

local fn, ok, problem

---Called by the app.
function probe.run(self)
  local job = fn
  fn = nil
  ok, problem = pcall(job, self)
end

---Called by the app, where an error is to reach the host.
function probe.run_bare(self)
  local job = fn
  fn, ok = nil, true
  return job(self)
end

local function click(tab, button, job, seconds)
  fn, ok, problem = job, nil, nil
  tab:click(button)
  if seconds then require "tidelock.testing".advance(seconds) end
  if ok == nil then error("the handler did not run", 0) end
  if not ok then error(problem, 0) end
end

---In a handler: the lock is held from the first line to the last.
function probe.inside(tab, job) click(tab, "Inside", job) end

---In a handler of the app's other state.
function probe.beside(tab, job) click(tab, "Beside", job) end

---In a background task, outside of any block.
---@param seconds number|nil how long it takes, in virtual time
function probe.outside(tab, job, seconds) click(tab, "Outside", job, seconds) end

---In a handler; its error, if any, rolls back.
function probe.bare(tab, job) click(tab, "Bare", job) end

---Raises unless `job` raises an error whose text has `text` in it (plain).
function probe.raises(text, job, ...)
  local fine, err = pcall(job, ...)
  if fine then error(("nothing was raised; expected: %s"):format(text), 2) end
  if not tostring(err):find(text, 1, true) then error(("expected: %s\ngot: %s"):format(text, tostring(err)), 2) end
  return err
end

---Opens an app whose main.lua is this text, after the usual requires, and which has a page. Raises what loading it raises; the
---file's name in it is main.lua.
function probe.load(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write('local tl = require "tidelock"\nlocal ui = tl.ui\n', text,
    '\ntl.page("/", {}, function() return ui.main { ui.p "here" } end)\n')
  file:close()
  local fine, err = pcall(require("tidelock.testing").open, path, "/")
  os.remove(path)
  if fine then return end
  local said = type(err) == "table" and ("%s: %s"):format(err.name, err.message) or tostring(err)
  error((said:gsub(path:gsub("%p", "%%%0"), "main.lua")), 0)
end

return probe
