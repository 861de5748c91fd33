-- cancel_waits_spec.lua: a cancel at every kind of wait, each in every place: `<close>` values run, the block that is held is
-- rolled back, the place in a line is given up, nothing of the wait is left; and a task that goes on is stopped.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"
local uv = require "luv"

-- Who holds the tab's lock for a long time.
local function hold(self) tl.with_state(self, function() tl.sleep(1000) end) end

-- A server that takes connections and never answers; finally() closes it.
local function silent_server()
  local listener, sockets = uv.new_tcp(), {}
  assert(listener:bind("127.0.0.1", 0))
  listener:listen(16, function()
    local socket = uv.new_tcp()
    listener:accept(socket)
    sockets[#sockets + 1] = socket
    socket:read_start(function(_, data) if not data and not socket:is_closing() then socket:close() end end)
  end)
  finally(function()
    for _, socket in ipairs(sockets) do if not socket:is_closing() then socket:close() end end
    listener:close()
    t.settle()
  end)
  return "http://127.0.0.1:" .. listener:getsockname().port .. "/"
end

-- Each waits for long. `lock`: it asks for the tab's lock, so it cannot be inside a block. `outside`: it is no wait but
-- outside of a block, in the task's own coroutine. `busy`: it ends, and begins again. `real`: it waits for what takes real
-- time. `before` prepares it, outside of the task.
local kinds = {
  sleep = { wait = function() tl.sleep(1000) end },
  ["sleep(0)"] = { wait = function() while true do tl.sleep(0) end end, busy = true },
  yield = { wait = function() while true do coroutine.yield() end end, busy = true, outside = true },
  ["the line of with_state"] = { lock = true, wait = function(self) tl.with_state(self, function() error "entered" end) end },
  ["the line of tl.lock"] = { lock = true, wait = function(self)
    local _ <close> = tl.lock(self)
    error "entered"
  end },
  ["the line of modify_state"] = { lock = true, wait = function(self)
    tl.modify_state(self:get_token(), kit.Job, function() error "entered" end)
  end },
  http = { real = true, before = silent_server, wait = function(_, url) tl.http.get(url) end },
  ["http on_chunk"] = { real = true, before = silent_server, wait = function(_, url)
    tl.http.request { url = url, on_chunk = function() end }
  end },
  work = { real = true, wait = function() tl.work("spec.lua.support.threaded", "forever") end },
  gather = { wait = function() tl.gather(function() tl.sleep(1000) end, function() tl.sleep(1000) end) end },
  ["a child's child"] = { wait = function()
    tl.gather(function() tl.race(function() tl.gather(function() tl.sleep(1000) end) end) end)
  end },
  race = { wait = function() tl.race(function() tl.sleep(1000) end, function() tl.sleep(1000) end) end },
  ["scope:wait"] = { wait = function()
    local scope <close> = tl.scope()
    scope:spawn(tl.sleep, 1000)
    scope:wait()
  end },
  ["the end of a scope"] = { wait = function()
    local scope <close> = tl.scope()
    scope:spawn(tl.sleep, 1000)
  end },
  await = { before = function()
    local task = tl.spawn(tl.sleep, 1000)
    finally(function() task:cancel() t.settle() end)
    return task
  end, wait = function(_, task) task:await() end },
  timeout = { wait = function() tl.timeout(500, tl.sleep, 1000) end },
  ["semaphore:acquire"] = { before = function()
    local semaphore = tl.semaphore(1)
    local task = tl.spawn(function() semaphore:acquire() tl.sleep(1000) end)
    finally(function() task:cancel() t.settle() end)
    t.settle()
    return semaphore
  end, wait = function(_, semaphore) semaphore:acquire() end },
  ["channel:receive"] = { before = function() return tl.channel() end, wait = function(_, channel) channel:receive() end },
  ["channel:send"] = { before = function() return tl.channel() end, wait = function(_, channel) channel:send(1) end },
  ["event:wait"] = { before = function() return tl.event() end, wait = function(_, event) event:wait() end },
  every = { wait = function() tl.every(100, function() end) end },
  retry = { wait = function() tl.retry({ times = 1000, delay = 10 }, function() error "again" end) end },
}

-- Where the wait is. Each gets self, and a function that waits.
local places = {
  ["outside of a block"] = function(_, wait) wait() end,
  ["inside with_state"] = function(self, wait) tl.with_state(self, function() self.n = 5 wait() end) end,
  ["inside tl.lock"] = function(self, wait)
    local _ <close> = tl.lock(self)
    self.n = 6
    wait()
  end,
  ["inside a coroutine"] = function(_, wait) coroutine.wrap(function() coroutine.wrap(wait)() end)() end,
  ["inside a coroutine's block"] = function(self, wait)
    coroutine.wrap(function() tl.with_state(self, function() self.n = 7 coroutine.wrap(wait)() end) end)()
  end,
  ["inside a child"] = function(_, wait) tl.gather(wait) end,
}
local in_block = { ["inside with_state"] = true, ["inside tl.lock"] = true, ["inside a coroutine's block"] = true }

local function goes_on(kind) -- until it waits
  t.settle()
  if not kind.real then return end
  uv.sleep(20)
  t.settle()
end

local function run(kind, place)
  local tab = kit.open { config = { lock_warn_time = 0 } }
  local extra = kind.before and kind.before()
  local holder
  if kind.lock then
    kit.background(tab, function(self) holder = tl.current_task() hold(self) end)
  end
  local timers, task, closed, caught = tl.debug.tasks(), nil, 0, nil
  kit.start(tab, function(self)
    task = tl.current_task()
    place(self, function()
      local _ <close> = setmetatable({}, { __close = function(_, err) closed = closed + 1 caught = err end })
      kind.wait(self, extra)
    end)
  end)
  if kind.busy then
    tl.spawn(function()
      for _ = 1, 5 do tl.sleep(0) end
      task:cancel "enough"
    end):await()
  else
    goes_on(kind)
    assert(task.status == "sleeping" or task.status == "waiting" or task.status == "waiting_lock", task.status)
    task:cancel "enough"
  end
  t.settle()
  assert.equal("cancelled", task.status)
  assert.equal(1, closed)
  assert(tl.is_error(caught, "CancelledError"), tostring(caught))
  kit.raises("CancelledError", "enough", task.await, task)
  assert.equal(#timers, #tl.debug.tasks()) -- neither it nor a child of it
  if holder then
    holder:cancel()
    t.settle()
  end
  assert.same({}, tl.debug.locks())
  kit.handle(tab, function(self) self.a = self.n + 1 end)
  assert.equal(1, tab:state "Job".a)
  assert.same({}, tab:errors())
end

describe("a cancel ends", function()
  for name, kind in pairs(kinds) do
    for where, place in pairs(places) do
      local possible = not (kind.lock and in_block[where]) and not (kind.outside and where ~= "outside of a block")
      if possible then
        -- holds: cancel.raises, cancel.close, cancel.block, cancel.line
        it(name .. " " .. where, function() run(kind, place) end)
      end
    end
  end
end)
