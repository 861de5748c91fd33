-- event_spec.lua: tl.event: something that has happened, or not yet (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

describe("tl.event", function()
  -- holds: event.wait
  it("lets all wait until it is set, and gives them its value", function()
    kit.open()
    local ready, log = tl.event(), {}
    assert.is_false(ready:is_set())
    for i = 1, 3 do tl.spawn(function() log[i] = ready:wait() end) end
    tl.sleep(1)
    assert.same({}, log)
    local value = {}
    ready:set(value)
    tl.sleep(0)
    assert.equal(value, log[3])
    assert.equal(value, ready:wait())
    assert.is_true(ready:is_set())
    ready:set()
    assert.is_true(ready:wait())
  end)

  it("may be cleared, and waited for again", function()
    kit.open()
    local ready = tl.event()
    ready:set "one"
    ready:clear()
    assert.is_false(ready:is_set())
    local task = tl.spawn(function() return ready:wait() end)
    tl.sleep(0)
    ready:set "two"
    ready:clear() -- who waited is let go all the same
    assert.equal("two", task:await())
    assert.equal("waiting", (function()
      local other = tl.spawn(function() return ready:wait() end)
      tl.sleep(0)
      local status = other.status
      ready:set()
      other:await()
      return status
    end)())
  end)

  it("gives nothing when the time is over, which is no error", function()
    kit.open()
    local ready = tl.event()
    local from = tl.now()
    assert.equal(0, select("#", ready:wait(2)))
    assert.equal(2, tl.now() - from)
    assert.is_nil((ready:wait(0)))
    tl.spawn(function()
      tl.sleep(1)
      ready:set "in time"
    end)
    assert.equal("in time", ready:wait(5))
    assert.equal("in time", ready:wait(0))
    tl.sleep(10)
    kit.raises("TimeoutError", nil, tl.timeout, 1, function() tl.event():wait() end)
  end)

  it("may be waited for under a cancel, and in a coroutine; not where nothing can wait", function()
    kit.open()
    local ready = tl.event()
    local task = tl.spawn(function() ready:wait(50) end)
    tl.sleep(0)
    task:cancel "enough"
    kit.raises("CancelledError", "enough", task.await, task)
    tl.spawn(function() ready:set "x" end)
    assert.equal("x", coroutine.wrap(function() return ready:wait() end)())
    kit.raises("CannotWaitError", "sort", table.sort, { 1, 2 }, function() ready:wait() end)
  end)

  it("refuses what is no time, and a call without the colon", function()
    kit.open()
    local ready = tl.event()
    kit.raises("TypeError", "seconds", ready.wait, ready, "1")
    kit.raises("TypeError", "seconds", ready.wait, ready, -1)
    for _, name in ipairs { "wait", "set", "clear", "is_set" } do kit.raises("TypeError", "colon", ready[name]) end
  end)

  it("wakes each one once in any schedule", function()
    for seed = 1, 200 do
      kit.open()
      t.seed(seed)
      math.randomseed(seed)
      local ready, set_at, tasks = tl.event(), nil, {}
      for i = 1, 6 do
        tasks[i] = tl.spawn(function()
          tl.sleep(math.random(0, 4) / 4)
          local from, limit = tl.now(), math.random(0, 4) / 4
          local got = ready:wait(limit)
          if got then assert(got == "now" and set_at and tl.now() == math.max(from, set_at))
          else assert(tl.now() == from + limit and (not set_at or set_at >= tl.now())) end
        end)
      end
      tl.sleep(math.random(0, 4) / 4)
      tasks[1]:cancel()
      set_at = tl.now()
      ready:set "now"
      for i = 2, 6 do tasks[i]:await() end
      t.seed(0)
    end
  end)
end)
