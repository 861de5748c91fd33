-- coroutines_spec.lua: user coroutines in tasks, and where nothing can wait (contract, section 4).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

describe("a user's coroutine", function()
  -- holds: coroutine.wait
  it("may wait: the whole task is suspended, and its yields are its own", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.start(tab, function(self)
      local each = coroutine.wrap(function(first)
        note(first)
        for i = 1, 3 do
          tl.sleep(1)
          tl.with_state(self, function() self.n = i end)
          note(coroutine.yield(i))
        end
        return "end"
      end)
      note(each "first")
      note(each "a")
      note(each "b")
      note(each "c")
      assert(not pcall(each))
    end)
    t.advance(1)
    assert.same({ "first", 1, "a" }, log)
    t.advance(5)
    assert.same({ "first", 1, "a", 2, "b", 3, "c", "end" }, log)
    assert.equal(3, tab:state "Job".n)
  end)

  it("may be nested, each with its own yields and waits", function()
    kit.open()
    local function numbers(n)
      return coroutine.wrap(function()
        for i = 1, n do
          tl.sleep(0.1)
          coroutine.yield(i)
        end
      end)
    end
    local sum = 0
    local pairs_of = coroutine.wrap(function()
      for a in numbers(3) do for b in numbers(2) do coroutine.yield(a * b) end end
    end)
    for x in pairs_of do sum = sum + x end
    assert.equal(18, sum)
  end)

  it("gives its errors to who resumes it, by resume and by wrap", function()
    kit.open()
    local co = coroutine.create(function()
      tl.sleep(1)
      error { code = 1 }
    end)
    local ok, err = coroutine.resume(co)
    assert.is_false(ok)
    assert.equal(1, err.code)
    assert.equal("dead", coroutine.status(co))
    assert.same({ false, "cannot resume dead coroutine" }, { coroutine.resume(co) })
    local closed
    ok, err = pcall(coroutine.wrap(function()
      local _ <close> = setmetatable({}, { __close = function(_, e)
        tl.sleep(1)
        closed = e
      end })
      error "text"
    end))
    assert.is_false(ok)
    assert.matches("text", err)
    assert.matches("text", closed)
  end)

  it("cannot be resumed or closed inside a wait, nor when it runs", function()
    kit.open()
    local co
    local task = tl.spawn(function()
      co = coroutine.create(function()
        tl.sleep(10)
        return "result"
      end)
      return select(2, coroutine.resume(co))
    end)
    t.settle()
    local ok, err = coroutine.resume(co)
    assert.is_false(ok)
    assert.matches("inside a wait", err)
    assert.has_error(function() coroutine.close(co) end)
    assert.equal("result", task:await())
    local inner, outer
    outer = coroutine.wrap(function() return inner() end)
    inner = coroutine.wrap(function() return pcall(outer) end)
    assert.is_false(outer())
    local own
    own = coroutine.wrap(function() return pcall(own) end)
    assert.is_false(own())
    local thread
    thread = coroutine.create(function()
      local other = coroutine.create(function()
        assert(not pcall(coroutine.close, thread))
        return coroutine.resume(thread)
      end)
      return coroutine.resume(other)
    end)
    assert.is_false(select(3, coroutine.resume(thread)))
    assert.has_error(function() coroutine.close(coroutine.running()) end)
  end)

  it("of a handler or task cannot be resumed, closed or wrapped by others", function()
    local tab = kit.open()
    local main
    kit.start(tab, function()
      main = coroutine.running()
      tl.sleep(1)
    end)
    t.settle()
    assert.is_false(coroutine.resume(main))
    assert.has_error(function() coroutine.close(main) end)
    t.advance(1)
    assert.is_false(coroutine.resume(main))
  end)

  it("may be handed to another task between its yields", function()
    kit.open()
    local co = coroutine.wrap(function()
      for i = 1, 4 do
        tl.sleep(1)
        coroutine.yield(i)
      end
    end)
    assert.equal(1, tl.spawn(function() return co() end):await())
    assert.equal(2, tl.spawn(function() return co() end):await())
    assert.equal(3, co())
  end)

  it("that entered a block in a task which has ended keeps nothing of it", function()
    local tab = kit.open()
    local co
    kit.background(tab, function(self)
      co = coroutine.create(function()
        tl.with_state(self, function()
          self.n = 1
          coroutine.yield()
          return "after"
        end)
      end)
      assert(coroutine.resume(co))
    end)
    kit.background(tab, function(self)
      local ok, err = coroutine.resume(co)
      assert(not ok)
      assert(tl.is_error(err, "ImmutableStateError"), tostring(err))
      tl.with_state(self, function() self.a = self.n + 1 end)
    end)
    assert.same({}, tab:errors())
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("rolls its lock back when it fails or is closed", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local function locked(fn)
        return function()
          local _ <close> = tl.lock(self)
          self.n = self.n + 1
          fn()
        end
      end
      assert(not coroutine.resume(coroutine.create(locked(error))))
      kit.raises("ImmutableStateError", nil, function() self.n = 1 end)
      assert(not pcall(coroutine.wrap(locked(error))))
      local co = coroutine.create(locked(coroutine.yield))
      assert(coroutine.resume(co))
      kit.raises("ImmutableStateError", nil, function() self.n = 1 end)
      assert(coroutine.close(co))
      co = coroutine.create(function() tl.with_state(self, locked(coroutine.yield)) end)
      coroutine.resume(co)
      coroutine.close(co)
      coroutine.wrap(locked(function() end))()
    end)
    assert.same({}, tab:errors())
    assert.equal(1, tab:state "Job".n)
  end)

  it("works in deep chains and in great numbers", function()
    kit.open()
    local function deep(n)
      if n == 0 then
        tl.sleep(1)
        return "bottom"
      end
      return coroutine.wrap(deep)(n - 1)
    end
    assert.equal("bottom", deep(50))
    local ok = pcall(deep, 1000)
    assert.is_false(ok)
    for _ = 1, 1000 do coroutine.wrap(coroutine.yield)() end
    assert.equal("bottom", deep(10))
  end)
end)

