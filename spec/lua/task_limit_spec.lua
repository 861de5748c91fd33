-- task_limit_spec.lua: how many background tasks a tab may have at once (docs/configuration.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function nap() tl.sleep(10) end

describe("task_limit", function()
  -- holds: task.limit
  it("refuses a task that starts more than there is room for: nothing of what it returned happens", function()
    local tab = kit.open { config = { task_limit = 5 } }
    local function starts(n)
      return function(self)
        tl.with_state(self, function() self.n = n end)
        local list = { tl.toast "started" }
        for _ = 1, n do list[#list + 1] = kit.work(nap) end
        return list
      end
    end
    kit.background(tab, starts(4))
    assert.equal(4, #tl.tasks())
    assert.equal(1, #tab:effects())
    kit.background(tab, starts(1)) -- it is the fifth itself
    assert.equal("EventError", tab:errors()[1].name)
    assert.matches("starts 1 more, and 5 background tasks of this tab run already; it may have 5", tab:errors()[1].message)
    assert.same({ 4, 1 }, { #tl.tasks(), #tab:effects() })
    t.advance(10)
    kit.background(tab, starts(4))
    assert.equal(4, #tl.tasks())
    t.advance(10)
  end)

  it("refuses one that the page starts, which is told so, and its event is done", function()
    local tab = kit.open { config = { task_limit = 2 } }
    for _ = 1, 3 do kit.start(tab, nap) end
    t.settle()
    assert.equal(2, #tl.tasks())
    assert.matches('the tab has as many background tasks as it may have %(task_limit%); "Job.work" was not run', tab:errors()[1].message)
    kit.handle(tab, function(self) self.n = 1 end) -- handlers are no tasks
    assert.equal(1, tab:state "Job".n)
    t.advance(10)
  end)

  it("rolls back a handler that starts too many", function()
    local tab = kit.open { config = { task_limit = 2 } }
    kit.handle(tab, function(self)
      self.n = 1
      return { kit.work(nap), kit.work(nap), kit.work(nap) }
    end)
    assert.same({ 0, 0 }, { tab:state "Job".n, #tl.tasks() })
    assert.matches("Job.go starts 3 more, and 0 background tasks", tab:errors()[1].message)
  end)

  it("holds tasks that start two of their kind without end, and the tab goes on", function()
    local tab = kit.open { config = { task_limit = 300 } }
    local name, most = nil, 0
    name = kit.name(function()
      tl.sleep(1)
      most = math.max(most, #tl.tasks())
      return { kit.Job.work(name), kit.Job.work(name) }
    end)
    tab:send_event("Job.work", { name })
    t.advance(20)
    assert(#tab:errors() > 0 and most > 100 and most <= 301, most)
    tab:send_event("Job.go", { kit.name(function(self) tl.cancel(self, kit.Job.work) self.n = 1 end) })
    t.settle()
    assert.same({ 1, 0 }, { tab:state "Job".n, #tl.tasks() })
  end)

  it("counts for each tab by itself; one that waits for its rivals counts, one that ended does not", function()
    local first = kit.open { config = { task_limit = 1 } }
    local second = kit.another()
    for _, tab in ipairs { first, second } do
      kit.start(tab, nap)
      t.settle()
      assert.same({}, tab:errors())
    end
    tl.tasks()[1]:cancel()
    t.settle()
    kit.background(first, nap)
    assert.same({}, first:errors())
  end)

  it("is none when it is 0", function()
    local tab = kit.open { config = { task_limit = 0 } }
    for _ = 1, 50 do kit.start(tab, nap) end
    t.settle()
    assert.equal(50, #tl.tasks())
    t.advance(10)
  end)
end)
