-- locks_spec.lua: a tab's lock: with_state, tl.lock, their one line, nesting, deadlocks (contract, section 3).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

describe("with_state", function()
  -- holds: block.arguments, block.method
  it("gives fn self and the arguments, and its results back", function()
    local tab = kit.open()
    local got
    kit.background(tab, function(self)
      got = table.pack(tl.with_state(self, function(state, ...)
        assert(state == self)
        return ...
      end, 1, nil, "x", nil))
      assert(select("#", self:with_state(function() end)) == 0)
    end)
    assert.same({ 1, nil, "x", nil, n = 4 }, got)
    assert.same({}, tab:errors())
  end)

  -- holds: block.error.nothing, block.error.lock, block.error.value
  it("gives fn's own error on, and keeps and sends nothing of the block", function()
    local tab = kit.open()
    local value = {}
    local err
    kit.background(tab, function(self)
      err = select(2, pcall(tl.with_state, self, function()
        self.n = 1
        self.items:push { deep = { 1 } }
        error(value)
      end))
      tl.with_state(self, function() self.a = self.n + #self.items + 1 end)
    end)
    assert.equal(value, err)
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
    assert.equal(1, #tab:deltas())
  end)

  -- holds: block.refresh
  it("refreshes self; outside reads are of the last refresh and writes raise", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.start(tab, function(self)
      note(self.n)
      tl.sleep(2)
      note(self.n)
      tl.with_state(self, function() note(self.n) end)
      note(self.n)
      kit.raises("ImmutableStateError", "n", function() self.n = 9 end)
    end)
    t.advance(1)
    kit.handle(tab, function(self) self.n = 5 end)
    t.advance(1)
    assert.same({ 0, 0, 5, 5 }, log)
    assert.equal(5, tab:state "Job".n)
  end)

  -- holds: block.exclusive, task.yield.inside
  it("commits by yield inside, keeps the lock, and rolls back to there", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.start(tab, function(self)
      pcall(tl.with_state, self, function()
        self.n = 1
        coroutine.yield()
        note "holds"
        tl.sleep(1)
        self.n = 2
        error "x"
      end)
    end)
    t.settle()
    kit.send(tab, function() note "handler" end)
    t.settle()
    assert.equal(1, tab:state "Job".n)
    t.advance(1)
    assert.same({ "holds", "handler" }, log)
    assert.equal(1, tab:state "Job".n)
  end)

  it("refuses what is no state and no function", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      for _, v in ipairs { 5, {}, kit.Job } do kit.raises("TypeError", "state instance", tl.with_state, v, print) end
      kit.raises("TypeError", "state instance", tl.with_state)
      kit.raises("TypeError", "function", tl.with_state, self)
      kit.raises("TypeError", "function", tl.with_state, self, {})
      kit.raises("TypeError", "state instance", tl.lock)
    end)
    assert.same({}, tab:errors())
  end)
end)

describe("tl.lock", function()
  -- holds: lock.scope
  it("holds for the rest of the block: early return, break and goto commit", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local function early()
        local _ <close> = tl.lock(self)
        self.n = 1
        if self.n == 1 then return "early" end
        self.n = 2
      end
      assert(early() == "early")
      kit.raises("ImmutableStateError", nil, function() self.n = 3 end)
      for _ = 1, 3 do
        local _ <close> = tl.lock(self)
        self.a = self.a + 1
        break
      end
      do
        local _ <close> = tl.lock(self)
        self.b = 1
        goto out
      end
      ::out::
    end)
    assert.same({}, tab:errors())
    assert.same({ 1, 1, 1 }, { tab:state "Job".n, tab:state "Job".a, tab:state "Job".b })
  end)

  for what, fail in pairs {
    error = function() error "x" end, ["error(nil)"] = function() error(nil) end, ["assert(nil, nil)"] = function() assert(nil, nil) end,
    ["an error of Lua"] = function() return nil + 1 end, -- luacheck: ignore
    cancel = function()
      tl.current_task():cancel()
      tl.sleep(0)
    end,
    timeout = function() tl.timeout(0, tl.sleep, 1) end,
  } do
    -- holds: lock.rollback
    it("rolls back when left by " .. what, function()
      local tab = kit.open()
      kit.background(tab, function(self)
        pcall(function()
          local _ <close> = tl.lock(self)
          self.n = 1
          fail()
        end)
      end)
      t.advance(2)
      kit.handle(tab, function(self) self.a = self.n + 1 end)
      assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
    end)
  end

  it("rolls back when xpcall's handler gives no value", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      xpcall(function()
        local _ <close> = tl.lock(self)
        self.n = 1
        error "x"
      end, function() end)
    end)
    assert.equal(0, kit.read(tab).n)
  end)

  -- holds: task.end.lock
  it("is rolled back at the end of a task that never closed it", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local _ = tl.lock(self)
      self.n = 1
      return kit.go(function(state) state.a = state.n + 1 end)
    end)
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
  end)
