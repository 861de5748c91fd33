-- race_spec.lua: tl.race: the first function that ends (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function after(s, ...)
  local results = table.pack(...)
  return function()
    tl.sleep(s)
    return table.unpack(results, 1, results.n)
  end
end

describe("tl.race", function()
  -- holds: race.first
  it("gives the place of the first that ends, and its results", function()
    kit.open()
    local from = tl.now()
    assert.same({ 2, "quick", nil, 3, n = 4 }, table.pack(tl.race(after(5, "slow"), after(1, "quick", nil, 3))))
    assert.equal(1, tl.now() - from)
    assert.same({ 1, n = 1 }, table.pack(tl.race(function() end)))
    assert.equal(1, (tl.race(after(1), after(1))))
  end)

  -- holds: race.others
  it("returns when the others have ended", function()
    kit.open()
    local log, note = kit.log()
    local from = tl.now()
    assert.same({ 1, "won" }, { tl.race(after(1, "won"), function()
      local _ <close> = tl.defer(function()
        tl.sleep(2)
        note "cleaned"
      end)
      tl.sleep(100)
    end, function() tl.gather(after(50), after(60)) end) })
    assert.same({ "cleaned" }, log)
    assert.equal(3, tl.now() - from)
  end)

  -- holds: race.first
  it("raises the error of the first that ends, and no later one", function()
    kit.open()
    assert.same({ false, "first" }, { pcall(tl.race, after(5, "slow"), function() error("first", 0) end) })
    assert.same({ 1, "won" }, { tl.race(after(1, "won"), function()
      local _ <close> = tl.defer(function() error("late", 0) end)
      tl.sleep(100)
    end) })
    kit.raises("CancelledError", "function 1 of race", tl.race, function()
      tl.current_task():cancel()
      tl.sleep(0)
    end, after(5))
  end)

  it("ends with its task, by a cancel and by tl.timeout", function()
    kit.open()
    local ended = 0
    local function child()
      local _ <close> = tl.defer(function()
        tl.sleep(1)
        ended = ended + 1
      end)
      tl.sleep(100)
    end
    local task = tl.spawn(tl.race, child, child)
    tl.sleep(1)
    task:cancel "enough"
    kit.raises("CancelledError", "enough", task.await, task)
    assert.equal(2, ended)
    kit.raises("TimeoutError", nil, tl.timeout, 1, tl.race, child, function() tl.race(child, child) end)
    assert.equal(5, ended)
  end)

  it("raises DeadlockError only when none of its functions can end", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local function block() tl.with_state(self, print) end
      tl.with_state(self, function()
        kit.raises("DeadlockError", nil, tl.race, block)
        kit.raises("DeadlockError", nil, tl.race, block, block)
        assert.same({ 2, "other" }, { tl.race(block, after(1, "other")) })
        self.n = 1
      end)
    end)
    t.advance(2)
    assert.same({}, tab:errors())
    assert.equal(1, tab:state "Job".n)
  end)

  it("refuses what is no function, and to race none", function()
    kit.open()
    kit.raises("TypeError", "argument 2", tl.race, print, 5)
    kit.raises("TypeError", "nothing", tl.race)
    kit.raises("CannotWaitError", "gsub", string.gsub, "x", "x", function() tl.race(print) end)
  end)

  it("has one winner in any order of equals", function()
    for seed = 1, 200 do
      kit.open()
      t.seed(seed)
      local ended, began = {}, 0
      local fns = {}
      for i = 1, 5 do
        fns[i] = function()
          began = began + 1
          local _ <close> = tl.defer(function() began = began - 1 end)
          tl.sleep(i % 2)
          ended[#ended + 1] = i
          if seed % 3 == 0 and i == 2 then error("two", 0) end
          return i
        end
      end
      local ok, place, result = pcall(tl.race, table.unpack(fns))
      assert.equal(0, began)
      if ok then assert.same({ ended[1], ended[1] }, { place, result })
      else assert.same({ 2, "two" }, { ended[1], place }) end
      t.seed(0)
    end
  end)
end)
