-- nesting_spec.lua: one block at a time: what is refused inside a block, by which words, and that the block stays usable.
local tl, t = require "tidelock", require "tidelock.testing"
local bench = require "spec.lua.apps.roads_bench"

local APP = "spec/lua/apps/roads.lua"
local IMMUTABLE = "ImmutableStateError"

local function here() return debug.getinfo(2, "l").currentline end

describe("a block inside a block", function()
  local inner = {
    { "with_state", function(self) tl.with_state(self, function() end) end },
    { "self:with_state", function(self) self:with_state(function() end) end },
    { "tl.lock", function(self) local _ <close> = tl.lock(self) end },
    { "modify_state", function(self) tl.modify_state(self:get_token(), bench.Job, function() end) end },
    { "with_state of another state", function(self) tl.with_state(self:get_state(bench.Other), function() end) end },
    { "with_state of a value", function(self) tl.with_state(self.jobs.build, function() end) end },
    { "with_state in a coroutine", function(self) coroutine.wrap(function() tl.with_state(self, function() end) end)() end },
    { "a method that enters", function(self) tl.timeout(1, function() self:with_state(function() end) end) end },
  }

  for _, case in ipairs(inner) do
    -- holds: nesting.usable
    it(case[1] .. " is refused, and the outer block goes on", function()
      local tab = t.open(APP)
      bench.task(tab, function(self)
        local line = here() + 1
        tl.with_state(self, function()
          self.a = 1
          bench.raises(IMMUTABLE, { "inside the block that was entered at", "nesting_spec.lua:" .. line }, case[2], self)
          self.b = 1
          self.items:push { id = 4 }
        end)
        assert.equal(1, self.a)
      end)
      assert.equal(1, tab:state "Job".b)
      assert.equal(4, #tab:state "Job".items)
      assert.equal(1, #tab:deltas())
    end)

    it(case[1] .. " is refused inside tl.lock, too", function()
      local tab = t.open(APP)
      bench.task(tab, function(self)
        do
          local _ <close> = tl.lock(self)
          self.a = 1
          bench.raises(IMMUTABLE, { "inside the block that was entered at" }, case[2], self)
          self.b = 1
        end
        assert.equal(1, self.b)
      end)
      assert.equal(1, tab:state "Job".a)
    end)

    -- holds: nesting.handler
    it(case[1] .. " is refused in a handler, which has the lock", function()
      local tab = t.open(APP)
      bench.handler(tab, function(self)
        self.a = 1
        bench.raises(IMMUTABLE, { "in the handler Job.handle", "already holds", "directly" }, case[2], self)
        self.b = 1
      end)
      assert.equal(1, tab:state "Job".b)
      assert.equal(1, #tab:deltas())
    end)
  end

  -- holds: nesting.lines
  it("names both lines", function()
    bench.task(t.open(APP), function(self)
      local outer = here() + 1
      tl.with_state(self, function()
        local nested = here() + 1
        local ok, err = pcall(function() tl.with_state(self, function() end) end)
        assert.is_false(ok)
        assert.is_truthy(err.message:find("nesting_spec.lua:" .. outer, 1, true), err.message)
        assert.is_truthy(err.message:find("nesting_spec.lua:" .. nested, 1, true), err.message)
      end)
      local locked = here() + 1
      local _ <close> = tl.lock(self)
      local nested = here() + 1
      local ok, err = pcall(function() local _ <close> = tl.lock(self) end)
      assert.is_false(ok)
      assert.is_truthy(err.message:find("nesting_spec.lua:" .. locked, 1, true), err.message)
      assert.is_truthy(err.message:find("nesting_spec.lua:" .. nested, 1, true), err.message)
    end)
  end)

  it("rolls the outer block back when nobody catches it", function()
    local tab = t.open(APP)
    bench.bare_task(tab, function(self)
      tl.with_state(self, function()
        self.a = 1
        tl.with_state(self, function() end)
      end)
    end)
    assert.equal(1, #tab:errors())
    assert.same({}, tab:deltas())
  end)

  it("one after the other is fine, also a hundred times, and from a deferred function after the block", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      for _ = 1, 100 do tl.with_state(self, function() self.a = self.a + 1 end) end
      local _ <close> = tl.defer(function() tl.with_state(self, function() self.b = self.a end) end)
      tl.with_state(self, function() self.counter = 1 end)
    end)
    assert.equal(100, tab:state "Job".b)
  end)
end)

describe("a block on another tab", function()
  -- holds: nesting.tab
  it("is refused while a lock is held, and names where", function()
    local one, two = t.open(APP), t.open(APP)
    local token
    bench.handler(two, function(self) token = self:get_token() end)
    bench.task(one, function(self)
      local outer = here() + 1
      tl.with_state(self, function()
        self.a = 1
        bench.raises(IMMUTABLE, { "modify_state inside the block", "nesting_spec.lua:" .. outer }, tl.modify_state, token, bench.Job,
          function(state) state.a = 5 end)
        self.b = 1
      end)
      tl.modify_state(token, bench.Job, function(state) state.a = 5 end)
    end)
    assert.equal(1, one:state "Job".b)
    assert.equal(5, two:state "Job".a)
  end)

  -- holds: nesting.tab
  it("is refused with an instance of it", function()
    local one, two = t.open(APP), t.open(APP)
    local theirs
    bench.handler(two, function(self) theirs = self end)
    bench.task(one, function(self)
      tl.with_state(self, function()
        bench.raises(IMMUTABLE, { "with_state inside the block" }, tl.with_state, theirs, function() end)
        bench.raises(IMMUTABLE, { "lock inside the block" }, tl.lock, theirs)
      end)
      tl.with_state(theirs, function() theirs.a = 5 end)
    end)
    assert.equal(5, two:state "Job".a)
    assert.equal(0, one:state "Job".a)
  end)

  it("is refused in a handler, with the way out", function()
    local one, two = t.open(APP), t.open(APP)
    local token
    bench.handler(two, function(self) token = self:get_token() end)
    bench.handler(one, function(self)
      bench.raises(IMMUTABLE, { "in the handler Job.handle", "background task" }, tl.modify_state, token, bench.Job, function() end)
      self.a = 1
    end)
    assert.equal(1, one:state "Job".a)
  end)

  it("two tasks that write each other's tab come through", function()
    local one, two = t.open(APP), t.open(APP)
    local tokens = {}
    bench.handler(one, function(self) tokens[1] = self:get_token() end)
    bench.handler(two, function(self) tokens[2] = self:get_token() end)
    local runs = {}
    for i, tab in ipairs { one, two } do
      runs[i] = bench.start(tab, function(self)
        for _ = 1, 20 do
          tl.with_state(self, function() self.a = self.a + 1 tl.sleep(0) end)
          tl.modify_state(tokens[3 - i], bench.Job, function(state) state.b = state.b + 1 tl.sleep(0) end)
        end
      end)
    end
    bench.join(table.unpack(runs))
    for _, tab in ipairs { one, two } do
      assert.equal(20, tab:state "Job".a)
      assert.equal(20, tab:state "Job".b)
    end
  end)
end)

describe("waits that could only end after the block", function()
  it("gather whose child enters", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      local line = here() + 1
      tl.with_state(self, function()
        self.a = 1
        bench.raises("DeadlockError", { "nesting_spec.lua:" .. line }, tl.gather,
          function() tl.with_state(self, function() self.b = 1 end) end)
        self.counter = 1
      end)
    end)
    assert.equal(1, tab:state "Job".counter)
    assert.equal(0, tab:state "Job".b)
  end)

  it("await of a task that enters", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      local task
      tl.with_state(self, function()
        task = tl.spawn(function() tl.with_state(self, function() self.b = 1 end) end)
        bench.raises("DeadlockError", { "wait after the block" }, task.await, task)
        self.a = 1
      end)
      task:await()
    end)
    assert.equal(1, tab:state "Job".a)
    assert.equal(1, tab:state "Job".b)
  end)
end)

describe("a value below a state", function()
  -- holds: nested.enter
  it("reached by map keys can be entered", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      local build = self.jobs.build
      local n = tl.with_state(build, function(job, more)
        job.n = job.n + more
        job.steps:push "test"
        self.counter = 1
        return job.n
      end, 5)
      assert.equal(6, n)
      assert.equal(6, self.jobs.build.n)
      assert.equal(1, build.n)
      bench.raises(IMMUTABLE, { "Job.jobs.build.n" }, function() build.n = 9 end)
      local _ <close> = tl.lock(self.jobs)
      self.jobs.test.n = 7
    end)
    assert.equal(6, tab:state "Job".jobs.build.n)
    assert.same({ "get", "make", "test" }, tab:state "Job".jobs.build.steps)
    assert.equal(7, tab:state "Job".jobs.test.n)
    assert.equal(1, tab:state "Job".counter)
  end)

  -- holds: nested.enter
  it("is read again: others' changes are there", function()
    local tab = t.open(APP)
    local run = bench.start(tab, function(self)
      local build = self.jobs.build
      tl.sleep(2)
      tl.with_state(build, function(job)
        assert.equal(10, job.n)
        job.n = job.n + 1
      end)
    end)
    t.advance(1)
    bench.handler(tab, function(self) self.jobs.build = { n = 10, steps = {} } end)
    bench.join(run)
    assert.equal(11, tab:state "Job".jobs.build.n)
  end)

  it("a list that is a var, or below maps, can be entered as a whole", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      tl.with_state(self.items, function(items) items:push { id = 4 } end)
      tl.with_state(self.jobs.build.steps, function(steps) steps:push "test" end)
    end)
    assert.equal(4, #tab:state "Job".items)
    assert.equal(3, #tab:state "Job".jobs.build.steps)
  end)

  it("is nil when it is gone meanwhile", function()
    local tab = t.open(APP)
    local run = bench.start(tab, function(self)
      local build, steps = self.jobs.build, self.jobs.build.steps
      tl.sleep(2)
      assert.is_true(tl.with_state(build, function(job) return job == nil end))
      assert.is_true(tl.with_state(steps, function(list) return list == nil end))
    end)
    t.advance(1)
    bench.handler(tab, function(self) self.jobs.build = nil end)
    bench.join(run)
  end)

  it("is what lies there now, also when that is no container", function()
    local tab = t.open(APP)
    local run = bench.start(tab, function(self)
      local build, steps = self.jobs.build, self.jobs.build.steps
      tl.sleep(2)
      assert.equal(5, tl.with_state(build, function(job) return job end))
      assert.is_true(tl.with_state(steps, function(list) return list == nil end))
    end)
    t.advance(1)
    bench.handler(tab, function(self) self.jobs.build = 5 end)
    bench.join(run)
  end)

  -- holds: nested.list
  it("reached through a position raises, and says what to do", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      for _, value in ipairs { self.items[2], self.items[1].tags, select(2, next(self.items)) } do
        bench.raises(IMMUTABLE, { "Job.items[", "position in a list", "by its id" }, tl.with_state, value, function() end)
        bench.raises(IMMUTABLE, { "Job.items[", "position in a list", "by its id" }, tl.lock, value)
      end
      for _, item in ipairs(self.items) do bench.raises(IMMUTABLE, { "Job.items[" }, tl.with_state, item, function() end) end
    end)
    assert.same({}, tab:deltas())
  end)

  it("of a computed var is refused with a reason", function()
    bench.task(t.open(APP), function(self)
      local ok, err = pcall(tl.with_state, self.shown, function(shown) shown.n = 5 end)
      assert.is_false(ok)
      assert.is_truthy(tostring(err):find("computed", 1, true), tostring(err))
    end)
  end)
end)

