-- rollback_spec.lua: an error, wherever it comes, leaves the last committed state: for the page, for whoever reads next, and for what
-- was to be sent or chained.
local tl, t = require "tidelock", require "tidelock.testing"
local bench = require "spec.lua.apps.roads_bench"

local APP = "spec/lua/apps/roads.lua"

local function content(tab)
  local held
  bench.handler(tab, function(self) held = bench.content(self) end)
  return held
end

local function write_much(self)
  self.counter, self.name, self._secret = 7, "changed", 9
  self.items[2].title = "Cake"
  tl.append(self, "name", ", and longer")
  tl.append(self.items[1], "title", ", and more")
  self.items:push { id = 4, title = "Tea", tags = {} }
  table.remove(self.items, 1)
  table.sort(self.items, function(a, b) return a.id > b.id end)
  self.jobs.build.steps:clear()
  self.jobs.test = nil
  self:get_state(bench.Other).list[1] = 99
end

local boom = setmetatable({}, { __tostring = function() return "boom" end })

-- Ways to fail at the end of a piece of work.
local ways = {
  { "error with a text", function() error "boom" end },
  { "error with a table", function() error(boom) end },
  { "error(nil)", function() error(nil) end },
  { "error()", function() error() end },
  { "error(false)", function() error(false) end },
  { "assert(false, nil)", function() assert(false, nil) end },
  { "rawlen of nothing", function() return rawlen() end },
  { "an index of nil", function() local none = nil return none.x end },
  { "an error in a <close>", function() local _ <close> = setmetatable({}, { __close = function() error "boom" end }) end },
  { "error(nil) in a <close>", function() local _ <close> = setmetatable({}, { __close = function() error(nil) end }) end },
  { "an error in a <close> after an error", function()
    local _ <close> = setmetatable({}, { __close = function() error "boom" end })
    error "first"
  end },
  { "an error in tl.defer", function() local _ <close> = tl.defer(function() error "boom" end) end },
  { "an error in a nested call", function()
    local function deep(n) if n == 0 then error "boom" end return deep(n - 1) + 1 end
    deep(50)
  end },
  { "an error after a wait", function() tl.sleep(1) error "boom" end },
  { "an error in a coroutine", function() coroutine.wrap(function() tl.sleep(1) error "boom" end)() end },
  { "an error in gsub", function() return (("x"):gsub("x", function() error "boom" end)) end },
  { "an error in a comparison", function() table.sort({ 3, 2, 1 }, function() error "boom" end) end },
  { "a time that is up", function() tl.timeout(1, tl.sleep, 5) end },
  { "an error in tl.gather", function() tl.gather(function() tl.sleep(1) error "boom" end, function() tl.sleep(9) end) end },
  { "a stack that overflows", function()
    collectgarbage() -- on a deep stack each finalizer costs Lua a walk over all of it
    local function deep() return deep() + 1 end
    deep()
  end },
  { "a var that is not there", function(self) self.conter = 1 end },
  { "a value that cannot be kept", function(self) self.counter = print end },
  { "a second block", function(self) tl.with_state(self, function() end) end },
}

