-- tasks_spec.lua: background tasks, the live set, task objects, sleep, timeout, gather, await, spawn (contract, sections 3 and 4).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

describe("a background task", function()
  -- holds: task.start.return, task.start.trigger, task.start.on_load
  it("starts by return, by yield, by a page's trigger, by on_load", function()
    local log, note = kit.log()
    local tab = kit.open {
      on_load = function() return kit.program.Job.work "loaded" end,
      loaded = function() note "on_load" end,
      clicked = function() note "trigger" end,
    }
    kit.handle(tab, function() return kit.work(function() note "return" end) end)
    kit.handle(tab, function() coroutine.yield(kit.work(function() note "yield" end)) end)
    tab:click "Work"
    assert.same({ "on_load", "return", "yield", "trigger" }, log)
  end)

  -- holds: task.start.at_once
  it("starts at once, also while a handler of its tab runs", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.send(tab, function()
      tl.sleep(5)
      note "handler"
    end)
    kit.start(tab, function() note "task" end)
    t.settle()
    assert.same({ "task" }, log)
    t.advance(5)
  end)

  -- holds: policy.parallel
  it("may run several times at once", function()
    local tab = kit.open()
    for _ = 1, 3 do kit.start(tab, function(self)
      tl.sleep(1)
      tl.with_state(self, function() self.n = self.n + 1 end)
    end) end
    t.settle()
    assert.equal(3, #tl.background_tasks)
    t.advance(1)
    assert.equal(3, tab:state "Job".n)
    assert.equal(0, #tl.background_tasks)
  end)

  -- holds: task.call
  it("cannot be called", function()
    local tab = kit.open()
    kit.handle(tab, function(self) kit.raises("BackgroundCallError", nil, function() self:work "x" end) end)
    assert.same({}, tab:errors())
  end)

  -- holds: task.yield.outside, task.yield.inside, task.return
  it("may return and yield events, outside and inside a block", function()
    local tab = kit.open()
    local log, note = kit.log()
    local function say(what) return kit.go(function(self) note(what .. self.n) end) end
    kit.background(tab, function(self)
      coroutine.yield(say "outside ")
      tl.with_state(self, function()
        self.n = 1
        coroutine.yield(say "inside ")
        note "still inside"
        self.n = 2
      end)
      return { say "returned ", tl.toast "done" }
    end)
    assert.same({ "outside 0", "still inside", "inside 2", "returned 2" }, log)
    assert.equal("toast", tab:effects()[1][1])
    assert.equal(2, #tab:deltas())
  end)

  it("tells the page when it fails", function()
    local tab = kit.open()
    kit.background(tab, function() error "broken" end)
    assert.equal("Job.work", tab:errors()[1].task)
    assert.matches("broken", tab:errors()[1].message)
  end)

  -- holds: disconnect.default
  it("ends with its tab", function()
    local tab = kit.open { config = { tab_ttl = 10 } }
    local reason
    kit.start(tab, function()
      reason = select(2, pcall(tl.sleep, 1000))
    end)
    t.settle()
    tab:disconnect()
    t.advance(9)
    assert.is_nil(reason)
    t.advance(1)
    assert.is_true(tl.is_error(reason, "CancelledError"))
    assert.matches("tab_ttl", reason.message)
  end)
end)

describe("the live set", function()
  -- holds: task.live, task.live.set, task.live.list
  it("has each task from its start to its end", function()
    local tab = kit.open()
    kit.start(tab, function() tl.sleep(1) end)
    assert.equal(1, #tl.background_tasks)
    t.settle()
    local list = {}
    for task, is in pairs(tl.background_tasks) do
      list[#list + 1] = task
      assert.is_true(is)
    end
    assert.equal(1, #list)
    assert.is_true(tl.background_tasks[list[1]])
    assert.equal(list[1], tl.tasks()[1])
    t.advance(1)
    assert.is_nil(tl.background_tasks[list[1]])
    assert.same({}, tl.tasks())
    assert.equal("done", list[1].status)
  end)

  -- holds: task.live.set
  it("may be walked while tasks start and end", function()
    local tab = kit.open()
    for _ = 1, 5 do kit.start(tab, tl.sleep, 5) end
    local n = 0
    for task in pairs(tl.background_tasks) do
      n = n + 1
      task:cancel()
      if n == 1 then kit.start(tab, function() end) end
    end
    assert.equal(5, n)
    t.settle()
    assert.equal(0, #tl.background_tasks)
  end)

  -- holds: tasks.tab, tasks.cancel
  it("is the tab's by self:tasks, and one handler's by self:tasks(Job.work); tl.cancel ends those", function()
    local tab = kit.open()
    local other = kit.another()
    local counts
    kit.start(other, function() tl.sleep(9) end)
    kit.background(tab, function()
      coroutine.yield { kit.work(function() tl.sleep(9) end), kit.Job.other_work(kit.name(function() tl.sleep(9) end)) }
    end)
    kit.handle(tab, function(self)
      counts = { #self:tasks(), #self:tasks(kit.Job.work), #self:tasks(kit.Job.other_work), #tl.tasks() }
      tl.cancel(self, kit.Job.work)
    end)
    assert.same({ 2, 1, 1, 3 }, counts)
    assert.equal(2, #tl.tasks())
    kit.handle(tab, function(self)
      kit.raises("TypeError", nil, tl.cancel, self)
      kit.raises("TypeError", nil, tl.cancel, kit.Job, kit.Job.work)
      kit.raises("TypeError", nil, function() return self:tasks(5) end)
    end)
    assert.same({}, tab:errors())
  end)

  it("is those with these first arguments, by a reference that has them bound", function()
    local tab = kit.open()
    local sleep = kit.name(function() tl.sleep(9) end)
    kit.background(tab, function()
      for _, id in ipairs { 1, 2, 2 } do coroutine.yield(kit.Job.work(sleep, id, { "more" })) end
      coroutine.yield(kit.Job.work(sleep))
    end)
    local function counts(self)
      local work = kit.Job.work
      return { #self:tasks(work), #self:tasks(work(sleep, 1)), #self:tasks(work(sleep, 2)), #self:tasks(work(sleep, 2, { "more" })),
        #self:tasks(work(sleep, 2, { "other" })), #self:tasks(work(sleep, 3)), #self:tasks(work(sleep, nil)) }
    end
    local before, after
    kit.handle(tab, function(self)
      before = counts(self)
      tl.cancel(self, kit.Job.work(sleep, 2))
    end)
    kit.handle(tab, function(self)
      after = counts(self)
      tl.cancel(self, kit.Job.work(sleep))
    end)
    assert.same({ 4, 1, 2, 2, 0, 0, 0 }, before)
    assert.same({ 2, 1, 0, 0, 0, 0, 0 }, after)
    assert.same({}, tl.tasks())
    assert.same({}, tab:errors())
  end)
end)

describe("a task object", function()
  -- holds: task.fields, task.status
  it("tells id, name, args, token, status, started_at", function()
    local tab = kit.open()
    local task, token
    t.advance(2)
    kit.start(tab, function(self)
      task, token = tl.current_task(), self:get_token()
      assert.equal("running", task.status)
      tl.sleep(1)
    end, 1, "two", { 3 })
    t.settle()
    assert.equal("integer", math.type(task.id))
    assert.equal("Job.work", task.name)
    assert.same({ 1, "two", { 3 } }, { table.unpack(task.args, 2) })
    assert.equal(token, task.token)
    assert.equal(tl.now(), task.started_at)
    assert.equal("sleeping", task.status)
    assert.matches("^task %d+ Job.work %(sleeping%)$", tostring(task))
    assert.has_error(function() task.name = "x" end)
    t.advance(1)
    assert.equal("done", task.status)
    assert.equal(token, task.token)
    assert.same({ 1, "two", { 3 } }, { table.unpack(task.args, 2) })
  end)

  -- holds: task.status
  it("has the status of its wait, then its fate", function()
    local tab = kit.open()
    local tasks = {}
    local function start(name, fn) kit.start(tab, function(self)
      tasks[name] = tl.current_task()
      return fn(self)
    end) end
    kit.send(tab, function() tl.sleep(5) end)
    start("lock", function(self) tl.with_state(self, function() end) end)
    start("sleep", function() tl.sleep(2) end)
    start("await", function() tasks.sleep:await() end)
    start("gather", function() tl.gather(function() tl.sleep(1) end) end)
    start("fail", function() error "x" end)
    start("cancel", function() tl.sleep(9) end)
    t.settle()
    local function status(name) return tasks[name].status end
    assert.same({ "waiting_lock", "sleeping", "waiting", "waiting", "failed" },
      { status "lock", status "sleep", status "await", status "gather", status "fail" })
    tasks.cancel:cancel()
    t.advance(10)
    assert.same({ "done", "done", "done", "done", "cancelled" },
      { status "lock", status "sleep", status "await", status "gather", status "cancel" })
  end)

  -- holds: tasks.current
  it("is one object a task, also in a handler, and outlives it", function()
    local tab = kit.open()
    local a, b
    kit.handle(tab, function()
      a, b = tl.current_task(), tl.current_task()
    end)
    assert.equal(a, b)
    assert.equal("done", a.status)
    a:cancel()
    assert.equal("done", a.status)
    assert.equal(0, select("#", a:await()))
  end)

  it("refuses calls without a colon, and a use while it is collected", function()
    kit.open()
    local task = tl.spawn(function() end)
    kit.raises("TypeError", "colon", task.cancel)
    kit.raises("TypeError", "colon", function() task.await {} end)
    t.settle()
    local err
    do
      local holder = setmetatable({}, { __gc = function(h)
        err = select(2, pcall(function() return h.task.id end))
        pcall(function() return tl.background_tasks[h.task] end)
      end })
      holder.task = tl.spawn(function() end)
    end
    t.settle()
    collectgarbage()
    collectgarbage()
    assert.is_not_nil(err)
  end)
end)

describe("tl.sleep", function()
  -- holds: sleep.time, sleep.zero, testing.advance
  it("takes at least its time, and sleep(0) gives the others a turn", function()
    local tab = kit.open()
    local log, note = kit.log()
    local from = tl.now()
    kit.start(tab, function()
      tl.sleep(0.25)
      note(tl.now() - from)
    end)
    kit.start(tab, function()
      for i = 1, 2 do
        note("a" .. i)
        tl.sleep(0)
      end
    end)
    kit.start(tab, function()
      for i = 1, 2 do
        note("b" .. i)
        tl.sleep(0)
      end
    end)
    t.advance(1)
    assert.same({ "a1", "b1", "a2", "b2", 0.25 }, log)
  end)

  it("refuses what is no time", function()
    for _, v in ipairs { -1, 0 / 0, math.huge, "1", 1e10 } do kit.raises("TypeError", "seconds", tl.sleep, v) end
    kit.raises("TypeError", "not nothing", tl.sleep)
  end)

  -- holds: testing.advance
  it("wakes in the order of the times", function()
    local tab = kit.open()
    local log, note = kit.log()
    for _, s in ipairs { 3, 1, 2, 1 } do kit.start(tab, function()
      tl.sleep(s)
      note(s)
    end) end
    t.advance(3)
    assert.same({ 1, 1, 2, 3 }, log)
  end)
end)

describe("tl.timeout", function()
  -- holds: timeout.results
  it("gives the results, with all arguments", function()
    kit.open()
    assert.same({ 1, nil, 3, n = 3 }, table.pack(tl.timeout(1, function(...) return ... end, 1, nil, 3)))
    assert.equal(5, tl.timeout(0, function() return 5 end))
    kit.raises("TypeError", nil, tl.timeout, 1)
    kit.raises("TypeError", nil, tl.timeout, "x", print)
    assert.same({ false, "own" }, { pcall(tl.timeout, 1, function() error("own", 0) end) })
  end)

  -- holds: timeout.raises
  it("raises TimeoutError at a wait point, at its time", function()
    kit.open()
    local from = tl.now()
    kit.raises("TimeoutError", "0.5 s", tl.timeout, 0.5, tl.sleep, 100)
    assert.equal(0.5, tl.now() - from)
    tl.sleep(1)
    assert.equal(1.5, tl.now() - from)
  end)

  it("raises again at each later wait of the same call, and not after it", function()
    kit.open()
    local n = 0
    local result = tl.timeout(1, function()
      for _ = 1, 3 do
        kit.raises("TimeoutError", nil, tl.sleep, 10)
        n = n + 1
      end
      return "kept"
    end)
    assert.equal("kept", result)
    assert.equal(3, n)
    tl.sleep(1)
  end)

  it("nests: the one that is over raises, whether outer or inner", function()
    kit.open()
    local from = tl.now()
    kit.raises("TimeoutError", "within 1 s", tl.timeout, 1, tl.timeout, 5, tl.sleep, 10)
    assert.equal(1, tl.now() - from)
    tl.timeout(5, function()
      kit.raises("TimeoutError", "within 1 s", tl.timeout, 1, tl.sleep, 10)
      tl.sleep(1)
    end)
    kit.raises("TimeoutError", "within 1 s", tl.timeout, 1, function()
      pcall(tl.timeout, 0.5, tl.sleep, 10)
      tl.sleep(10)
    end)
  end)

  it("around a block: gives up the place in the line, and rolls back inside", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.send(tab, function() tl.sleep(3) end)
    kit.start(tab, function(self)
      kit.raises("TimeoutError", nil, tl.timeout, 1, tl.with_state, self, function() note "never" end)
      note("out " .. tl.now() % 1)
    end)
    kit.start(tab, function(self) tl.with_state(self, function() note "next" end) end)
    t.advance(2)
    assert.equal(1, #log)
    t.advance(2)
    assert.equal("next", log[2])
    kit.background(tab, function(self)
      kit.raises("TimeoutError", nil, tl.timeout, 1, tl.with_state, self, function()
        self.n = 5
        tl.sleep(5)
      end)
      kit.raises("TimeoutError", nil, tl.timeout, 1, function()
        local _ <close> = tl.lock(self)
        self.n = 6
        tl.sleep(5)
      end)
      tl.with_state(self, function() self.a = self.n + 1 end)
    end)
    t.advance(10)
    assert.same({}, tab:errors())
    assert.same({ 0, 1 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("in a block: the block goes on and commits", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      tl.with_state(self, function()
        self.n = 1
        pcall(tl.timeout, 1, tl.sleep, 5)
        self.a = 2
      end)
    end)
    t.advance(10)
    assert.same({ 1, 2 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("bounds a gather and an await", function()
    kit.open()
    local ended = 0
    local function child()
      local _ <close> = tl.defer(function() ended = ended + 1 end)
      tl.sleep(100)
    end
    kit.raises("TimeoutError", nil, tl.timeout, 1, tl.gather, child, child)
    assert.equal(2, ended)
    local task = tl.spawn(tl.sleep, 50)
    for _ = 1, 100 do kit.raises("TimeoutError", nil, tl.timeout, 0.1, task.await, task) end
    task:cancel()
    t.settle()
  end)

  it("is forgotten with a coroutine that is closed inside it", function()
    kit.open()
    local co = coroutine.create(function() tl.timeout(1, coroutine.yield) end)
    assert.is_true(coroutine.resume(co))
    assert.is_true(coroutine.close(co))
    tl.sleep(5)
  end)
end)

describe("tl.gather", function()
  -- holds: gather.results
  it("gives the first result of each in order, whenever they end", function()
    kit.open()
    local function after(s, ...)
      local results = table.pack(...)
      return function()
        tl.sleep(s)
        return table.unpack(results, 1, results.n)
      end
    end
    local from = tl.now()
    assert.same({ "a", nil, "c", n = 3 }, table.pack(tl.gather(after(2, "a", "x"), after(1), after(0, "c"))))
    assert.equal(2, tl.now() - from)
    assert.equal(0, select("#", tl.gather()))
    kit.raises("TypeError", "argument 2", tl.gather, print, 5)
    local many = {}
    for i = 1, 1000 do many[i] = function() return i end end
    local results = { tl.gather(table.unpack(many)) }
    assert.equal(1000, #results)
    assert.equal(777, results[777])
  end)

  -- holds: gather.error
  it("cancels the others at the first error, and raises it when they have ended", function()
    kit.open()
    local log, note = kit.log()
    local from = tl.now()
    local ok, err = pcall(tl.gather, function()
      local _ <close> = tl.defer(function()
        tl.sleep(2)
        note "cleaned"
      end)
      tl.sleep(100)
    end, function()
      tl.sleep(1)
      error({ code = 7 })
    end, function()
      tl.sleep(50)
      note "never"
    end)
    assert.is_false(ok)
    assert.equal(7, err.code)
    assert.same({ "cleaned" }, log)
    assert.equal(3, tl.now() - from)
  end)

  it("gives the first error of two, and does not report the others", function()
    local tab = kit.open()
    local err
    kit.background(tab, function()
      err = select(2, pcall(tl.gather, function()
        tl.sleep(1)
        error("second", 0)
      end, function() error("first", 0) end))
    end)
    assert.equal("first", err)
    assert.same({}, tab:errors())
  end)

  it("ends its children when the parent is cancelled, and itself after them", function()
    local tab = kit.open()
    local log, note = kit.log()
    local task
    kit.background(tab, function()
      task = tl.current_task()
      local _ <close> = tl.defer(function() note "parent" end)
      tl.gather(function()
        local _ <close> = tl.defer(function()
          tl.sleep(1)
          note "child"
        end)
        tl.gather(function()
          local _ <close> = tl.defer(function() note "grandchild" end)
          tl.sleep(100)
        end)
      end, function() tl.sleep(100) end)
    end)
    task:cancel()
    t.advance(2)
    assert.same({ "grandchild", "child", "parent" }, log)
    assert.equal("cancelled", task.status)
  end)

  -- holds: block.coroutine
  it("runs children as tasks of the tab that share self and stay outside the lock", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      tl.gather(function()
        tl.with_state(self, function()
          self.n = 1
          tl.sleep(1)
          self.n = 2
        end)
      end, function()
        tl.sleep(0.5)
        assert(self.n == 0)
        kit.raises("ImmutableStateError", nil, function() self.n = 9 end)
        kit.raises("ImmutableStateError", nil, self._write, self, 9)
        tl.with_state(self, function() assert(self.n == 2) end)
        coroutine.yield(kit.go(function() self.a = 1 end))
      end)
    end)
    t.advance(2)
    assert.equal(2, tab:state "Job".n)
    assert.equal(1, tab:state "Job".a) -- the handler holds the same tab's lock, so the task's self may be written there
  end)

  it("may be made while the block is held, when the children do not need it", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      tl.with_state(self, function()
        self.n = 1
        self.a, self.b = tl.gather(function()
          tl.sleep(1)
          return self.n + 10
        end, function() return 7 end)
      end)
    end)
    t.advance(2)
    assert.same({ 1, 10, 7 }, { tab:state "Job".n, tab:state "Job".a, tab:state "Job".b })
  end)

  it("raises CancelledError when a child was cancelled", function()
    kit.open()
    kit.raises("CancelledError", nil, tl.gather, function()
      tl.current_task():cancel()
      tl.sleep(0)
    end)
  end)
end)

describe("await", function()
  -- holds: task.await
  it("gives a task's results, or its error again, as often as asked", function()
    kit.open()
    local good = tl.spawn(function(...)
      tl.sleep(1)
      return ...
    end, 1, nil, 3)
    local bad = tl.spawn(function() error { code = 3 } end)
    for _ = 1, 2 do
      assert.same({ 1, nil, 3, n = 3 }, table.pack(good:await()))
      local ok, err = pcall(bad.await, bad)
      assert.is_false(ok)
      assert.equal(3, err.code)
    end
    local task = tl.spawn(tl.sleep, 100)
    tl.sleep(1)
    task:cancel "no more"
    kit.raises("CancelledError", "no more", task.await, task)
    local unstarted = tl.spawn(function() end)
    unstarted:cancel()
    kit.raises("CancelledError", nil, unstarted.await, unstarted)
  end)

  it("refuses to wait for itself, directly or by a chain", function()
    kit.open()
    local own
    own = tl.spawn(function() kit.raises("DeadlockError", "itself", own.await, own) end)
    own:await()
    local a, b, failed
    a = tl.spawn(function() return b:await() end)
    b = tl.spawn(function()
      tl.sleep(0)
      failed = select(2, pcall(a.await, a))
    end)
    tl.sleep(1)
    assert.is_true(tl.is_error(failed, "DeadlockError"))
    assert.equal("done", a.status)
  end)

  it("may be cancelled, and leaves the other alone", function()
    kit.open()
    local slow = tl.spawn(function()
      tl.sleep(10)
      return "slow"
    end)
    local waits = tl.spawn(function() return slow:await() end)
    tl.sleep(1)
    waits:cancel()
    tl.sleep(0)
    assert.equal("cancelled", waits.status)
    assert.equal("slow", slow:await())
  end)

  it("does not slow down by how many wait for how many", function()
    kit.open()
    local last = tl.spawn(tl.sleep, 10)
    for _ = 1, 60 do
      local before = last
      last = tl.spawn(function() tl.gather(function() before:await() end, function() before:await() end) end)
    end
    last:await()
  end)
end)

describe("tl.spawn and tl.modify_state", function()
  -- holds: spawn, modify.writes
  it("write a tab's state by its token, from a task of no tab", function()
    local tab = kit.open()
    local task
    kit.handle(tab, function(self)
      task = tl.spawn(function(token)
        assert(tl.current_task().token == nil)
        tl.sleep(1)
        return tl.modify_state(token, kit.Job, function(state, x)
          state.n = state.n + x
          return "a", "b"
        end, 5)
      end, self:get_token())
    end)
    t.advance(1)
    assert.same({ "a", "b" }, { task:await() })
    assert.equal(5, tab:state "Job".n)
    assert.matches("tasks_spec.lua:%d+", task.name)
  end)

  -- holds: modify.unknown
  it("raise UnknownTokenError for an unknown token and an ended tab", function()
    local tab = kit.open()
    local token
    kit.handle(tab, function(self) token = self:get_token() end)
    kit.raises("UnknownTokenError", "no tab", tl.modify_state, "nonsense", kit.Job, print)
    kit.raises("TypeError", "token", tl.modify_state, nil, kit.Job, print)
    kit.raises("TypeError", "class", tl.modify_state, token, {}, print)
    kit.raises("TypeError", "function", tl.modify_state, token, kit.Job, 5)
    tl.modify_state(token, kit.Job, function(state) state.n = 3 end)
    t.settle()
    assert.equal(3, tab:state "Job".n)
  end)

  it("go on in a block of a tab that ends, without harm", function()
    local tab = kit.open { config = { tab_ttl = 1 } }
    local log, note = kit.log()
    local task
    kit.handle(tab, function(self)
      self.a = 1
      task = tl.spawn(function()
        tl.with_state(self, function()
          self.a = self.a + 1
          tl.sleep(5)
          note(self.sum)
        end)
        note(select(2, pcall(tl.with_state, self, print)).name)
        note(self.a)
      end)
    end)
    tab:disconnect()
    t.advance(6)
    assert.same({ 2, "UnknownTokenError", 2 }, log)
    assert.equal("done", task.status)
  end)

  it("spawn refuses what is no function; a spawned task cannot yield events", function()
    kit.open()
    kit.raises("TypeError", nil, tl.spawn, 5)
    local task = tl.spawn(function()
      coroutine.yield()
      coroutine.yield(kit.go(print))
    end)
    kit.raises("EventTypeError", "no tab", task.await, task)
    t.settle()
  end)

  it("report an error that nobody awaits in the log alone", function()
    local tab = kit.open()
    kit.handle(tab, function() tl.spawn(function() error "alone" end) end)
    assert.same({}, tab:errors())
  end)
end)
