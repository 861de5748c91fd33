-- events_spec.lua: handlers: one at a time per tab in arrival order; what they may yield and return; errors (contract, section 2).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

describe("handlers", function()
  -- holds: handler.lock, handler.order, handler.wait
  it("run in the order of their arrival, each to its end, also when they wait", function()
    local tab = kit.open()
    local log, note = kit.log()
    for i = 1, 3 do
      kit.send(tab, function()
        note("in " .. i)
        tl.sleep(1)
        note("out " .. i)
      end)
    end
    t.advance(10)
    assert.same({ "in 1", "out 1", "in 2", "out 2", "in 3", "out 3" }, log)
  end)

  -- holds: handler.tabs
  it("leave other tabs alone while they wait", function()
    local one = kit.open()
    local two = kit.another()
    local log, note = kit.log()
    kit.send(one, function()
      tl.sleep(5)
      note "one"
    end)
    kit.send(two, function() note "two" end)
    t.settle()
    assert.same({ "two" }, log)
    t.advance(5)
    assert.same({ "two", "one" }, log)
  end)

  -- holds: computed.own_writes
  it("see their own writes, and the page sees them when they have ended", function()
    local tab = kit.open()
    local seen
    kit.send(tab, function(self)
      self.a = 4
      seen = self.sum
      tl.sleep(1)
      self.b = 5
    end)
    t.settle()
    assert.equal(4, seen)
    assert.equal(0, tab:state "Job".a)
    t.advance(1)
    assert.equal(9, tab:state "Job".sum)
    assert.equal(1, #tab:deltas())
  end)

  it("send nothing when nothing changed", function()
    local tab = kit.open()
    kit.handle(tab, function(self) self.n = self.n end)
    assert.equal(0, #tab:deltas())
  end)

  -- holds: handler.error.start
  it("are rolled back to their start by an error, and the page is told", function()
    local tab = kit.open()
    kit.handle(tab, function(self)
      self.n = 7
      self.items = { 1, 2 }
      error "broken"
    end)
    assert.equal(0, tab:state "Job".n)
    assert.same({}, tab:state "Job".items)
    assert.equal(0, #tab:deltas())
    assert.equal(1, #tab:errors())
    assert.matches("broken", tab:errors()[1].message)
    assert.matches("events_spec.lua", tab:errors()[1].traceback)
    kit.handle(tab, function(self) self.n = 1 end)
    assert.equal(1, tab:state "Job".n)
  end)

  -- holds: handler.error.yield
  it("are rolled back to their last yield, and not beyond", function()
    local tab = kit.open()
    kit.handle(tab, function(self)
      self.n = 1
      coroutine.yield()
      self.n = 2
      self.items:push(1)
      error "late"
    end)
    assert.equal(1, tab:state "Job".n)
    assert.same({}, tab:state "Job".items)
  end)

  -- holds: handler.inline
  it("call another inline by self:name(), and what that returns is the caller's", function()
    local tab = kit.open()
    local ran, got = 0, nil
    kit.handle(tab, function(self)
      got = self:go(kit.name(function() return kit.go(function() ran = ran + 1 end) end))
    end)
    assert.equal("event", require "tidelock.kinds".of(got))
    assert.equal(0, ran)
  end)
end)

describe("coroutine.yield in a handler", function()
  -- holds: handler.yield.commit, handler.yield.lock
  it("commits, sends what changed, and keeps the lock", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.send(tab, function(self)
      self.n = 1
      coroutine.yield()
      note "first"
      tl.sleep(1)
      self.n = 2
      note "end"
    end)
    kit.send(tab, function() note "second" end)
    t.settle()
    assert.equal(1, tab:state "Job".n)
    assert.same({ "first" }, log)
    t.advance(1)
    assert.same({ "first", "end", "second" }, log)
    assert.equal(2, tab:state "Job".n)
    assert.same({ 1, 2 }, { tab:deltas()[1].version, tab:deltas()[2].version })
  end)

  it("lets the page have what was committed before it goes on", function()
    local tab = kit.open()
    kit.handle(tab, function(self)
      for i = 1, 3 do
        self.n = i
        coroutine.yield()
      end
    end)
    assert.equal(3, #tab:deltas())
  end)

  it("gives nothing back", function()
    local tab = kit.open()
    local n
    kit.handle(tab, function() n = select("#", coroutine.yield()) end)
    assert.equal(0, n)
  end)

  -- holds: handler.yield.events
  it("queues a handler that runs when this one has ended, a background task that starts at once", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.handle(tab, function()
      coroutine.yield(kit.go(function() note "handler" end))
      coroutine.yield(kit.work(function() note "task" end))
      tl.sleep(0)
      note "end"
    end)
    assert.same({ "task", "end", "handler" }, log)
  end)
end)

describe("chained events", function()
  -- holds: handler.return
  it("go to the end of the tab's line: breadth first", function()
    local tab = kit.open()
    local log, note = kit.log()
    local function node(name, ...)
      local children = { ... }
      return kit.go(function()
        note(name)
        return children
      end)
    end
    local tree = node("a", node("b", node "d"), node("c", node "e"))
    kit.handle(tab, function() return tree end)
    assert.same({ "a", "b", "c", "d", "e" }, log)
  end)

  -- holds: handler.chain.end
  it("stand behind what arrived before", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.send(tab, function() return kit.go(function() note "chained" end) end)
    kit.send(tab, function() note "arrived" end)
    t.settle()
    assert.same({ "arrived", "chained" }, log)
  end)

  -- holds: handler.gives.event
  it("bring their bound arguments, copied when they were given", function()
    local tab = kit.open()
    local got
    kit.handle(tab, function()
      local list = { 1, { x = "y" } }
      local event = kit.go(function(_, ...) got = table.pack(...) end, list, nil, 2.5, "s", true)
      coroutine.yield(event)
      list[1] = "changed"
    end)
    assert.equal(5, got.n)
    assert.same({ 1, { x = "y" } }, got[1])
    assert.is_nil(got[2])
    assert.same({ 2.5, "s", true }, { got[3], got[4], got[5] })
  end)

  -- holds: handler.gives.nil, handler.gives.list
  it("may be a flat list with effects and nils, and keep their order", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.handle(tab, function()
      return { kit.go(function() note(1) end), tl.toast "hi", kit.go(function() note(2) end) }
    end)
    assert.same({ 1, 2 }, log)
    assert.equal("toast", tab:effects()[1][1])
    kit.handle(tab, function() return nil end)
    kit.handle(tab, function() return {} end)
    assert.same({}, tab:errors())
  end)

  it("may be many: fifty by one yield, and ten thousand", function()
    local tab = kit.open()
    local ran = 0
    local event = kit.go(function() ran = ran + 1 end)
    for _, n in ipairs { 50, 10000 } do
      ran = 0
      kit.handle(tab, function()
        local list = {}
        for i = 1, n do list[i] = event end
        coroutine.yield(list)
      end)
      assert.equal(n, ran)
    end
  end)

  -- holds: handler.return
  it("see what the one before committed", function()
    local tab = kit.open()
    local seen
    kit.handle(tab, function(self)
      self.n = 5
      return kit.go(function(again) seen = again.n end)
    end)
    assert.equal(5, seen)
  end)

  it("are not queued when the handler fails", function()
    local tab = kit.open()
    local ran = false
    kit.handle(tab, function()
      local _ = kit.go(function() ran = true end)
      error "no"
    end)
    assert.is_false(ran)
  end)
end)

describe("EventTypeError", function()
  local wrong = {
    number = function() return 5 end,
    string = function() return "Job.go" end,
    boolean = function() return true end,
    ["false"] = function() return false end,
    ["function"] = function() return print end,
    ["a state"] = function(self) return self end,
    ["a proxy"] = function(self) return self.items end,
    ["a map"] = function() return { running = true } end,
    ["a list with a number"] = function() return { kit.go(math.abs), 5 } end,
    ["a list in a list"] = function() return { { kit.go(math.abs) } } end,
    ["a list with a name"] = function() return { kit.go(math.abs), x = kit.go(math.abs) } end,
    ["a Var"] = function() return kit.Job.n end,
    ["a class"] = function() return kit.Job end,
    ["a thread"] = function() return (coroutine.create(print)) end,
    ["more values"] = function() return kit.go(math.abs), 5 end,
  }
  for what, make in pairs(wrong) do
    -- holds: handler.gives.other
    it("is raised for " .. what .. ", returned or yielded, and all is rolled back", function()
      local tab = kit.open()
      kit.handle(tab, function(self)
        self.n = 1
        return make(self)
      end)
      assert.equal("EventTypeError", tab:errors()[1].name)
      kit.handle(tab, function(self)
        self.n = 2
        coroutine.yield(make(self))
      end)
      assert.equal("EventTypeError", tab:errors()[2].name)
      assert.matches("Job.go", tab:errors()[2].message)
      assert.equal(0, tab:state "Job".n)
      local err
      kit.background(tab, function(self)
        err = select(2, pcall(coroutine.yield, make(self)))
        return make(self)
      end)
      assert.is_true(tl.is_error(err, "EventTypeError"))
      assert.equal("Job.work", tab:errors()[3].task)
    end)
  end

  it("can be caught, and the handler goes on with what it wrote", function()
    local tab = kit.open()
    kit.handle(tab, function(self)
      self.n = 1
      assert.is_false(pcall(coroutine.yield, 5))
      self.a = 2
    end)
    assert.same({ 1, 2 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  -- holds: handler.bind.class, handler.bind.self
  it("says how calls with the class or with self are written", function()
    local tab = kit.open()
    kit.handle(tab, function(self)
      kit.raises("EventTypeError", "with a dot", function() return kit.Job:go(5) end)
      kit.raises("EventTypeError", "without self", function() return kit.Job.go(self, 5) end)
    end)
    assert.same({}, tab:errors())
  end)

  -- holds: handler.bind.var
  it("is raised for arguments that are no values", function()
    local tab = kit.open()
    kit.handle(tab, function()
      kit.raises("EventTypeError", nil, kit.Job.go, "x", print)
      kit.raises("EventTypeError", "Var", kit.Job.go, "x", kit.Job.n)
    end)
    assert.same({}, tab:errors())
  end)
end)

describe("on_load", function()
  it("runs when the page comes, as a handler that may chain", function()
    local log, note = kit.log()
    local tab = kit.open { on_load = function(self)
      self.n = 3
      note "load"
      return kit.program.Job.work "loaded"
    end, loaded = function() note "task" end }
    assert.same({ "load", "task" }, log)
    assert.equal("3", tab:text "h1")
  end)
end)

describe("tl.on_error", function()
  -- holds: handler.on_error
  it("may turn an error into an effect or an event", function()
    local seen, name
    local ran = false
    local tab = kit.open { while_loading = function()
      tl.on_error(function(err, task)
        seen, name = err, task
        return { tl.toast "Sorry", kit.go(function() ran = true end) }
      end)
    end }
    kit.handle(tab, function() error { code = 5 } end)
    assert.equal(5, seen.code)
    assert.equal("Job.go", name)
    assert.equal("Sorry", tab:effects()[1][2])
    assert.is_true(ran)
    assert.equal(1, #tab:errors())
  end)

  it("is forgotten with its app", function()
    local tab = kit.open()
    kit.handle(tab, function() error "bad" end)
    assert.same({}, tab:effects())
  end)

  it("may fail itself, and nothing else happens", function()
    local tab = kit.open { while_loading = function() tl.on_error(function() error "worse" end) end }
    kit.handle(tab, function() error "bad" end)
    assert.equal(1, #tab:errors())
    assert.same({}, tab:effects())
  end)

  it("cannot wait", function()
    local err
    local tab = kit.open { while_loading = function()
      tl.on_error(function() err = select(2, pcall(tl.sleep, 1)) end)
    end }
    kit.handle(tab, function() error "bad" end)
    assert.is_true(tl.is_error(err, "CannotWaitError"))
  end)

end)

describe("error values", function()
  it("may be anything, and are told", function()
    local values = { nil, 5, true, {}, { name = 5, message = 7 }, setmetatable({}, { __tostring = function() return "shown" end }),
      setmetatable({}, { __tostring = function() error "no text" end }), setmetatable({}, { __tostring = function() return 5 end }),
      setmetatable({}, { __index = function() error "no fields" end }), setmetatable({}, { __index = function(_, k) return k .. ("x"):rep(50) end }),
      print, coroutine.create(print), "text\0with zero", "\255\254", [20] = ("long "):rep(1e5) }
    local tab = kit.open()
    local told = 0
    for i = 1, 20 do
      kit.handle(tab, function(self)
        self.n = i
        error(values[i])
      end)
      told = told + 1
      assert.equal(told, #tab:errors())
      assert.equal(0, tab:state "Job".n)
    end
    kit.handle(tab, function(self)
      self.n = 1
      assert(nil, nil)
    end)
    assert.equal(0, tab:state "Job".n)
    kit.handle(tab, function(self) self.n = 99 end)
    assert.equal(99, tab:state "Job".n)
  end)

  it("name what ran out of stack", function()
    local tab = kit.open()
    local function deep() return 1 + deep() end
    kit.handle(tab, deep)
    assert.matches("stack overflow", tab:errors()[1].message)
    local function in_c(n) return pcall(in_c, n) end
    kit.handle(tab, function(self)
      in_c(1)
      self.n = 5
    end)
    assert.equal(5, tab:state "Job".n)
  end)
end)

describe("limits", function()
  -- Above what the specs themselves have in the heap.
  local function limit()
    collectgarbage()
    return math.floor(collectgarbage "count" * 1024) + 16 * 1024 * 1024
  end

  -- holds: host.memory_limit
  it("memory_limit: a handler that fills the heap gets an error, the host goes on", function()
    local tab = kit.open { config = { memory_limit = limit() } }
    local other = kit.another()
    for _ = 1, 3 do
      kit.handle(tab, function(self)
        self.n = 5
        local all = {}
        for i = 1, math.huge do all[i] = ("x"):rep(1000) .. i end
      end)
    end
    assert.equal(3, #tab:errors())
    assert.matches("memory", tab:errors()[1].message)
    assert.equal(0, tab:state "Job".n)
    kit.handle(other, function(self) self.n = 2 end)
    kit.handle(tab, function(self) self.n = 3 end)
    assert.same({ 2, 3 }, { other:state "Job".n, tab:state "Job".n })
  end)

  it("memory_limit: also in a block, a gather, a task's many coroutines, one big string", function()
    local tab = kit.open { config = { memory_limit = limit() } }
    local function fill()
      local all = {}
      for i = 1, math.huge do all[i] = { i } end
    end
    kit.background(tab, function(self)
      assert.is_false(pcall(tl.with_state, self, function()
        self.n = 1
        fill()
      end))
      assert.is_false(pcall(tl.gather, fill, fill))
      assert.is_false(pcall(function()
        local all = {}
        for i = 1, math.huge do
          all[i] = coroutine.wrap(function() coroutine.yield() end)
          all[i]()
        end
      end))
      local tasks, n = {}, 0
      local ok = pcall(function()
        for i = 1, math.huge do
          tasks[i] = tl.spawn(tl.sleep, 0)
          n = i
        end
      end)
      for i = 1, n do tasks[i]:cancel() end -- there is no memory for anything else
      tasks = nil
      assert.is_false(ok)
      assert.is_false(pcall(string.rep, "x", 1e9))
      tl.with_state(self, function() self.a = 1 end)
    end)
    assert.same({}, tab:errors())
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
    assert.same({}, tl.tasks())
  end)

  -- holds: error.state_limit, host.config
  it("state_limit: a state that grows beyond it raises, and nothing of it is kept", function()
    local tab = kit.open { config = { state_limit = 100000 } }
    kit.handle(tab, function(self)
      kit.raises("SerializationError", "state_limit", function() self.text = ("x"):rep(200000) end)
      for _ = 1, 1e5 do self.items:push(("y"):rep(100)) end
    end)
    assert.matches("state_limit", tab:errors()[1].message)
    assert.same({}, tab:state "Job".items)
    kit.handle(tab, function(self) self.n = 1 end)
    assert.equal(1, tab:state "Job".n)
  end)
end)

describe("globals of an app", function()
  -- holds: host.global.read, host.exit
  it("raise when they were never assigned; os.exit raises", function()
    local tab = kit.open()
    kit.handle(tab, function()
      kit.raises("UndeclaredGlobalError", "misspelt", kit.program.read_global)
    end)
    kit.handle(tab, function() os.exit() end)
    assert.matches("end the whole host", tab:errors()[#tab:errors()].message)
  end)
end)
