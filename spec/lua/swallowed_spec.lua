-- swallowed_spec.lua: a task that catches its cancel and goes on: what its block has done is not kept, and it comes to an
-- end, whether it goes on to wait or not; and limits of time in coroutines that have yielded out of them.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function catch() pcall(tl.sleep, 1000) end

describe("a cancel that pcall caught inside a block", function()
  local blocks = {
    with_state = function(self, fn) tl.with_state(self, fn) end,
    ["tl.lock"] = function(self, fn)
      local _ <close> = tl.lock(self)
      fn()
    end,
    ["with_state in a coroutine"] = function(self, fn) coroutine.wrap(function() tl.with_state(self, fn) end)() end,
    ["with_state, caught in a coroutine"] = function(self, fn) tl.with_state(self, function() coroutine.wrap(fn)() end) end,
    ["with_state under pcall"] = function(self, fn) kit.raises("CancelledError", "enough", tl.with_state, self, fn) end,
  }
  for name, block in pairs(blocks) do
    -- holds: cancel.block.caught
    it("rolls it back when it ends: " .. name, function()
      local tab = kit.open()
      local task, after
      kit.background(tab, function(self)
        task = tl.current_task()
        block(self, function()
          self.n = 1
          catch()
          self.a = 2
          after = true
        end)
        if name ~= "with_state under pcall" then error "it went on" end
      end)
      task:cancel "enough"
      t.settle()
      assert.is_true(after)
      assert.same({ 0, 0 }, { tab:state "Job".n, tab:state "Job".a })
      assert.equal(name == "with_state under pcall" and "done" or "cancelled", task.status)
      assert.same({}, tab:errors())
      assert.same({}, tl.debug.locks())
    end)
  end

  it("rolls a handler back to its last yield", function()
    local tab = kit.open()
    local task
    kit.send(tab, function(self)
      task = tl.current_task()
      self.n = 1
      coroutine.yield()
      self.n = 2
      catch()
      self.n = 3
    end)
    t.settle()
    task:cancel()
    t.settle()
    assert.equal(1, tab:state "Job".n)
    assert.equal("cancelled", task.status)
    assert.same({}, tab:errors())
  end)

  it("does the same with a limit of time around the block, and not with one inside of it", function()
    local tab = kit.open()
    local err
    kit.background(tab, function(self)
      err = select(2, pcall(tl.timeout, 1, function()
        tl.with_state(self, function()
          self.n = 1
          catch()
        end)
      end))
      tl.with_state(self, function()
        self.a = 1
        pcall(tl.timeout, 1, tl.sleep, 5)
        pcall(tl.timeout, 1, catch)
      end)
    end)
    t.advance(5)
    assert(tl.is_error(err, "TimeoutError"))
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("keeps what a block did that only asked for the cancel, and what a deferred function does", function()
    local tab = kit.open()
    local task
    kit.background(tab, function(self)
      task = tl.current_task()
      tl.with_state(self, function()
        self.n = 1
        pcall(tl.timeout, 1, tl.sleep, 5)
        tl.cancel(self, kit.Job.work)
      end)
      local _ <close> = tl.defer(function() tl.with_state(self, function() self.b = 1 end) end)
      tl.with_state(self, function()
        self.a = 1
        catch()
      end)
    end)
    t.advance(1)
    assert.same({ 1, 0, 1 }, { tab:state "Job".n, tab:state "Job".a, tab:state "Job".b })
    assert.equal("cancelled", task.status)
  end)
end)

describe("a task that goes on without a wait after its cancel", function()
  local function spin() while true do end end
  local function deep(n) if n > 0 then pcall(deep, n - 1) end spin() end
  local places = {
    ["in itself"] = function(go) catch() go() end,
    ["in a coroutine"] = function(go) coroutine.wrap(function() catch() go() end)() end,
    ["after a coroutine in which it was raised"] = function(go)
      local co = coroutine.create(function() tl.sleep(1000) end)
      coroutine.resume(co)
      go()
    end,
    ["in a coroutine that it resumes later"] = function(go)
      local co = coroutine.create(function() coroutine.yield() go() end)
      coroutine.resume(co)
      catch()
      coroutine.resume(co)
      go()
    end,
    ["in the comparison of a sort"] = function(go)
      catch()
      while true do pcall(table.sort, { 3, 2, 1 }, function() go() return true end) end
    end,
    ["after it has cancelled itself"] = function(go) tl.current_task():cancel() go() end,
  }
  local ways = {
    ["a loop"] = spin,
    ["a loop that catches"] = function() while true do pcall(spin) end end,
    ["many pcalls"] = function() deep(50) end,
    ["<close> values that go on as well"] = function()
      local _ <close> = setmetatable({}, { __close = function() while true do pcall(spin) end end })
      while true do pcall(spin) end
    end,
  }
  for where, place in pairs(places) do
    for how, way in pairs(ways) do
      if where == "in itself" or how == "a loop that catches" then
        -- holds: cancel.spin
        it(("is stopped %s: %s"):format(where, how), function()
          local tab = kit.open()
          local task
          kit.start(tab, function(self)
            task = tl.current_task()
            tl.with_state(self, function()
              self.n = 1
              place(way)
              self.n = 2
            end)
          end)
          t.settle()
          task:cancel "enough"
          local before = os.clock()
          t.settle()
          assert(os.clock() - before < 4, "it takes long")
          assert.equal("cancelled", task.status)
          kit.raises("CancelledError", nil, task.await, task)
          kit.handle(tab, function(self) self.a = self.n + 1 end)
          assert.equal(1, tab:state "Job".a)
          if how == "a loop" then
            assert.same({}, tab:errors())
          else
            assert.equal("CancelledError", tab:errors()[1].name)
            assert.matches("caught its CancelledError and went on without a wait: it is killed", tab:errors()[1].message)
            assert.matches("swallowed_spec.lua:%d+", tab:errors()[1].traceback)
          end
        end)
      end
    end
  end

  it("may compute for a while, and go on in a deferred function", function()
    local tab = kit.open { config = { cleanup_time = 30 } }
    local task
    local function work() local from = os.clock() while os.clock() - from < 0.8 do end end
    kit.background(tab, function(self)
      task = tl.current_task()
      local _ <close> = tl.defer(function()
        work()
        tl.with_state(self, function() self.n = 1 end)
      end)
      catch()
      for _ = 1, 1e5 do end
    end)
    task:cancel()
    t.settle()
    assert.equal(1, tab:state "Job".n)
    assert.equal("done", task.status)
    assert.same({}, tab:errors())
  end)

  it("is stopped in a deferred function when cleanup_time is over", function()
    local tab = kit.open { config = { cleanup_time = 0.1 } }
    local task
    kit.background(tab, function(self)
      task = tl.current_task()
      local _ <close> = tl.defer(function()
        tl.with_state(self, function()
          self.n = 1
          while true do pcall(spin) end
        end)
      end)
      tl.sleep(1000)
    end)
    task:cancel()
    t.settle()
    assert.equal(0, tab:state "Job".n)
    assert.equal("cancelled", task.status)
    assert.equal(1, #tab:errors())
  end)

  it("is stopped in a deferred function that ran when the cancel came", function()
    local tab = kit.open { config = { cleanup_time = 0.1 } }
    local task
    kit.background(tab, function(self)
      task = tl.current_task()
      local _ <close> = tl.defer(function()
        tl.sleep(0.05)
        tl.with_state(self, function() self.n = 1 spin() end)
      end)
    end)
    task:cancel()
    t.advance(1)
    assert.same({ "cancelled", 0 }, { task.status, tab:state "Job".n })
  end)

  it("is stopped as well after a limit of time: in a loop, and in a deferred function", function()
    local tab = kit.open { config = { cleanup_time = 0.1 } }
    local errors = {}
    kit.background(tab, function(self)
      errors[1] = select(2, pcall(tl.timeout, 1, function() catch() spin() end))
      errors[2] = select(2, pcall(tl.timeout, 1, function()
        local _ <close> = tl.defer(spin)
        tl.sleep(5)
      end))
      tl.with_state(self, function() self.n = 1 end)
    end)
    t.advance(3)
    for i = 1, 2 do assert(tl.is_error(errors[i], "TimeoutError"), tostring(errors[i])) end
    assert.equal(1, tab:state "Job".n)
    assert.same({}, tab:errors())
  end)

  it("is told to the page also when it goes on to wait, again and again", function()
    local tab = kit.open()
    local task
    kit.background(tab, function()
      task = tl.current_task()
      while true do catch() end
    end)
    task:cancel()
    t.settle()
    assert.equal("cancelled", task.status)
    assert.matches("caught its CancelledError and went on to wait, again and again: it is killed", tab:errors()[1].message)
  end)

  it("leaves the hook of a debugger alone, and none behind", function()
    kit.open()
    local seen
    local task = tl.spawn(function()
      local co = coroutine.running()
      debug.sethook(function() seen = true end, "l")
      catch()
      local _ = co
      debug.sethook()
    end)
    t.settle()
    task:cancel()
    t.settle()
    assert.is_true(seen)
    for _ = 1, 3 do
      tl.spawn(function() assert.is_nil((debug.gethook())) end):await()
    end
  end)
end)

describe("a limit of time in a coroutine", function()
  -- A coroutine that has yielded out of a tl.timeout of one second; resumed, it waits.
  local function yielded(log)
    local co = coroutine.create(function()
      local ok, err = pcall(tl.timeout, 1, function()
        coroutine.yield()
        tl.sleep(0.5)
        tl.sleep(0.4)
      end)
      log[#log + 1] = ok or err.name
      tl.sleep(5)
    end)
    assert(coroutine.resume(co))
    return co
  end

  -- holds: timeout.coroutine
  it("counts only for waits inside of it, once the coroutine has yielded out", function()
    kit.open()
    local log = {}
    tl.spawn(function()
      local co = yielded(log)
      tl.sleep(3)
      log[#log + 1] = "slept"
      coroutine.resume(co)
      log[#log + 1] = coroutine.status(co)
    end):await()
    assert.same({ "slept", "TimeoutError", "dead" }, log)
  end)

  it("goes on when it is resumed in time", function()
    kit.open()
    local log = {}
    tl.spawn(function()
      local co = yielded(log)
      tl.sleep(0.05)
      local from = tl.now()
      coroutine.resume(co)
      log[#log + 1] = tl.now() - from > 5
    end):await()
    assert.same({ true, true }, log)
  end)

  it("is over after its time, from when it began", function()
    kit.open()
    local log = {}
    tl.spawn(function()
      local co = yielded(log)
      tl.sleep(0.3)
      coroutine.resume(co)
    end):await()
    assert.same({ "TimeoutError" }, log)
  end)

  it("goes with the coroutine to the task that resumes it, and leaves nothing with the first", function()
    kit.open()
    local log, co = {}, nil
    tl.spawn(function() co = yielded(log) end):await()
    tl.spawn(function()
      tl.sleep(0.5)
      coroutine.resume(co)
    end):await()
    assert.same({ "TimeoutError" }, log)
  end)

  it("ends with a coroutine that is closed, collected, or never resumed", function()
    kit.open()
    tl.spawn(function()
      assert.is_true(coroutine.close(yielded {}))
      yielded {}
      collectgarbage()
      collectgarbage()
      local co = yielded {}
      for _ = 1, 100 do yielded {} end
      collectgarbage()
      coroutine.wrap(function() tl.timeout(1, tl.sleep, 0.5) end)()
      assert(co)
      tl.sleep(10)
    end):await()
  end)

  it("is for a scope as well: its children end with the task that made it", function()
    kit.open()
    local child, err
    tl.spawn(function()
      local co = coroutine.wrap(function()
        local scope <close> = tl.scope()
        child = scope:spawn(tl.sleep, 1000)
        coroutine.yield()
      end)
      co()
      tl.sleep(1)
      local failing = coroutine.create(function()
        local scope <close> = tl.scope()
        scope:spawn(function() tl.sleep(1) error "child" end)
        coroutine.yield()
        tl.sleep(1)
      end)
      coroutine.resume(failing)
      tl.sleep(5)
      err = select(2, coroutine.resume(failing))
    end):await()
    assert.matches("child", tostring(err))
    t.settle()
    assert.equal("cancelled", child.status)
  end)
end)
