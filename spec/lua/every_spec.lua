-- every_spec.lua: tl.every: a beat (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

-- When fn was called, and with which number, until it was called `times` times; it takes `takes(n)` seconds.
local function beats(s, times, takes)
  local from, out = tl.now(), {}
  tl.every(s, function(n)
    out[#out + 1] = { n, (tl.now() - from) // 0.001 / 1000 }
    if takes then tl.sleep(takes(#out)) end
    return #out < times
  end)
  return out
end

describe("tl.every", function()
  it("calls fn each so many seconds, until it returns false", function()
    kit.open()
    assert.same({ { 1, 2 }, { 2, 4 }, { 3, 6 } }, beats(2, 3))
    local n = 0
    tl.every(1, function()
      n = n + 1
      if n == 3 then return false end
      return nil
    end)
    assert.equal(3, n)
  end)

  -- holds: every.beat
  it("does not drift", function()
    kit.open()
    local last = beats(0.1, 1000, function() return 0.05 end)[1000]
    assert.equal(1000, last[1])
    assert.is_true(math.abs(last[2] - 100) < 0.002, last[2])
  end)

  -- holds: every.beat
  it("skips the beats that come while fn runs", function()
    kit.open()
    assert.same({ { 1, 1 }, { 4, 4 }, { 5, 5 } }, beats(1, 3, function(i) return i == 1 and 2.5 or 0 end))
  end)

  it("calls at once when fn took just until the next beat", function()
    kit.open()
    local all = beats(0.1, 50, function() return 0.1 end)
    assert.equal(50, all[50][1])
  end)

  it("ends with a cancel, a timeout and an error of fn", function()
    kit.open()
    local n = 0
    local function count() n = n + 1 end
    local task = tl.spawn(tl.every, 1, count)
    t.advance(3.5)
    task:cancel()
    t.advance(5)
    assert.equal(3, n)
    assert.equal("cancelled", task.status)
    kit.raises("TimeoutError", nil, tl.timeout, 2.5, tl.every, 1, count)
    assert.equal(5, n)
    assert.same({ false, "broken" }, { pcall(tl.every, 1, function() error("broken", 0) end) })
  end)

  it("refuses what is no time and no function", function()
    kit.open()
    for _, v in ipairs { 0, -1, 0 / 0, math.huge, "1" } do kit.raises("TypeError", "tl.every.*seconds", tl.every, v, print) end
    kit.raises("TypeError", "function", tl.every, 1)
    kit.raises("CannotWaitError", "sort", table.sort, { 1, 2 }, function() tl.every(1, print) end)
  end)

  it("keeps to the naive schedule, whatever fn takes", function()
    for seed = 1, 100 do
      kit.open()
      t.seed(seed)
      math.randomseed(seed)
      local s = math.random(1, 8) / 8
      local durations = {}
      for i = 1, 12 do durations[i] = math.random(0, 24) / 8 end
      local wanted, now, n = {}, 0, 0
      for i = 1, 12 do
        n = n + 1
        while n * s < now do n = n + 1 end
        now = n * s
        wanted[i] = { n, now }
        now = now + durations[i]
      end
      local from, got = tl.now(), {}
      tl.every(s, function(beat)
        got[#got + 1] = { beat, tl.now() - from }
        tl.sleep(durations[#got])
        return #got < 12
      end)
      assert.same(wanted, got)
      t.seed(0)
    end
  end)
end)