describe("a handler that fails", function()
  for _, way in ipairs(ways) do
    -- holds: handler.error.start
    it("by " .. way[1], function()
      local tab = t.open(APP)
      local before = content(tab)
      bench.bare_handler(tab, function(self)
        write_much(self)
        way[2](self)
      end)
      t.advance(10)
      assert.equal(1, #tab:errors())
      assert.same({}, tab:deltas())
      assert.same(before, content(tab))
      assert.same({}, tl.tasks())
    end)
  end

  it("by what it returns", function()
    local tab = t.open(APP)
    local before = content(tab)
    for _, wrong in ipairs { 5, "x", print, { { bench.Job.chained } }, { bench.Job.chained, 5 }, true } do
      bench.bare_handler(tab, function(self)
        write_much(self)
        return wrong
      end)
    end
    t.advance(1)
    assert.equal(6, #tab:errors())
    assert.same({}, tab:deltas())
    assert.same(before, content(tab))
    assert.is_nil(bench.chained)
  end)

  it("by what it yields", function()
    local tab = t.open(APP)
    local before = content(tab)
    bench.bare_handler(tab, function(self)
      write_much(self)
      coroutine.yield(print)
    end)
    assert.equal(1, #tab:errors())
    assert.same({}, tab:deltas())
    assert.same(before, content(tab))
  end)

  -- holds: handler.error.yield
  it("keeps what it yielded, and loses what came after", function()
    local tab = t.open(APP)
    bench.chained, bench.started = 0, 0
    bench.bare_handler(tab, function(self)
      self.counter = 1
      coroutine.yield { bench.Job.chained, tl.toast "first" }
      self.counter = 2
      self.items:clear()
      coroutine.yield { bench.Job.started, tl.toast "second" }
      self.counter = 3
      write_much(self)
      error "boom"
    end)
    t.advance(1)
    assert.equal(2, tab:state "Job".counter)
    assert.same({}, tab:state "Job".items)
    assert.same({ { "toast", "first", {} }, { "toast", "second", {} } }, tab:effects())
    assert.equal(1, bench.chained)
    assert.equal(1, bench.started)
    assert.equal(2, #tab:deltas())
    assert.equal(1, #tab:errors())
    assert.equal(0, content(tab)._secret)
  end)

  it("can write again after a pcall, and keeps what it wrote", function()
    local tab = t.open(APP)
    bench.handler(tab, function(self)
      self.counter = 1
      pcall(function() self.a = 5 error "boom" end)
      self.b = 6
    end)
    assert.equal(1, tab:state "Job".counter)
    assert.equal(5, tab:state "Job".a)
    assert.equal(6, tab:state "Job".b)
  end)

  -- holds: handler.error.nothing
  it("does not chain, start or show anything of the failed part", function()
    local tab = t.open(APP)
    bench.chained, bench.started = 0, 0
    bench.bare_handler(tab, function(self)
      local _ <close> = setmetatable({}, { __close = function() error "boom" end })
      self.counter = 1
      return { bench.Job.chained, bench.Job.started, tl.toast "lost" }
    end)
    t.advance(1)
    assert.equal(0, bench.chained)
    assert.equal(0, bench.started)
    assert.same({}, tab:effects())
    assert.same({}, tab:deltas())
  end)

  it("does not stop the handlers behind it", function()
    local tab = t.open(APP)
    bench.bare_handler(tab, function(self)
      self.a = 100
      tl.sleep(1)
      error "boom"
    end)
    tab:click "Bump"
    tab:click "Bump"
    t.advance(2)
    assert.equal(2, tab:state "Job".a)
    assert.equal(2, tab:state "Job".b)
  end)
end)

describe("a block that fails", function()
  local function with(self, fn) return tl.with_state(self, fn) end
  local function method(self, fn) return self:with_state(fn) end
  local function modify(self, fn) return tl.modify_state(self:get_token(), bench.Job, fn) end
  local function locked(self, fn)
    local _ <close> = tl.lock(self)
    return fn(self)
  end
  local function locked_deep(self, fn)
    local _ <close> = tl.lock(self)
    local _ <close> = setmetatable({}, { __close = function() end })
    do
      local _ <close> = tl.defer(function() end)
      return (fn(self))
    end
  end
  local blocks = { { "with_state", with }, { "self:with_state", method }, { "modify_state", modify }, { "tl.lock", locked },
    { "tl.lock among other <close> values", locked_deep } }

  for _, block in ipairs(blocks) do
    for _, way in ipairs(ways) do
      it(("%s, by %s"):format(block[1], way[1]), function()
        local tab = t.open(APP)
        local before = content(tab)
        bench.task(tab, function(self)
          local seen = bench.content(self)
          local ok = pcall(block[2], self, function(state)
            write_much(state)
            way[2](state)
          end)
          assert.is_false(ok)
          assert.same(seen, bench.content(self))
          bench.raises("ImmutableStateError", { "Job.counter" }, function() self.counter = 1 end)
          assert.same(seen, tl.with_state(self, bench.content))
        end)
        assert.same({}, tab:deltas())
        assert.same({}, tab:errors())
        assert.same(before, content(tab))
      end)
    end
  end

  it("under xpcall, whatever its message handler gives", function()
    for _, handler in ipairs { print, function() end, function() return nil end, debug.traceback, function() error "again" end } do
      if handler == print then handler = function() end end
      local tab = t.open(APP)
      local before = content(tab)
      bench.task(tab, function(self)
        for _, block in ipairs(blocks) do
          assert.is_false((xpcall(block[2], handler, self, function(state)
            write_much(state)
            error "boom"
          end)))
          assert.same(before, tl.with_state(self, bench.content), block[1])
        end
      end)
      assert.same({}, tab:deltas())
      assert.same(before, content(tab))
    end
  end)

  it("in a coroutine that is closed", function()
    local tab = t.open(APP)
    local before = content(tab)
    bench.task(tab, function(self)
      for _, block in ipairs(blocks) do
        local co = coroutine.create(function()
          block[2](self, function(state)
            write_much(state)
            coroutine.yield()
          end)
        end)
        assert.is_true(coroutine.resume(co))
        assert.is_true(coroutine.close(co))
        assert.same(before, tl.with_state(self, bench.content), block[1])
      end
    end)
    assert.same({}, tab:deltas())
    assert.same(before, content(tab))
  end)

  it("in a coroutine that fails under resume", function()
    local tab = t.open(APP)
    local before = content(tab)
    bench.task(tab, function(self)
      for _, block in ipairs(blocks) do
        local ok = coroutine.resume(coroutine.create(function()
          block[2](self, function(state)
            write_much(state)
            error "boom"
          end)
        end))
        assert.is_false(ok)
        bench.raises("ImmutableStateError", { "Job.counter" }, function() self.counter = 1 end)
        assert.same(before, tl.with_state(self, bench.content), block[1])
      end
    end)
    assert.same({}, tab:deltas())
    assert.same(before, content(tab))
  end)

  it("in a coroutine that is forgotten", function()
    local tab = t.open(APP)
    local before = content(tab)
    for _, block in ipairs(blocks) do
      bench.task(tab, function(self)
        coroutine.wrap(function()
          block[2](self, function(state)
            write_much(state)
            coroutine.yield()
          end)
        end)()
        collectgarbage()
        collectgarbage()
        bench.raises("ImmutableStateError", { "Job.counter" }, function() self.counter = 1 end)
      end)
      assert.same(before, content(tab), block[1])
    end
    assert.same({}, tab:deltas())
  end)

  it("in a coroutine that another task goes on with", function()
    for _, block in ipairs(blocks) do
      local tab = t.open(APP)
      local before = content(tab)
      local co
      local one = bench.start(tab, function(self)
        co = coroutine.create(function()
          block[2](self, function(state)
            write_much(state)
            coroutine.yield()
            return 5
          end)
        end)
        assert.is_true(coroutine.resume(co))
        tl.sleep(2)
      end)
      local two = bench.start(tab, function()
        tl.sleep(1)
        coroutine.resume(co)
      end)
      bench.join(one, two)
      assert.same({}, tab:deltas(), block[1])
      assert.same(before, content(tab), block[1])
    end
  end)

  -- holds: block.error.value
  it("reaches the outer pcall with its own value", function()
    bench.task(t.open(APP), function(self)
      local value = {}
      for _, block in ipairs(blocks) do
        local ok, err = pcall(block[2], self, function() error(value) end)
        assert.is_false(ok)
        assert.equal(value, err)
      end
    end)
  end)

  it("is told to the page, once, when nothing catches it", function()
    local tab = t.open(APP)
    bench.bare_task(tab, function(self)
      tl.with_state(self, function()
        write_much(self)
        error "boom"
      end)
    end)
    t.advance(1)
    assert.equal(1, #tab:errors())
    assert.is_truthy(tab:errors()[1].message:find("boom", 1, true))
    assert.same({}, tab:deltas())
  end)

  it("keeps what coroutine.yield committed in it, and no more", function()
    for _, block in ipairs(blocks) do
      local tab = t.open(APP)
      bench.chained = 0
      bench.task(tab, function(self)
        pcall(block[2], self, function(state)
          state.counter = 1
          coroutine.yield(bench.Job.chained)
          state.counter = 2
          state.items:clear()
          error "boom"
        end)
        assert.equal(1, tl.with_state(self, function() return self.counter end))
      end)
      assert.equal(1, tab:state "Job".counter)
      assert.equal(3, #tab:state "Job".items)
      assert.equal(1, #tab:deltas())
      assert.equal(1, bench.chained)
    end
  end)
end)

describe("a lock that nobody closed", function()
  -- holds: task.end.lock
  it("is given up when the task ends, and what it wrote is undone", function()
    local tab = t.open(APP)
    local before = content(tab)
    bench.bare_task(tab, function(self)
      tl.lock(self)
      write_much(self)
    end)
    assert.same({}, tab:deltas())
    assert.same(before, content(tab))
  end)

  it("also when the task returns events", function()
    local tab = t.open(APP)
    local before = content(tab)
    bench.bare_task(tab, function(self)
      tl.lock(self)
      write_much(self)
      return tl.toast "ended"
    end)
    assert.same({}, tab:deltas())
    assert.same(before, content(tab))
    assert.equal(1, #tab:effects())
  end)
end)

describe("a cancel in the middle of a block", function()
  local function cancelled(name, body)
    it(name, function()
      local tab = t.open(APP)
      local before = content(tab)
      local started
      bench.bare_task(tab, function(self)
        started = tl.current_task()
        body(self)
      end)
      t.advance(1)
      started:cancel()
      t.advance(20)
      assert.equal("cancelled", started.status)
      assert.same({}, tab:errors())
      assert.same({}, tab:deltas())
      assert.same(before, content(tab))
    end)
  end

  cancelled("in with_state", function(self)
    tl.with_state(self, function()
      write_much(self)
      tl.sleep(10)
    end)
  end)
  cancelled("in tl.lock's scope", function(self)
    local _ <close> = tl.lock(self)
    write_much(self)
    tl.sleep(10)
  end)
  cancelled("in modify_state", function(self)
    tl.modify_state(self:get_token(), bench.Job, function(state)
      write_much(state)
      tl.sleep(10)
    end)
  end)
  cancelled("in a coroutine in it", function(self)
    tl.with_state(self, function()
      coroutine.wrap(function()
        write_much(self)
        tl.sleep(10)
      end)()
    end)
  end)
  cancelled("in a coroutine that entered it", function(self)
    coroutine.wrap(function()
      local _ <close> = tl.lock(self)
      write_much(self)
      tl.sleep(10)
    end)()
  end)
  cancelled("in a gather in it", function(self)
    tl.with_state(self, function()
      write_much(self)
      tl.gather(function() tl.sleep(10) end, function() tl.sleep(5) end)
    end)
  end)
  cancelled("under a pcall around it", function(self)
    pcall(tl.with_state, self, function()
      write_much(self)
      tl.sleep(10)
    end)
    tl.sleep(10)
  end)
  cancelled("while it waits for the lock", function(self)
    local holder <close> = tl.defer(function() end)
    local run = tl.spawn(function()
      tl.with_state(self, function() tl.sleep(5) end)
    end)
    tl.sleep(0)
    tl.with_state(self, write_much)
    run:await()
  end)

  it("lets a deferred function enter and write", function()
    local tab = t.open(APP)
    local started
    bench.bare_task(tab, function(self)
      started = tl.current_task()
      local _ <close> = tl.defer(function()
        tl.with_state(self, function() self.running = false self.name = "ended" end)
      end)
      tl.with_state(self, function() self.running = true end)
      tl.with_state(self, function()
        self.name = "half"
        tl.sleep(10)
      end)
    end)
    t.advance(1)
    started:cancel()
    t.advance(1)
    assert.is_false(tab:state "Job".running)
    assert.equal("ended", tab:state "Job".name)
  end)

  it("a handler that is cut short by the end of its tab keeps nothing", function()
    local tab = t.open(APP)
    local other = t.open(APP)
    bench.bare_handler(tab, function(self)
      write_much(self)
      tl.sleep(1000)
    end)
    tab:close()
    t.advance(2000)
    assert.same({}, tl.tasks())
    other:click "Bump"
    assert.equal(1, other:state "Job".a)
  end)
end)

describe("no half of anything", function()
  it("a walk that fails in the middle", function()
    local tab = t.open(APP)
    local before = content(tab)
    bench.bare_handler(tab, function(self)
      for i, item in ipairs(self.items) do
        item.title = item.title:upper()
        if i == 2 then error "boom" end
      end
    end)
    assert.same(before, content(tab))
  end)

  it("a sort that fails in the middle leaves the list as it was, also for a handler that goes on", function()
    local tab = t.open(APP)
    bench.handler(tab, function(self)
      local n = 0
      assert.is_false((pcall(table.sort, self.items, function(a, b)
        n = n + 1
        if n == 2 then error "boom" end
        return a.id > b.id
      end)))
      self.counter = 1
    end)
    assert.equal(1, tab:state "Job".counter)
    assert.same({ 1, 2, 3 }, (function()
      local ids = {}
      for i, item in ipairs(tab:state "Job".items) do ids[i] = item.id end
      return ids
    end)())
  end)

  it("an assignment that fails deep in a table leaves the var as it was", function()
    local tab = t.open(APP)
    bench.handler(tab, function(self)
      assert.is_false((pcall(function() self.items = { { id = 1 }, { id = 2, bad = print } } end)))
      assert.is_false((pcall(function() self.items:push({ id = 4 }, { bad = 0 / 0 }) end)))
      assert.equal("Milk", self.items[1].title)
    end)
    assert.equal("Milk", tab:state "Job".items[1].title)
  end)
end)
