-- tracebacks_spec.lua: an error of a task tells where the task comes from: who started it, at which line, by which event,
-- and where it waited last (docs/background-tasks.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function here() return debug.getinfo(2, "l").currentline end
local function at(line) return "tracebacks_spec.lua:" .. line end

-- The only error's traceback has these, in this order.
local function tells(tab, ...)
  assert.equal(1, #tab:errors())
  local text, from = tab:errors()[1].traceback, 1
  for _, part in ipairs { ... } do
    local first, last = text:find(part, from, true)
    assert(first, ("%q is not there, or not in this order, in:\n%s"):format(part, text))
    from = last + 1
  end
  return text
end

describe("the traceback of a task", function()
  -- holds: task.traceback
  it("ends with the event that started it, and where it waited last", function()
    local tab = kit.open()
    local slept, raised
    kit.background(tab, function()
      slept = here() + 1
      tl.sleep(1)
      raised = here() + 1
      error "on purpose"
    end)
    t.advance(1)
    local text = tells(tab, at(raised), "Job.work", "waited last in sleep at ", at(slept), "was started by event 1 of the page")
    assert.matches("task %d+ Job.work of the tab %w%w%w%w%w%w%.%.%.", text)
    assert.is_nil(text:find(tab.token or "no token", 1, true))
  end)

  it("names the handler that returned it, and the handler's event", function()
    local tab = kit.open()
    local begins
    local function fails() error "on purpose" end
    kit.handle(tab, function() begins = true return kit.work(fails) end)
    assert.is_true(begins)
    local text = tells(tab, "was started by task ", "Job.go, which begins at ", "tasks.lua:", "which was started by event 1 of the page")
    assert.is_nil(text:find("waited last", 1, true))
  end)

  it("names the line that yielded it", function()
    local tab = kit.open()
    local line
    kit.background(tab, function()
      line = here() + 1
      coroutine.yield(kit.work(function() error "on purpose" end))
    end)
    tells(tab, "was started at ", at(line), " by task ", "Job.work", "which was started by event 1 of the page")
  end)

  it("names the line of tl.spawn, and goes on to those before", function()
    local tab = kit.open()
    local inner, outer
    kit.background(tab, function()
      outer = here() + 1
      tl.spawn(function()
        tl.sleep(1)
        inner = here() + 1
        tl.spawn(function() error "on purpose" end)
      end)
    end)
    t.advance(1)
    assert.equal(0, #tab:errors()) -- a task of no tab
    local log = t.log()
    for _, line in ipairs { at(inner), at(outer) } do assert(log:find("started at [^\n]*" .. line), log) end
    assert.matches("by task %d+ [^\n]+tracebacks_spec.lua:%d+\n[^\n]*which was started at [^\n]+ by task %d+ Job.work\n[^\n]*event 1 of the page", log)
  end)

  -- holds: task.traceback.again
  it("is that of the child where gather, race, a scope or await raise its error again", function()
    for name, wait in pairs {
      gather = function(fn) tl.gather(function() tl.sleep(10) end, fn) end,
      race = function(fn) tl.race(fn, function() tl.sleep(10) end) end,
      scope = function(fn)
        local scope <close> = tl.scope()
        scope:spawn(fn)
        tl.sleep(10)
      end,
      ["a scope's end"] = function(fn)
        local scope <close> = tl.scope()
        scope:spawn(fn)
      end,
      ["scope:wait"] = function(fn)
        local scope <close> = tl.scope()
        scope:spawn(fn)
        scope:wait()
      end,
    } do
      local tab = kit.open()
      local raised
      kit.background(tab, function()
        wait(function()
          tl.sleep(1)
          pcall(error, "another")
          raised = here() + 1
          error({ "any value", name })
        end)
      end)
      t.advance(2)
      tells(tab, at(raised), "waited last in sleep", "was started at ", "by task ", "Job.work", "\ntask ", "was started by event 1")
    end
  end)

  it("is that of the awaited task, also when others failed meanwhile", function()
    local tab = kit.open()
    local raised
    kit.background(tab, function()
      local task = tl.spawn(function()
        raised = here() + 1
        error "on purpose"
      end)
      tl.sleep(1)
      tl.spawn(error, "another")
      tl.sleep(1)
      task:await()
    end)
    t.advance(3)
    tells(tab, at(raised), "was started at ", "by task ", "Job.work", "\ntask ", "waited last in sleep")
  end)

  it("does not grow without end where tasks hand an error on to each other", function()
    kit.open()
    local function awaits(n)
      if n == 0 then error "at the bottom" end
      tl.spawn(awaits, n - 1):await()
    end
    local task = tl.spawn(awaits, 200)
    t.settle()
    assert.equal("failed", task.status)
    assert.matches("at the bottom", select(2, pcall(task.await, task)))
    assert(#t.log() < 200 * 8000 and t.log():find "at the bottom", #t.log())
  end)

  it("names the task that called scope:spawn, which need not be the scope's own", function()
    local tab = kit.open()
    local line
    kit.background(tab, function()
      local scope <close> = tl.scope()
      scope:spawn(function()
        tl.sleep(1)
        line = here() + 1
        scope:spawn(function() error "on purpose" end)
        tl.sleep(10)
      end)
      scope:wait()
    end)
    t.advance(2)
    tells(tab, "was started at ", at(line), "which was started at ", "by task ", "Job.work", "which was started by event 1",
      "\ntask ", "waited last in scope:wait")
  end)

  it("is raised again as it was also where it cannot be read", function()
    local tab = kit.open()
    local evil, same = setmetatable({}, { __index = function() error "no index" end, __tostring = function() error "no text" end }), {}
    kit.background(tab, function()
      for i, wait in ipairs { function(fn) tl.spawn(fn):await() end, tl.gather, function(fn)
        local scope <close> = tl.scope()
        scope:spawn(fn)
      end } do same[i] = rawequal(evil, (select(2, pcall(wait, function() error(evil) end)))) end
    end)
    assert.same({ true, true, true }, same)
  end)

  it("keeps the last eight ancestors", function()
    local tab = kit.open()
    local left, name = 30, nil
    name = kit.name(function()
      left = left - 1
      if left == 0 then error "on purpose" end
      return kit.Job.work(name)
    end)
    tab:send_event("Job.work", { name })
    t.settle()
    local text = tells(tab, "was started by task ", "and so on")
    assert.equal(7, select(2, text:gsub("which was started", "")))
  end)

  it("begins with on_load where that started it, also in a coroutine's block", function()
    local tab = kit.open { on_load = function() return kit.program.Job.work "fails" end, fails = function(self)
      coroutine.wrap(function() tl.with_state(self, function() error "on purpose" end) end)()
    end }
    tells(tab, "tracebacks_spec.lua", "Job.work of the tab", "was started by task ", "Job.load, which begins at ")
  end)

  it("tells of a task that ran out of memory, and of one whose error is no value", function()
    local tab = kit.open { config = { memory_limit = 64 * 2 ^ 20 } }
    kit.background(tab, function() error(nil) end)
    kit.background(tab, function()
      local all = {}
      for i = 1, 1e9 do all[i] = ("x"):rep(1000) .. i end
    end)
    assert.equal(2, #tab:errors())
    for i, err in ipairs(tab:errors()) do
      assert.matches("Job.work of the tab %w+%.%.%.\n\twas started by event " .. i, err.traceback)
    end
  end)
end)