describe("CannotWaitError", function()
  local places = {
    ["sort"] = function(wait) table.sort({ 3, 2, 1 }, function(a, b)
      wait()
      return a < b
    end) end,
    ["gsub"] = function(wait) string.gsub("a", "a", wait) end,
    ["require"] = function(wait)
      package.preload["spec.waits"] = function() wait() end
      local ok, err = pcall(require, "spec.waits")
      package.preload["spec.waits"] = nil
      if not ok then error(err, 0) end
    end,
    ["__gc"] = function(wait)
      local problem
      local function collect()
        setmetatable({}, { __gc = function() problem = select(2, pcall(wait)) end })
      end
      collect()
      collectgarbage()
      collectgarbage()
      if problem then error(problem) end
    end,
  }
  local kinds = {
    sleep = function() return function() tl.sleep(1) end end,
    ["sleep(0)"] = function() return function() tl.sleep(0) end end,
    with_state = function(self) return function() tl.with_state(self, function() end) end end,
    yield = function() return function() coroutine.yield() end end,
    gather = function() return function() tl.gather(function() end) end end,
    wrap = function() return function() coroutine.wrap(tl.sleep)(1) end end,
    lock = function(self) return function() return tl.lock(self) end end,
  }
  for place, run in pairs(places) do
    for kind, make in pairs(kinds) do
      -- holds: cannot_wait.places
      it(("names %s when %s is called in it"):format(place, kind), function()
        local tab = kit.open()
        kit.background(tab, function(self)
          local _, err = pcall(run, make(self))
          if type(err) == "string" then error(err, 0) end
          assert(tl.is_error(err, "CannotWaitError"), tostring(err))
          assert(err.message:find(place, 1, true), err.message)
          tl.sleep(0)
          tl.with_state(self, function() self.n = 1 end)
        end)
        assert.same({}, tab:errors())
        assert.equal(1, tab:state "Job".n)
      end)
    end
  end

  -- holds: cannot_wait.computed
  it("names the computed var", function()
    local err
    local tab = kit.open()
    kit.program.in_computed = function() err = err or select(2, pcall(tl.sleep, 1)) end
    kit.handle(tab, function(self)
      self.a = 1
      return self.sum and nil
    end)
    assert.is_true(tl.is_error(err, "CannotWaitError"))
    assert.matches("Job.sum", err.message)
  end)

  it("is raised while main.lua loads", function()
    local err
    kit.open { while_loading = function() err = select(2, pcall(tl.sleep, 1)) end }
    assert.is_true(tl.is_error(err, "CannotWaitError"))
  end)

  it("is not raised by metamethods that Lua itself calls", function()
    kit.open()
    local object = setmetatable({}, { __index = function(_, key)
      tl.sleep(1)
      return key
    end, __add = function(a)
      tl.sleep(1)
      return a
    end })
    assert.equal("x", object.x)
    assert.equal(object, object + 1)
    for v in (function() tl.sleep(1) return nil end) do error(v) end
    assert.equal(7, select(2, pcall(function()
      tl.sleep(1)
      return 7
    end)))
  end)
end)

describe("thousands of coroutines that wait", function()
  it("are looked at by Lua's collector a few at a time, so that nothing else stands still meanwhile", function()
    local waiting = {}
    for i = 1, 5000 do
      waiting[i] = coroutine.create(coroutine.yield)
      coroutine.resume(waiting[i])
    end
    collectgarbage()
    local steps = 1
    while not collectgarbage("step", 0) do steps = steps + 1 end
    -- 45 slots each, 225,000 in all: a step may look at some thousands
    assert.is_true(steps > 20, "a cycle took " .. steps .. " steps")
    assert.equal("suspended", coroutine.status(waiting[5000]))
  end)
end)
