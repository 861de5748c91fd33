-- What the specs of the wire ask of a host: counters, lists, slow handlers, tasks, effects, errors.
-- SPEC_CONFIG sets the host's limits: "hello_timeout=1 max_tabs=2".

local tl = require "tidelock"
local ui = tl.ui

local config = {}
for name, value in (os.getenv "SPEC_CONFIG" or ""):gmatch "([%w_]+)=([%d.]+)" do
  config[name] = tonumber(value)
end
if next(config) then tl.config(config) end

local Job = tl.state("Job", {
  n = 0,
  text = "",
  list = {},
  map = tl.map {},
  nothing = tl.var(),
  loads = {}, -- what on_load saw
  running = 0,
  cleaned = "",
  _secret = "s3cr3t",
})

Job.double = tl.computed(function(self) return self.n * 2 end)

function Job:add(k)
  self.n = self.n + (k or 1)
  self._secret = self._secret .. "!"
end

function Job:slow_add(k, seconds)
  tl.sleep(seconds)
  self.n = self.n + k
end

function Job:slow_steps(times, seconds)
  for _ = 1, times do
    self.n = self.n + 1
    coroutine.yield()
    tl.sleep(seconds)
  end
end


local sets = 0 -- of all tabs
function Job:set(name, value)
  self[name] = value
  sets = sets + 1
end
function Job:count_sets() self.n = sets end
function Job:put(key, value) self.map[key] = value end
function Job:push(value) self.list:push(value) end
function Job:append(text) self.text = self.text .. text end
function Job:long(times) self.text = ("0123456789"):rep(times) end
function Job:grow(piece) tl.append(self, "text", piece) end
function Job:secret() self._secret = "changed" end
function Job:nop() end

function Job:shapes()
  self.list = { { id = 1, a = "x" }, { id = 2, a = "y" }, { id = 3, a = "z" } }
  coroutine.yield()
  self.list[2].a = "yy"
  self.map["$key"] = { ["$"] = 1 }
  self.text = "ä"
  coroutine.yield()
  self.list:insert(1, { id = 0 })
  self.list:remove(4)
  self.map["$key"]["$"] = 2
  self.text = self.text .. "ö"
  coroutine.yield()
  table.sort(self.list, function(a, b) return a.id > b.id end)
  self.map["$key"] = nil
  self.nothing = { deep = { deeper = tl.list {} } }
  coroutine.yield()
  self.list:clear()
  self.nothing = nil
end

function Job:fail(k)
  self.n = self.n + k
  self.list:push("never")
  error("broken on purpose")
end

function Job:fail_later(k)
  self.n = self.n + k
  coroutine.yield()
  self.n = self.n + 1000
  error("broken on purpose")
end

function Job:chain() return Job.fail(1) end
function Job:toast(text) return tl.toast(text) end

function Job:toasts(count)
  local all = {}
  for i = 1, count do all[i] = tl.toast("toast " .. i) end
  return all
end

function Job:where_am_i() self.text = self.router.path .. " " .. (self.router.params.id or "-") .. " " .. (self.router.query.x or "-") end
function Job:here() self.list:push(self.router.path) end
function Job:who_am_i() self.text = self.router.session_id end
function Job:from_where() self.text = self.router.client_ip end

function Job:loaded() self.loads:push(self.router.path) end

function Job:overdue()
  self.n = 99
  tl.timeout(0.05, function()
    while true do pcall(tl.sleep, 0.01) end
  end)
end

function Job:unoffered() self.n = -1 end
function Job:_method() self.n = -2 end

-- Tasks -----------------------------------------------------------------------------------------

Job.broken_task = tl.background(function() error("a broken task") end)

Job.count = tl.background(function(self, times, pause)
  for _ = 1, times do
    tl.with_state(self, function() self.n = self.n + 1 end)
    if pause then tl.sleep(pause) end
  end
end)

-- Commits without a wait between.
Job.steps = tl.background(function(self, times)
  for _ = 1, times do
    tl.with_state(self, function() self.n = self.n + 1 end)
  end
  return { tl.toast "stepped", Job.add(10) }
end)

Job.there_and_back = tl.background(function(self)
  tl.with_state(self, function() self.n = self.n + 1 end)
  tl.with_state(self, function() self.n = self.n - 1 end)
end)

-- Ends with the host, after all else.
tl.lifespan(function()
  local _ <close> = tl.defer(function()
    tl.sleep(0.05)
    io.stderr:write(tl.work("string", "lower", "LIFESPAN: ENDED\n")) -- threads are there to the end
  end)
  tl.sleep(1e6)
end)

-- In a thread, C that nothing can stop.
Job.block_thread = tl.background(function() tl.work("luv", "sleep", 30000) end)

-- Lives until it is cancelled, and cleans up after itself: at once, and a little later.
Job.linger = tl.background(function(self)
  tl.with_state(self, function() self.running = self.running + 1 end)
  local _ <close> = tl.defer(function()
    tl.with_state(self, function()
      self.running = self.running - 1
      self.cleaned = self.cleaned .. "a"
    end)
    tl.sleep(0.1)
    tl.with_state(self, function() self.cleaned = self.cleaned .. "b" end)
    io.stderr:write("linger: cleaned up\n")
  end)
  tl.sleep(3600)
end)

-- Takes no cancel for an answer.
Job.stubborn = tl.background(function(self)
  tl.with_state(self, function() self.running = self.running + 1 end)
  while true do pcall(tl.sleep, 0.05) end
end)

-- Takes longer over its cleanup than anybody waits.
Job.dawdle = tl.background(function(self)
  tl.with_state(self, function() self.running = self.running + 1 end)
  local _ <close> = tl.defer(function()
    while true do pcall(tl.sleep, 0.05) end
  end)
  tl.sleep(3600)
end)

-- Commits data that grows; each commit is a change of nearly everything.
Job.churn = tl.background(function(self, times, size)
  for i = 1, times do
    tl.with_state(self, function()
      self.text = ("%d %s"):format(i, ("x"):rep(math.floor(i / times * size)))
      self.n = i
    end)
    if i % 50 == 0 then tl.sleep(0) end
  end
  tl.with_state(self, function() self.cleaned = "churned" end)
end)

Job.toast_often = tl.background(function(_, count, delay)
  tl.sleep(delay)
  for i = 1, count do
    coroutine.yield(tl.toast("often " .. i))
    if i % 10 == 0 then tl.sleep(0) end
  end
end)

function Job:count_tasks() self.running = #tl.tasks() end
function Job:wait() tl.sleep(3600) end

tl.expose(Job.add, Job.slow_add, Job.slow_steps, Job.steps, Job.there_and_back, Job.set, Job.put, Job.push, Job.append, Job.long,
  Job.grow, Job.secret, Job.nop, Job.shapes, Job.fail, Job.fail_later, Job.chain, Job.toast, Job.toasts, Job.where_am_i, Job.here, Job.who_am_i, Job.from_where,
  Job.broken_task, Job.count, Job.linger, Job.block_thread, Job.stubborn, Job.dawdle, Job.churn, Job.toast_often, Job.count_tasks, Job.wait, Job.overdue,
  Job.count_sets)

-- Pages -----------------------------------------------------------------------------------------

local function body()
  return ui.main { ui.h1 { Job.n }, ui.button { "Add", on_click = Job.add(1) } }
end

tl.page("/", { title = "Wire", on_load = Job.loaded }, body)
tl.page("/post/[id]", { title = "Post", on_load = Job.loaded }, body)
tl.page("/quiet", { title = "Quiet" }, body)
tl.assets "public"

return Job
