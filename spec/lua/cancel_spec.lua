-- cancel_spec.lua: cancelling at every kind of wait; what unwinds; tl.defer (contract, section 4).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

-- Each takes self and waits for long; the tab's lock is held by a handler for the first 100 s.
local waits = {
  sleep = function() tl.sleep(1000) end,
  ["the lock's line"] = function(self) tl.with_state(self, function() error "entered" end) end,
  ["the line of tl.lock"] = function(self)
    local _ <close> = tl.lock(self)
    error "entered"
  end,
  gather = function() tl.gather(function() tl.sleep(1000) end, function() tl.sleep(1000) end) end,
  ["a gather that waits for the lock"] = function(self) tl.gather(function() tl.with_state(self, print) end) end,
  await = function()
    local task = tl.spawn(tl.sleep, 50)
    task:await()
  end,
  timeout = function() tl.timeout(500, tl.sleep, 1000) end,
  ["yield"] = function() while true do coroutine.yield() end end,
  ["sleep(0)"] = function() while true do tl.sleep(0) end end,
  ["a coroutine"] = function() coroutine.wrap(function() coroutine.wrap(tl.sleep)(1000) end)() end,
  ["a coroutine in the line"] = function(self) coroutine.wrap(tl.with_state)(self, print) end,
  http = function() tl.http.get "/slow" end,
}
waits.http = nil -- see http_spec.lua

