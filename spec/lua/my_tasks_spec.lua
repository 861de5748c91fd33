-- my_tasks_spec.lua: task:progress and tl.my_tasks: what a page is told of its tab's tasks, when, and what that costs.
local tl, t = require "tidelock", require "tidelock.testing"

local program = {}
package.loaded.my_tasks_program = program

local counter, tab

local function named(fn)
  counter = counter + 1
  program["f" .. counter] = fn
  return "f" .. counter
end

-- The page sends Job.<handler>; what is ready runs.
local function send(handler, fn, ...)
  tab:send_event("Job." .. handler, { named(fn), ... })
  t.settle()
end

local function rows() return tab:state "tl".my_tasks end

-- One field of each row, in their order.
local function all(field)
  local out = {}
  for i, row in ipairs(rows()) do out[i] = row[field] or "-" end
  return out
end

local function raised(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(err)
end

before_each(function()
  counter = 0
  for name in pairs(program) do program[name] = nil end
  tab = t.open("spec/lua/apps/my_tasks.lua", "/")
end)

after_each(function()
  for _, task in ipairs(tl.tasks()) do task:cancel() end
  t.settle()
end)

describe("tl.my_tasks", function()
  -- holds: my_tasks.var, my_tasks.rows
  it("has a row for each task of the tab, from its start to its end", function()
    assert.same({}, rows())
    send("work", function() tl.sleep(2) end)
    t.advance(1)
    send("queue", function() tl.sleep(2) end, "ann")
    local first, second = rows()[1], rows()[2]
    assert.same({ id = first.id, name = "Job.work", status = "sleeping", started = 0 }, first)
    assert.same({ id = second.id, name = "Job.queue", key = "ann", status = "sleeping", started = 1 }, second)
    assert.equal("2 running", tab:text "p")
    t.advance(1)
    assert.same({ "Job.queue" }, all "name")
    t.advance(1)
    assert.same({}, rows())
    assert.equal("0 running", tab:text "p")
  end)

  it("has no row of a task that has ended before the page could be told", function()
    send("work", function() end)
    assert.same({}, tab:deltas())
  end)

  -- holds: my_tasks.tab
  it("has the tab's own tasks only", function()
    local other = t.open("spec/lua/apps/my_tasks.lua", "/")
    send("work", function() tl.sleep(1) end)
    tl.spawn(function() tl.sleep(1) end)
    t.settle()
    assert.same({ "Job.work" }, all "name")
    assert.same({}, other:state "tl".my_tasks)
    assert.same({}, other:deltas())
    t.advance(1)
  end)

  -- holds: my_tasks.status
  it("tells of each what it does, whether it waits for its turn, whether it was cancelled", function()
    send("work", function(self) tl.with_state(self, function() tl.sleep(5) end) end)
    send("queue", function() tl.sleep(1) end, "a")
    send("queue", function() tl.sleep(1) end, "a")
    send("work", function(self) tl.with_state(self, function() end) end)
    assert.same({ "sleeping", "sleeping", "waiting", "waiting_lock" }, all "status")
    assert.same({ "-", "-", true, "-" }, all "queued")
    t.advance(1)
    assert.same({ "-", "-", "-" }, all "queued")
    send("work", function()
      local _ <close> = tl.defer(function() tl.sleep(1) end)
      tl.sleep(60)
    end)
    local task = tl.tasks()[4]
    task:cancel()
    t.settle()
    assert.same({ "-", "-", "-", true }, all "cancelling")
    t.advance(5)
    assert.same({}, rows())
  end)

  -- holds: my_tasks.status
  it("follows a wait of another kind within a tenth of a second", function()
    send("work", function(self)
      tl.sleep(1)
      tl.event():wait()
    end)
    assert.same({ "sleeping" }, all "status")
    t.advance(1.1)
    assert.same({ "waiting" }, all "status")
  end)

  it("loses the row of a task that fails, is replaced, is cancelled before it began", function()
    send("work", function() error("broken", 0) end)
    send("restart", function() tl.sleep(60) end)
    send("restart", function() tl.sleep(1) end)
    assert.equal(1, #rows())
    for _ = 1, 2 do send("queue", function() tl.sleep(60) end) end
    for _, task in ipairs(tl.tasks()) do if task.name == "Job.queue" then task:cancel() end end
    t.settle()
    assert.same({ "Job.restart" }, all "name")
    t.advance(1)
    assert.same({}, rows())
  end)

  -- holds: my_tasks.lock
  it("changes while a handler holds the lock, and what that commits loses nothing of it", function()
    send("work", function()
      local task = tl.current_task()
      for i = 1, 4 do
        task:progress(i / 4)
        tl.sleep(1)
      end
    end)
    send("go", function(self)
      self.n = 1
      tl.sleep(1.5)
      self.n = 2
    end)
    assert.same({ 0.25 }, all "progress")
    t.advance(1)
    assert.same({ 0.5 }, all "progress")
    assert.equal(0, tab:state "Job".n)
    t.advance(0.5)
    assert.equal(2, tab:state "Job".n)
    assert.same({ 0.5 }, all "progress")
    t.advance(0.5)
    assert.same({ 0.75 }, all "progress")
    send("go", function(self)
      tl.sleep(1.5)
      self.n = 3
      error("rolled back", 0)
    end)
    for _ = 1, 2 do
      t.advance(0.75)
      assert.equal(2, tab:state "Job".n)
    end
    assert.same({ 1.0 }, all "progress")
  end)

  -- holds: my_tasks.resume
  it("goes on over a lost connection", function()
    send("work", function()
      tl.sleep(1)
      tl.current_task():progress(0.5, "half")
      tl.sleep(60)
    end)
    send("work", function() tl.sleep(2) end)
    tab:disconnect()
    t.advance(3)
    tab:reconnect()
    assert.same({ 0.5 }, all "progress")
    assert.same({ "half" }, all "text")
    assert.equal(3, tab:state "tl".now)
  end)

  it("says that a task was ended by the page's going", function()
    send("leaving", function() tl.sleep(60) end)
    tab:disconnect()
    t.advance(6)
    tab:reconnect()
    assert.same({}, rows())
  end)

  -- holds: my_tasks.duplicate
  it("is empty in a duplicated tab, whose tasks are its own", function()
    send("work", function(self)
      tl.with_state(self, function() self.n = 7 end)
      tl.sleep(60)
    end)
    local other = tab:duplicate()
    assert.equal(7, other:state "Job".n)
    assert.same({}, other:state "tl".my_tasks)
    other:send_event("Job.work", { named(function() tl.sleep(1) end) })
    t.settle()
    assert.equal(1, #other:state "tl".my_tasks)
    assert.equal(1, #rows())
    assert.not_equal(rows()[1].id, other:state "tl".my_tasks[1].id)
    t.advance(1)
    assert.equal(0, #other:state "tl".my_tasks)
    assert.equal(1, #rows())
  end)

  it("ends with the tab", function()
    send("work", function()
      while true do
        tl.current_task():progress(0.5)
        tl.sleep(0.01)
      end
    end)
    tab:close()
    t.advance(2 * 3600)
    assert.same({}, tl.tasks())
    tab = t.open("spec/lua/apps/my_tasks.lua", "/")
    assert.same({}, rows())
  end)

  it("shows tasks that bytes or a long text are the key of", function()
    send("queue", function() tl.sleep(60) end, "bytes")
    send("queue", function() tl.sleep(60) end, ("ä"):rep(500))
    send("queue", function() tl.sleep(60) end, 5)
    send("queue", function() tl.sleep(60) end, true)
    send("queue", function() tl.sleep(60) end, "large")
    assert.same({ "-", ("ä"):rep(100) .. "…", 5, true, "9007199254740993" }, all "key")
  end)

  -- holds: my_tasks.own
  it("is the host's alone: no handler reaches it", function()
    local err
    send("go", function(self) err = raised(self.get_state, self, "tl") end)
    assert.matches('there is no state "tl"', err, 1, true)
    assert.matches("the host has a state of that name", raised(tl.state, "tl", {}), 1, true)
  end)
end)

describe("the host's own handler", function()
  -- holds: my_tasks.cancel
  it("is no handler for a client while no page offers it", function()
    send("work", function() tl.sleep(60) end)
    tab:send_event("tl.cancel", { rows()[1].id })
    t.settle()
    assert.equal(1, #rows())
    assert.equal("EventError", tab:errors()[1].name)
  end)
end)

describe("task:progress", function()
  local function work(fn)
    send("work", function(self)
      fn(tl.current_task(), self)
      tl.sleep(60)
    end)
  end

  -- holds: task.progress, my_tasks.progress
  it("shows how far the task is, and a text, which stays until there is another", function()
    work(function(task)
      assert.same({}, rows())
      task:progress(0.25, "reading")
      tl.sleep(1)
      task:progress(0.5)
      tl.sleep(1)
      task:progress(1, "")
    end)
    assert.equal("Job.work sleeping 0.25 reading", tab:text("li"):gsub("%s+", " "))
    t.advance(1)
    assert.same({ { 0.5 }, { "reading" } }, { all "progress", all "text" })
    t.advance(1)
    assert.same({ { 1 }, { "" } }, { all "progress", all "text" })
  end)

  -- holds: task.progress
  it("is called inside and outside of a block, and is not undone with it", function()
    work(function(task, self)
      pcall(tl.with_state, self, function()
        self.n = 1
        task:progress(0.5)
        error("rolled back", 0)
      end)
    end)
    assert.same({ 0.5 }, all "progress")
    assert.equal(0, tab:state "Job".n)
  end)

  -- holds: my_tasks.order
  it("comes in the message of what is committed with it", function()
    work(function(task, self)
      for i = 1, 3 do
        task:progress(i / 4)
        tl.with_state(self, function() self.n = i end)
        tl.sleep(0.01)
      end
    end)
    t.advance(0.05)
    assert.equal(3, tab:state "Job".n)
    assert.same({ 0.75 }, all "progress")
  end)

  -- holds: my_tasks.rate
  it("in a tight loop sends a bounded number of messages, and the last value always", function()
    work(function(task)
      for i = 1, 100000 do task:progress(i / 100000, "step " .. i) end
    end)
    assert.same({ { 1 }, { "step 100000" } }, { all "progress", all "text" })
    assert.equal(1, #tab:deltas())
    send("work", function()
      for i = 1, 3000 do
        tl.current_task():progress(i / 3000)
        tl.sleep(0.001)
      end
      tl.sleep(60)
    end)
    t.advance(3.2)
    assert.same({ 1, 1 }, all "progress")
    assert.truthy(#tab:deltas() <= 34)
    assert.truthy(#tab:deltas() >= 25)
  end)

  -- holds: my_tasks.small
  it("costs a small patch, however many tasks there are", function()
    local event = tl.event()
    for i = 1, 300 do
      tab:send_event("Job.work", { named(function()
        if i == 150 then
          event:wait()
          tl.current_task():progress(0.5)
        end
        tl.sleep(60)
      end) })
      if i % 50 == 0 then t.settle() end
    end
    t.advance(1)
    assert.equal(300, #rows())
    local before = #tab:deltas()
    event:set()
    t.settle()
    t.advance(1)
    for i = before + 1, #tab:deltas() do assert.truthy(#tl.json.encode(tab:deltas()[i].patch) < 120) end
    assert.truthy(#tab:deltas() > before)
  end)

  -- holds: task.progress.child
  it("of a task that another has started is that of the one that the page shows", function()
    work(function()
      local done = 0
      local function part()
        tl.sleep(1)
        done = done + 1
        tl.current_task():progress(done / 2)
      end
      tl.gather(part, part)
      local scope <close> = tl.scope()
      scope:spawn(function() coroutine.wrap(function() tl.current_task():progress(0.75, "child of a child") end)() end)
    end)
    t.advance(1)
    assert.same({ { 0.75 }, { "child of a child" } }, { all "progress", all "text" })
    assert.equal(1, #rows())
  end)

  -- holds: task.progress.none
  it("of a task that no page shows does nothing: a handler, a task of no tab, one that has ended", function()
    local task
    send("go", function() tl.current_task():progress(0.5) end)
    tl.spawn(function() tl.current_task():progress(0.5) end)
    send("work", function() task = tl.current_task() end)
    task:progress(0.5, "late")
    t.settle()
    assert.same({}, tab:errors())
    assert.same({}, tab:deltas())
  end)

  it("of another task is told by whoever has its object", function()
    send("work", function() tl.sleep(60) end)
    tl.tasks()[1]:progress(0.25, "from outside")
    t.advance(0.1)
    assert.same({ "from outside" }, all "text")
  end)

  it("of a task of a tab that has ended is nothing", function()
    work(function(task)
      local _ <close> = tl.defer(function()
        tl.sleep(1)
        task:progress(0.5, "cleaned up")
      end)
      tl.sleep(4000)
      tl.sleep(4000)
    end)
    tab:close()
    t.advance(2 * 3600)
    assert.same({}, tl.tasks())
    tab = t.open("spec/lua/apps/my_tasks.lua", "/")
  end)

  -- holds: task.progress.text
  it("shows 200 bytes of a text at most, and whole characters", function()
    work(function(task)
      task:progress(0, ("x"):rep(199) .. ("ä"):rep(500000))
      tl.sleep(1)
      task:progress(0, 42)
    end)
    assert.same({ ("x"):rep(199) .. "…" }, all "text")
    t.advance(1)
    assert.same({ "42" }, all "text")
  end)

  -- holds: task.progress.unknown
  it("without a number tells what the task does, and that nobody knows how far it is", function()
    work(function(task)
      task:progress(0.5, "reading")
      tl.sleep(1)
      task:progress(nil, "waiting for an answer")
    end)
    t.advance(1)
    assert.same({ { "-" }, { "waiting for an answer" } }, { all "progress", all "text" })
  end)

  it("takes what sums of floats make of 0 and 1", function()
    work(function(task)
      task:progress(1 + 1e-12)
      tl.sleep(1)
      task:progress(-1e-12)
    end)
    assert.same({ 1 }, all "progress")
    t.advance(1)
    assert.same({ 0 }, all "progress")
  end)

  -- holds: task.progress.wrong
  it("refuses what is no progress, and changes nothing", function()
    local errors = {}
    work(function(task)
      task:progress(0.5, "good")
      for i, args in ipairs { { 1.5 }, { -1 }, { 0 / 0 }, { math.huge }, { "0.5" }, { false }, {}, { 0.5, {} }, { 0.5, "\xff" } } do
        errors[i] = raised(task.progress, task, table.unpack(args, 1, 2))
      end
      errors[#errors + 1] = raised(task.progress, 0.5)
    end)
    local wanted = {
      "TypeError: task:progress(x, text): x is a number from 0 to 1, and 1.5 is not; divide what is done by what there is to do",
      "and -1 is not", "not NaN; is there nothing to do?", "and inf is not", "x is a number from 0 to 1, not string", "not boolean", "not nil",
      "the text is a string, not table", "SerializationError: task:progress(x, text): the text is not UTF-8, so no page can show it",
      "a task is needed (with a colon: task:cancel()), not number",
    }
    for i, text in ipairs(wanted) do assert.matches(text, errors[i], 1, true) end
    assert.same({ "good" }, all "text")
  end)
end)

describe("tl.my_tasks under random programs", function()
  local function random_task(rnd)
    return function(self)
      local task = tl.current_task()
      local scope <close> = tl.defer(function() if rnd(3) == 1 then tl.sleep(rnd(3) / 10) end end) -- luacheck: ignore
      for _ = 1, rnd(4) do
        local what = rnd(5)
        if what == 1 then tl.sleep(rnd(5) / 20)
        elseif what == 2 then tl.with_state(self, function() self.n = self.n + 1 if rnd(3) == 1 then tl.sleep(0.1) end end)
        elseif what == 3 then task:progress(rnd(100) / 100, "step " .. rnd(3))
        elseif what == 4 then pcall(tl.with_state, self, function() self.n = -1 error "no" end)
        else coroutine.yield(program.Job.go(named(function(me) me.n = me.n + 1 end))) end
      end
    end
  end

  -- What is to be there once nothing changes: the tasks of the tab, each as it last said it was.
  local function expected(token)
    local out = {}
    for i, task in ipairs(tl.tasks()) do
      assert.equal(token, task.token)
      out[i] = ("%d %s %s"):format(task.id, task.name, task.status)
    end
    return out
  end

  local function shown()
    local out = {}
    for i, row in ipairs(rows()) do out[i] = ("%d %s %s"):format(row.id, row.name, row.status) end
    return out
  end

  -- holds: my_tasks.rows
  it("is the list of the tab's tasks whenever nothing has changed for a tenth of a second", function()
    local token
    send("go", function(self) token = self:get_token() end)
    for seed = 1, 40 do
      t.seed(seed)
      local rnd = function(n) return math.random(n) end
      math.randomseed(seed)
      for _ = 1, 6 do
        local handler = ({ "work", "queue", "restart", "leaving" })[rnd(4)]
        tab:send_event("Job." .. handler, { named(random_task(rnd)), rnd(2) })
        if rnd(2) == 1 then t.advance(rnd(4) / 20) end
        local tasks = tl.tasks()
        if #tasks > 0 and rnd(3) == 1 then tasks[rnd(#tasks)]:cancel() end
        if rnd(4) == 1 then
          tab:disconnect()
          t.advance(0.05)
          tab:reconnect()
        end
        t.settle()
        local ids = {}
        for i, task in ipairs(tl.tasks()) do ids[i] = task.id end
        assert.same(ids, all "id", "seed " .. seed)
      end
      for _ = 1, 40 do
        local before = shown()
        t.advance(0.1)
        if #before == 0 then break end
      end
      assert.same(expected(token), shown(), "seed " .. seed)
    end
  end)
end)

describe("tl.my_tasks in many orders of one test", function()
  local pages = require "tidelock.pages"

  -- The pages of what is opened next are built once.
  it("begins with a page that is built", function() pages.reuse(true) end)

  for _, how in ipairs { "is built", "was built before" } do
    it("is there for a page that " .. how, function()
      if how == "was built before" then pages.reuse(false) end
      send("work", function() tl.sleep(1) end)
      assert.equal(1, #rows())
    end)
  end
end)
