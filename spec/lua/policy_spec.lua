-- policy_spec.lua: the options of tl.background: policy, key, timeout, on_disconnect (contract, section 3).
local tl, t = require "tidelock", require "tidelock.testing"

local log = {}
package.loaded.policy_log = log

local function open()
  for i = #log, 1, -1 do log[i] = nil end
  return t.open("spec/lua/apps/policy.lua", "/")
end

-- The page triggers it, and all that is ready runs.
local function go(tab, name, ...)
  tab:send_event("Job." .. name, { ... })
  t.settle()
end

local function noted() return table.concat(log, ", ") end

local function statuses()
  local list = {}
  for _, task in ipairs(tl.tasks()) do list[#list + 1] = ("%s %s"):format(task.args[1], task.status) end
  return table.concat(list, ", ")
end

describe("policy", function()
  -- holds: policy.parallel
  it("parallel, which is the default, lets all run", function()
    local tab = open()
    go(tab, "parallel", "a")
    go(tab, "parallel", "b")
    t.advance(1)
    assert.equal("begin a, begin b, end a, end b", noted())
  end)

  -- holds: policy.drop
  it("drop: a trigger does nothing while one runs, and counts again when that has ended", function()
    local tab = open()
    go(tab, "drop", "a")
    go(tab, "drop", "b")
    assert.equal("a sleeping", statuses())
    t.advance(1)
    go(tab, "drop", "c")
    t.advance(1)
    assert.equal("begin a, end a, begin c, end c", noted())
    assert.same({}, tab:errors())
    assert.equal(2, tab:state "Job".done)
  end)

  it("drop: a trigger of the page is done when its task was dropped", function()
    local tab = open()
    tab:click "Go"
    tab:click "Go"
    t.advance(1)
    assert.equal("begin page, end page", noted())
    assert.equal("1", tab:text "p")
  end)

  it("drop: what is triggered in one turn leaves the first, in any order of the scheduler", function()
    for seed = 1, 20 do
      local tab = open()
      t.seed(seed)
      for _, name in ipairs { "a", "b", "c" } do tab:send_event("Job.drop", { name }) end
      t.settle()
      t.advance(1)
      assert.equal("begin a, end a", noted())
      tab:close()
    end
  end)

  -- holds: policy.restart
  it("restart: the running one is cancelled, and the new one begins when it has ended", function()
    local tab = open()
    go(tab, "restart", "a")
    t.advance(0.5)
    go(tab, "restart", "b")
    assert.equal("b sleeping", statuses())
    t.advance(1)
    assert.equal("begin a, cut a, begin b, end b", noted())
    assert.same({}, tab:errors())
  end)

  it("restart: of several triggers while the old one cleans up the last begins", function()
    local tab = open()
    go(tab, "slow_end", "a")
    go(tab, "slow_end", "b")
    go(tab, "slow_end", "c")
    assert.equal("begin a", noted())
    t.advance(2)
    assert.equal("begin a, cleaned a, begin c", noted())
    t.settle()
    assert.equal("c sleeping", statuses())
  end)

  it("restart: a cancel of the one that waits gives its place up", function()
    local tab = open()
    go(tab, "slow_end", "a")
    go(tab, "slow_end", "b")
    local waiting = tl.tasks()[2]
    assert.equal("waiting", waiting.status)
    waiting:cancel()
    t.advance(2)
    assert.equal("cancelled", waiting.status)
    assert.equal("begin a, cleaned a", noted())
    assert.same({}, tl.tasks())
  end)

  -- holds: policy.queue
  it("queue: one after the other, in the order of the triggers, in any order of the scheduler", function()
    for seed = 0, 20 do
      local tab = open()
      t.seed(seed)
      for _, name in ipairs { "a", "b", "c" } do tab:send_event("Job.queue", { name }) end
      t.settle()
      t.advance(3)
      assert.equal("begin a, end a, begin b, end b, begin c, end c", noted())
      tab:close()
    end
  end)

  it("queue: who waits is cancelled without having begun; an error lets the next one go", function()
    local tab = open()
    go(tab, "queue", "a", "no seconds")
    go(tab, "queue", "b")
    go(tab, "queue", "c")
    assert.equal(1, #tab:errors())
    assert.equal("b sleeping, c waiting", statuses())
    tl.tasks()[2]:cancel()
    t.advance(1)
    assert.equal("begin a, cut a, begin b, end b", noted())
  end)

  it("queue: a task that waits for one behind it in its line is told of the deadlock", function()
    local tab = open()
    go(tab, "circle", "a")
    go(tab, "circle", "b")
    t.advance(2)
    assert.equal("DeadlockError", tab:errors()[1].name)
    assert.equal("begin a, begin b", noted())
    assert.same({}, tl.tasks())
  end)

  it("counts per tab", function()
    local one = open()
    local two = t.open("spec/lua/apps/policy.lua", "/")
    go(one, "drop", "a")
    go(two, "drop", "b")
    t.advance(1)
    assert.equal("begin a, begin b, end a, end b", noted())
  end)

  it("is that of the handler alone: another with the same policy runs beside it", function()
    local tab = open()
    go(tab, "drop", "a")
    go(tab, "drop_keyed", "b")
    t.advance(1)
    assert.equal("begin a, begin b, end a, end b", noted())
  end)

  it("leaves nothing of a tab that ends with one at work and one in the line", function()
    local tab = open()
    go(tab, "queue", "a")
    go(tab, "queue", "b")
    tab:close()
    t.advance(61)
    assert.same({}, tl.tasks())
  end)
end)

describe("key", function()
  -- holds: policy.key
  it("lets a policy count per key", function()
    local tab = open()
    go(tab, "drop_keyed", "a")
    go(tab, "drop_keyed", "b")
    go(tab, "drop_keyed", "a")
    t.advance(1)
    assert.equal("begin a, begin b, end a, end b", noted())
    tab = open()
    go(tab, "restart_keyed", "a")
    go(tab, "restart_keyed", "b")
    go(tab, "restart_keyed", "a")
    t.advance(1)
    assert.equal("begin a, begin b, cut a, begin a, end b, end a", noted())
    tab = open()
    for _, name in ipairs { "a", "b", "a" } do go(tab, "queue_keyed", name) end
    assert.equal("a sleeping, b sleeping, a waiting", statuses())
    t.advance(2)
    assert.equal("begin a, begin b, end a, end b, begin a, end a", noted())
  end)

  it("tells 1 from \"1\" and from true", function()
    local tab = open()
    for _, key in ipairs { 1, "1", true, false, 1.0 } do go(tab, "drop_keyed", key) end
    assert.equal(4, #tl.tasks())
    t.advance(1)
  end)

  it("keeps the order of the line in any order of the scheduler", function()
    for seed = 0, 20 do
      local tab = open()
      t.seed(seed)
      for _, name in ipairs { "a", "b", "a", "b" } do tab:send_event("Job.queue_keyed", { name }) end
      t.settle()
      t.advance(2)
      local a, b = noted():gsub("%a+ b,? ?", ""), noted():gsub("%a+ a,? ?", "")
      assert.same({ "begin a, end a, begin a, end a", "begin b, end b, begin b, end b" }, { (a:gsub(", $", "")), (b:gsub(", $", "")) })
      tab:close()
    end
  end)

  -- holds: task.key
  it("may read the state, and is told by the task", function()
    local tab = open()
    go(tab, "by_team", "a")
    go(tab, "by_team", "b")
    go(tab, "join", "blue")
    go(tab, "by_team", "c")
    assert.equal("begin a, begin c", noted())
    local keys = {}
    for _, task in ipairs(tl.tasks()) do keys[#keys + 1] = task.key end
    assert.same({ "red", "blue" }, keys)
    local task = tl.tasks()[1]
    t.advance(1)
    assert.same({ "done", "red" }, { task.status, task.key })
    go(tab, "parallel", "d")
    assert.is_nil(tl.tasks()[1].key)
    t.advance(1)
  end)

  -- holds: tasks.cancel.key
  it("is what tl.cancel may name", function()
    local tab = open()
    for _, name in ipairs { "a", "b", "c" } do go(tab, "keyed", name) end
    go(tab, "stop", "b")
    assert.equal("a sleeping, c sleeping", statuses())
    go(tab, "stop_one", "a", "c")
    go(tab, "stop_one", "c", "c")
    assert.equal("a sleeping", statuses())
    go(tab, "stop")
    assert.equal("", statuses())
    go(tab, "stop_badly")
    assert.matches("tl.cancel%(self, Job.work, key%): a key is a string, a number or a boolean, not table", tab:errors()[1].message)
  end)

  it("that is no key, writes or waits fails the task, which is told, and holds nobody up", function()
    local tab = open()
    go(tab, "bad_key", "a")
    go(tab, "writing_key", "a")
    go(tab, "waiting_key", "a")
    assert.equal("", noted())
    local errors = tab:errors()
    assert.same({ "TypeError", "ImmutableStateError", "CannotWaitError" }, { errors[1].name, errors[2].name, errors[3].name })
    assert.matches("the key of Job.bad_key is a string, a number or a boolean, not table", errors[1].message)
    assert.matches("sleep cannot wait inside the key of a background task", errors[3].message)
    assert.same({}, tl.tasks())
    assert.equal("red", tab:state "Job".team)
  end)
end)

describe("timeout", function()
  -- holds: policy.timeout
  it("ends a task that takes longer, at its wait, with its <close> values", function()
    local tab = open()
    go(tab, "timed", "a", 1)
    go(tab, "timed", "b", 10)
    local task = tl.tasks()[2]
    t.advance(2)
    assert.equal("begin a, begin b, end a, cut b", noted())
    assert.equal("failed", task.status)
    assert.equal("TimeoutError", tab:errors()[1].name)
    assert.matches("not done within 2 s", tab:errors()[1].message)
  end)

  it("counts from when the task has its turn", function()
    local tab = open()
    go(tab, "timed_queue", "a", 1.5)
    go(tab, "timed_queue", "b", 1.5)
    t.advance(3)
    assert.equal("begin a, end a, begin b, end b", noted())
    assert.same({}, tab:errors())
  end)
end)

describe("on_disconnect", function()
  -- holds: disconnect.keep
  it("keep: the tab stays for as long as the task runs, then for tab_ttl", function()
    local tab = open()
    go(tab, "kept", "a", 1000)
    tab:disconnect()
    t.advance(1000)
    assert.equal("begin a, end a", noted())
    tab:reconnect()
    assert.equal(1, tab:state "Job".done)
    tab:disconnect()
    t.advance(61)
    tab:reconnect()
    assert.equal(0, tab:state "Job".done)
  end)

  -- holds: disconnect.cancel
  it("cancel: the task ends when the page has gone", function()
    local tab = open()
    go(tab, "left", "a", 100)
    go(tab, "parallel", "b", 100)
    tab:disconnect()
    t.settle()
    assert.equal("begin a, begin b, cut a", noted())
    tab:reconnect()
    assert.equal("b sleeping", statuses())
    t.advance(100)
  end)

  -- holds: disconnect.grace
  it("grace: it ends when the page stays away for so long", function()
    local tab = open()
    go(tab, "graced", "a", 100)
    tab:disconnect()
    t.advance(4.9)
    tab:reconnect()
    t.advance(10)
    assert.equal("a sleeping", statuses())
    tab:disconnect()
    t.advance(4.9)
    assert.equal("a sleeping", statuses())
    t.advance(0.1)
    assert.equal("begin a, cut a", noted())
  end)

  it("counts for a task that is started while the page is away, too", function()
    local tab = open()
    tab:send_event("Job.left", { "a", 100 })
    tab:send_event("Job.graced", { "b", 100 })
    tab:disconnect()
    t.settle()
    t.advance(5)
    assert.same({}, tl.tasks())
  end)

  it("is that of a page that goes, not of one that comes by another connection", function()
    local tab = open()
    go(tab, "left", "a", 100)
    go(tab, "graced", "b", 100)
    tab:disconnect()
    tab:reconnect()
    t.settle()
    t.advance(50)
    assert.matches("b sleeping", statuses())
  end)
end)

describe("wrong options", function()
  for _, case in ipairs {
    { { policy = "once" }, 'tl.background: policy is "parallel", "drop", "restart" or "queue", not the string "once"' },
    { { key = "name" }, "tl.background: key is a function(self, ...) that returns what tells tasks apart, not the string \"name\"" },
    { { timeout = 0 }, "tl.background: timeout is a number of seconds above 0, not 0" },
    { { timeout = "1" }, "tl.background: timeout is a number of seconds above 0, not the string \"1\"" },
    { { on_disconnect = "stay" }, 'tl.background: on_disconnect is "keep", "cancel" or {grace=seconds}, not the string "stay"' },
    { { on_disconnect = {} }, "tl.background: the grace of on_disconnect is a number of seconds above 0, not nil" },
    { { on_disconnect = { grace = -1 } }, "tl.background: the grace of on_disconnect is a number of seconds above 0, not -1" },
    { { on_disconnect = { wait = 1 } }, 'tl.background: on_disconnect: unknown option "wait"; there is grace' },
    { { polcy = "drop" }, 'tl.background: unknown option "polcy"; there is key, on_disconnect, policy, timeout' },
  } do
    it("are refused: " .. case[2], function()
      local ok, err = pcall(tl.background, function() end, case[1])
      assert.is_false(ok)
      assert.equal(case[2], (err.message:gsub(" %(spec/lua/policy_spec%.lua:%d+%)$", "")))
      assert.equal("TypeError", err.name)
    end)
  end
end)