describe("a cancel", function()
  for what, wait in pairs(waits) do
    -- holds: cancel.raises, cancel.close, cancel.again
    it("ends " .. what .. ": <close> runs, CancelledError is raised, and again at each later wait", function()
      local tab = kit.open()
      local log, note = kit.log()
      local task
      kit.send(tab, function() tl.sleep(100) end)
      kit.start(tab, function(self)
        task = tl.current_task()
        local _ <close> = setmetatable({}, { __close = function(_, err) note(err and err.name or "none") end })
        local ok, err = pcall(wait, self)
        note(ok or err.name)
        note(err.message)
        for _ = 1, 2 do note(select(2, pcall(tl.sleep, 1)).name) end
        note(select(2, pcall(tl.with_state, self, print)).name)
        note(select(2, pcall(coroutine.yield)).name)
        tl.sleep(1)
      end)
      if what == "yield" or what == "sleep(0)" then
        local stop = tl.spawn(function()
          for _ = 1, 5 do tl.sleep(0) end
          task:cancel "enough"
        end)
        stop:await()
      else
        t.settle()
        task:cancel "enough"
      end
      t.settle()
      local name = "CancelledError"
      assert.same({ name, "CANCEL", name, name, name, name, name }, { log[1], "CANCEL", log[3], log[4], log[5], log[6], log[7] })
      assert.matches("enough", log[2])
      assert.equal("cancelled", task.status)
      assert.same({}, tab:errors())
      t.advance(200)
      kit.handle(tab, function(self) self.n = 1 end)
      assert.equal(1, tab:state "Job".n)
    end)
  end

  -- holds: cancel.block
  it("rolls a held block back, by with_state and by tl.lock", function()
    local tab = kit.open()
    for _, enter in ipairs { function(self) tl.with_state(self, function()
      self.n = 5
      tl.sleep(100)
    end) end, function(self)
      local _ <close> = tl.lock(self)
      self.n = 6
      tl.sleep(100)
    end, function(self) tl.with_state(self, function()
      self.n = 7
      tl.gather(function() tl.sleep(100) end)
    end) end } do
      local task
      kit.background(tab, function(self)
        task = tl.current_task()
        enter(self)
      end)
      task:cancel()
      t.settle()
      assert.equal("cancelled", task.status)
      kit.handle(tab, function(self) self.a = self.n end)
      assert.equal(0, tab:state "Job".a)
    end
  end)

  it("before the start: nothing runs", function()
    local tab = kit.open()
    local ran = false
    kit.start(tab, function() ran = true end)
    tl.tasks()[1]:cancel()
    local task = tl.spawn(function() ran = true end)
    task:cancel()
    assert.equal("cancelled", task.status)
    t.settle()
    assert.is_false(ran)
    assert.equal(0, #tl.background_tasks)
  end)

  it("of the running task: it goes on to its next wait", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.background(tab, function()
      tl.current_task():cancel()
      note "still here"
      tl.sleep(0)
      note "never"
    end)
    assert.same({ "still here" }, log)
  end)

  it("counts also where the lock is free", function()
    local tab = kit.open()
    local entered = false
    kit.background(tab, function(self)
      tl.current_task():cancel()
      kit.raises("CancelledError", nil, tl.with_state, self, function() entered = true end)
    end)
    assert.is_false(entered)
  end)

  it("that is caught does not fail a task which then ends", function()
    local tab = kit.open()
    local task
    kit.background(tab, function()
      task = tl.current_task()
      pcall(tl.sleep, 100)
      return nil
    end)
    task:cancel()
    t.settle()
    assert.equal("done", task.status)
    assert.same({}, tab:errors())
  end)

  -- holds: task.cancel.reason
  it("keeps its first reason, and is harmless twice and after the end", function()
    kit.open()
    local err
    local task = tl.spawn(function() err = select(2, pcall(tl.sleep, 100)) end)
    t.settle()
    task:cancel "first"
    task:cancel "second"
    t.settle()
    assert.matches("first", err.message)
    task:cancel()
  end)

  it("of a handler that waits rolls it back and lets the next one run", function()
    local tab = kit.open()
    local task
    kit.send(tab, function(self)
      self.n = 1
      task = tl.current_task()
      tl.sleep(100)
    end)
    kit.send(tab, function(self) self.a = self.n + 1 end)
    t.settle()
    task:cancel()
    t.settle()
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
    assert.same({}, tab:errors())
  end)

  it("reaches handlers, waiting and not yet started, when their tab ends", function()
    local tab = kit.open { config = { tab_ttl = 1 } }
    local log, note = kit.log()
    kit.send(tab, function()
      local _ <close> = tl.defer(function() note "first" end)
      tl.sleep(100)
    end)
    for _ = 1, 5 do kit.send(tab, function() note "never" end) end
    t.settle()
    tab:disconnect()
    t.advance(2)
    assert.same({ "first" }, log)
  end)
end)

describe("tl.defer", function()
  -- holds: defer.runs
  it("runs at the end of the block, also by return and error, last first", function()
    kit.open()
    local log, note = kit.log()
    local function f(how)
      local _ <close> = tl.defer(function() note(how .. 1) end)
      local _ <close> = tl.defer(function() note(how .. 2) end)
      if how == "return" then return "value" end
      if how == "error" then error "x" end
    end
    f "end"
    assert.equal("value", f "return")
    assert.is_false(pcall(f, "error"))
    assert.same({ "end2", "end1", "return2", "return1", "error2", "error1" }, log)
    kit.raises("TypeError", "function", tl.defer, 5)
  end)

  -- holds: defer.masks
  it("masks a cancel: it may sleep and enter the block", function()
    local tab = kit.open()
    local task
    kit.background(tab, function(self)
      task = tl.current_task()
      tl.with_state(self, function() self.running = true end)
      local _ <close> = tl.defer(function()
        tl.sleep(1)
        tl.with_state(self, function()
          self.running = false
          tl.sleep(1)
          self.n = 1
        end)
      end)
      tl.sleep(100)
    end)
    task:cancel()
    t.advance(0.5)
    assert.is_true(tab:state "Job".running)
    task:cancel()
    t.advance(2)
    assert.same({ false, 1 }, { tab:state "Job".running, tab:state "Job".n })
    assert.equal("cancelled", task.status)
  end)

  -- holds: defer.bound
  it("is bounded by cleanup_time after a cancel, whether that came before or in it", function()
    local tab = kit.open { config = { cleanup_time = 2 } }
    for _, when in ipairs { "before", "in" } do
      local task, ended
      kit.background(tab, function()
        task = tl.current_task()
        local _ <close> = tl.defer(function()
          local from = tl.now()
          kit.raises("CancelledError", nil, tl.sleep, 100)
          ended = tl.now() - from
          kit.raises("CancelledError", nil, tl.sleep, 100)
        end)
        tl.sleep(when == "in" and 0 or 100)
      end)
      task:cancel()
      t.advance(10)
      assert.equal(2, ended)
      assert.not_equal("sleeping", task.status)
    end
    assert.same({}, tab:errors())
  end)

  it("is bounded after a timeout around it, and not by anything at a normal end", function()
    kit.open { config = { cleanup_time = 2 } }
    local from = tl.now()
    local inner
    kit.raises("TimeoutError", nil, tl.timeout, 1, function()
      local _ <close> = tl.defer(function() inner = select(2, pcall(tl.sleep, 100)) end)
      tl.sleep(50)
    end)
    assert.is_true(tl.is_error(inner, "TimeoutError"))
    assert.equal(3, tl.now() - from)
    do
      local _ <close> = tl.defer(function() tl.sleep(100) end)
    end
    assert.equal(103, tl.now() - from)
  end)

  it("may have a timeout of its own", function()
    kit.open()
    local from = tl.now()
    do
      local _ <close> = tl.defer(function() kit.raises("TimeoutError", nil, tl.timeout, 1, tl.sleep, 100) end)
    end
    assert.equal(1, tl.now() - from)
    local task = tl.spawn(function()
      local _ <close> = tl.defer(function() kit.raises("TimeoutError", nil, tl.timeout, 1, tl.sleep, 100) end)
      tl.sleep(100)
    end)
    t.settle()
    task:cancel()
    t.advance(1.5)
    assert.equal("cancelled", task.status)
  end)

  it("that fails gives its error on, and the other deferred functions run", function()
    local tab = kit.open()
    local ran = false
    kit.background(tab, function(self)
      local _ <close> = tl.defer(function() ran = true end)
      local _ <close> = tl.defer(function()
        tl.with_state(self, function() self.n = 1 error "in defer" end)
      end)
    end)
    assert.is_true(ran)
    assert.matches("in defer", tab:errors()[1].message)
    assert.equal(0, tab:state "Job".n)
  end)

  it("works inside a held block and inside a wrapped coroutine", function()
    local tab = kit.open()
    local log, note = kit.log()
    local task
    kit.background(tab, function(self)
      task = tl.current_task()
      coroutine.wrap(function()
        local _ <close> = tl.defer(function()
          tl.sleep(1)
          tl.with_state(self, function() self.n = 3 end)
          note "cleaned"
        end)
        tl.sleep(100)
      end)()
    end)
    task:cancel()
    t.advance(2)
    assert.same({ "cleaned" }, log)
    assert.equal(3, tab:state "Job".n)
    kit.background(tab, function(self)
      tl.with_state(self, function()
        local _ <close> = tl.defer(function()
          tl.sleep(1)
          self.a = 4
        end)
        self.b = 5
      end)
    end)
    t.advance(2)
    assert.same({ 4, 5 }, { tab:state "Job".a, tab:state "Job".b })
  end)

  it("that would wait for ever is ended with its gather", function()
    local tab = kit.open { config = { cleanup_time = 1 } }
    local task
    kit.background(tab, function()
      task = tl.current_task()
      tl.gather(function()
        local _ <close> = tl.defer(function() while true do tl.sleep(1) end end)
        tl.sleep(10)
      end)
    end)
    task:cancel()
    t.advance(3)
    assert.equal("cancelled", task.status)
  end)
end)