end)

describe("the line", function()
  -- holds: block.waits, line.fifo
  it("is one for handlers and blocks, in the order of arrival and asking", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.send(tab, function() tl.sleep(1) end)
    for i = 1, 6 do
      if i % 2 == 0 then kit.send(tab, function() note(i) end)
      else kit.start(tab, function(self) tl.with_state(self, function() note(i) end) end) end
      t.settle()
    end
    t.advance(1)
    assert.same({ 1, 2, 3, 4, 5, 6 }, log)
  end)

  -- holds: handler.chain.end, line.fifo
  it("cannot be overtaken by one that comes back, nor by a chained event", function()
    local tab = kit.open()
    local log, note = kit.log()
    for i = 1, 2 do kit.start(tab, function(self)
      for j = 1, 3 do tl.with_state(self, function() note(i .. j) end) end
    end) end
    kit.send(tab, function() return kit.go(function() note "chained" end) end)
    kit.start(tab, function(self) tl.with_state(self, function() note "asked" end) end)
    t.settle()
    assert.same({ "11", "21", "chained", "asked", "12", "22", "13", "23" }, log)
  end)

  -- holds: cancel.line
  it("goes on without one that gave up, also when it had been granted", function()
    local tab = kit.open()
    local log, note = kit.log()
    local granted
    kit.send(tab, function() tl.sleep(1) end)
    kit.start(tab, function(self)
      granted = tl.current_task()
      tl.with_state(self, function() note "granted" end)
    end)
    kit.start(tab, function(self) tl.with_state(self, function() note "second" end) end)
    t.settle()
    tl.spawn(function()
      tl.sleep(1)
      tl.sleep(0)
      granted:cancel()
    end)
    t.advance(1)
    assert.equal("second", log[#log])
    local task
    kit.send(tab, function()
      tl.sleep(1)
      task:cancel()
    end)
    kit.start(tab, function(self)
      task = tl.current_task()
      tl.with_state(self, function() note "never" end)
    end)
    kit.start(tab, function(self) tl.with_state(self, function() note "third" end) end)
    t.advance(1)
    assert.equal("third", log[#log])
    assert.equal("cancelled", task.status)
  end)
end)

describe("nesting", function()
  -- holds: nesting.lines, nesting.usable
  it("raises and names both lines; the outer block stays usable", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      tl.with_state(self, function()
        self.n = 1
        local err = kit.raises("ImmutableStateError", "entered at .*locks_spec.lua:%d+.*locks_spec.lua:%d+", function()
          tl.with_state(self, function() end)
        end)
        assert(err.where)
        kit.raises("ImmutableStateError", nil, tl.lock, self)
        kit.raises("ImmutableStateError", nil, tl.modify_state, self:get_token(), kit.Job, function() end)
        self.a = 2
      end)
    end)
    assert.same({}, tab:errors())
    assert.same({ 1, 2 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("raises in a handler, which holds the lock, and for another tab", function()
    local tab = kit.open()
    local other = kit.another()
    local token
    kit.handle(other, function(self) token = self:get_token() end)
    kit.handle(tab, function(self)
      kit.raises("ImmutableStateError", "already holds", tl.with_state, self, print)
      kit.raises("ImmutableStateError", "background task for another tab", tl.modify_state, token, kit.Job, print)
      self.n = 1
    end)
    kit.background(tab, function(self)
      tl.with_state(self, function()
        kit.raises("ImmutableStateError", nil, tl.modify_state, token, kit.Job, print)
        self.a = 1
      end)
      tl.modify_state(token, kit.Job, function(state)
        state.n = 5
        kit.raises("ImmutableStateError", nil, function() self.n = 7 end)
      end)
    end)
    assert.same({}, tab:errors())
    assert.same({ 1, 1 }, { tab:state "Job".n, tab:state "Job".a })
    assert.equal(5, other:state "Job".n)
  end)
end)

describe("DeadlockError", function()
  local two_lines = "locks_spec.lua:%d+ is given up.*locks_spec.lua:%d+%)$"

  -- holds: deadlock.await, deadlock.lines
  it("is raised for awaiting what stands in the line behind", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local waits = tl.spawn(function() tl.with_state(self, function() self.n = self.n + 1 end) end)
      tl.with_state(self, function()
        kit.raises("DeadlockError", two_lines, function() waits:await() end)
        self.a = 1
      end)
      waits:await()
    end)
    assert.same({}, tab:errors())
    assert.same({ 1, 1 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  -- holds: deadlock.gather
  it("is raised for gathering what needs the lock, and ends the children", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.background(tab, function(self)
      tl.with_state(self, function()
        kit.raises("DeadlockError", two_lines, function()
          tl.gather(function() tl.with_state(self, function() note "never" end) end, function()
            local _ <close> = tl.defer(function() note "ended" end)
            tl.sleep(100)
          end)
        end)
        note "goes on"
      end)
    end)
    assert.same({ "ended", "goes on" }, log)
    assert.same({}, tab:errors())
  end)

  -- holds: deadlock.lines
  it("names the handler's start, and rolls the handler back when nothing catches it", function()
    local tab = kit.open()
    kit.handle(tab, function(self)
      self.n = 1
      tl.gather(function() tl.with_state(self, print) end)
    end)
    assert.equal("DeadlockError", tab:errors()[1].name)
    assert.matches("the start of the handler Job.go", tab:errors()[1].message)
    assert.equal(0, tab:state "Job".n)
  end)

  it("is found through a chain, and when the line is entered after the wait began", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local a = tl.spawn(function()
        tl.sleep(1)
        tl.with_state(self, function() end)
      end)
      local b = tl.spawn(function() tl.gather(function() a:await() end, function() tl.sleep(3) end) end)
      tl.with_state(self, function()
        kit.raises("DeadlockError", nil, function() b:await() end)
        assert(tl.now() % 1 == 0)
      end)
    end)
    t.advance(5)
    assert.same({}, tab:errors())
  end)

  it("is found across two tabs, and one of the two gives way", function()
    local one = kit.open()
    local two = kit.another()
    local tokens, failed, done = {}, 0, 0
    kit.handle(one, function(self) tokens[1] = self:get_token() end)
    kit.handle(two, function(self) tokens[2] = self:get_token() end)
    local function crossed(other)
      return function(self)
        tl.with_state(self, function()
          tl.sleep(1)
          local ok, err = pcall(tl.gather, function() tl.modify_state(tokens[other], kit.Job, function(s) s.n = s.n + 1 end) end)
          if ok then done = done + 1
          elseif tl.is_error(err, "DeadlockError") then failed = failed + 1 end
        end)
      end
    end
    kit.start(one, crossed(2))
    kit.start(two, crossed(1))
    t.advance(10)
    assert.same({ 1, 1 }, { failed, done })
  end)

  it("is raised in each of several cycles that one wait closes", function()
    local tab = kit.open()
    local ended, last = {}, nil
    local first = tl.spawn(function()
      tl.sleep(0.5)
      tl.gather(function() pcall(last.await, last) end, function() pcall(last.await, last) end, function()
        tl.with_state(ended.state, function() pcall(last.await, last) end)
      end)
    end)
    kit.background(tab, function(self) ended.state = self end)
    last = tl.spawn(function()
      tl.sleep(1)
      pcall(first.await, first)
    end)
    t.advance(5)
    assert.same({ "done", "done" }, { first.status, last.status })
  end)

  it("is not raised for what ends by itself", function()
    local tab = kit.open()
    local other = kit.another()
    local token
    kit.handle(other, function(self) token = self:get_token() end)
    kit.send(other, function() tl.sleep(2) end)
    kit.background(tab, function(self)
      tl.with_state(self, function()
        tl.gather(function() tl.modify_state(token, kit.Job, function(s) s.n = 1 end) end)
        tl.spawn(function() tl.sleep(1) end):await()
        self.n = 2
      end)
    end)
    t.advance(5)
    assert.same({}, tab:errors())
    assert.same({ 2, 1 }, { tab:state "Job".n, other:state "Job".n })
  end)
end)