describe("arguments and results", function()
  -- holds: block.arguments
  it("pass through, nil and false as well", function()
    bench.task(t.open(APP), function(self)
      local got = table.pack(tl.with_state(self, function(given, ...)
        assert.equal(self, given)
        return select("#", ...), ...
      end, nil, false, 3, nil))
      assert.equal(5, got.n)
      assert.same({ n = 5, 4, nil, false, 3, nil }, got)
    end)
  end)

  it("wrong ones are named", function()
    bench.task(t.open(APP), function(self)
      bench.raises("TypeError", { "with_state(self, fn, ...)", "state instance (self)" }, tl.with_state, nil, function() end)
      bench.raises("TypeError", { "with_state(self, fn, ...)", "the class" }, tl.with_state, bench.Job, function() end)
      bench.raises("TypeError", { "a function is needed" }, tl.with_state, self, nil)
      bench.raises("TypeError", { "a function is needed" }, tl.with_state, self, self)
      bench.raises("TypeError", { "state instance (self)" }, tl.lock)
      bench.raises("TypeError", { "the token is a string" }, tl.modify_state, self, bench.Job, function() end)
      bench.raises("TypeError", { "state class" }, tl.modify_state, self:get_token(), self, function() end)
      bench.raises("UnknownTokenError", { "no tab has the token" }, tl.modify_state, "nonsense", bench.Job, function() end)
    end)
  end)
end)
