-- retry_spec.lua: tl.retry: again, after a pause (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

-- Fails so often, with the number of the attempt; notes when it was called.
local function failing(times)
  local from, calls = tl.now(), {}
  return function(...)
    calls[#calls + 1] = tl.now() - from
    if #calls <= times then error { attempt = #calls } end
    return #calls, ...
  end, calls
end

local function rounded(calls)
  local out = {}
  for i, at in ipairs(calls) do out[i] = math.floor(at * 1000 + 0.5) / 1000 end
  return out
end

describe("tl.retry", function()
  it("gives the results of the first call that succeeds, with all arguments", function()
    kit.open()
    assert.same({ 3, "a", nil, "c", n = 4 }, table.pack(tl.retry(5, failing(2), "a", nil, "c")))
    assert.equal(0, select("#", tl.retry({}, function() end)))
  end)

  -- holds: retry.again
  it("raises the last error after so many calls", function()
    kit.open()
    local fn, calls = failing(99)
    local ok, err = pcall(tl.retry, 4, fn)
    assert.same({ false, 4, 4 }, { ok, err.attempt, #calls })
    fn, calls = failing(99)
    assert.is_false((pcall(tl.retry, {}, fn)))
    assert.equal(3, #calls)
    fn, calls = failing(99)
    assert.is_false((pcall(tl.retry, 1, fn)))
    assert.equal(1, #calls)
  end)

  -- holds: retry.again
  it("pauses longer and longer, up to a limit", function()
    kit.open()
    local fn, calls = failing(99)
    pcall(tl.retry, { times = 6, delay = 1, factor = 3, max = 10, jitter = false }, fn)
    assert.same({ 0, 1, 4, 13, 23, 33 }, rounded(calls))
    fn, calls = failing(99)
    pcall(tl.retry, { times = 4, jitter = false }, fn)
    assert.same({ 0, 0.2, 0.6, 1.4 }, rounded(calls))
  end)

  it("leaves up to half of a pause to chance", function()
    kit.open()
    local shortest, longest = math.huge, 0
    for _ = 1, 200 do
      local fn, calls = failing(1)
      tl.retry({ delay = 1 }, fn)
      shortest, longest = math.min(shortest, calls[2]), math.max(longest, calls[2])
    end
    assert(shortest >= 0.5 and shortest < 0.6 and longest > 0.9 and longest <= 1, shortest .. " to " .. longest)
  end)

  it("asks `when` whether to go on", function()
    kit.open()
    local fn, calls = failing(99)
    local asked = {}
    local ok, err = pcall(tl.retry, { times = 9, when = function(e, n)
      asked[#asked + 1] = { e.attempt, n }
      return n < 3
    end }, fn)
    assert.same({ false, 3, 3 }, { ok, err.attempt, #calls })
    assert.same({ { 1, 1 }, { 2, 2 }, { 3, 3 } }, asked)
  end)

  -- holds: retry.cancel
  it("does not call again after a cancel, and ends in its pause", function()
    kit.open()
    local n = 0
    local task = tl.spawn(tl.retry, 9, function()
      n = n + 1
      tl.sleep(10)
    end)
    tl.sleep(1)
    task:cancel()
    tl.sleep(100)
    assert.same({ 1, "cancelled" }, { n, task.status })
    task = tl.spawn(tl.retry, { times = 9, delay = 10 }, error, "x")
    tl.sleep(1)
    task:cancel "enough"
    kit.raises("CancelledError", "enough", task.await, task)
    kit.raises("CancelledError", nil, tl.retry, 9, function()
      n = n + 1
      local other = tl.spawn(tl.sleep, 1)
      other:cancel()
      other:await()
    end)
    assert.equal(2, n)
  end)

  it("calls again after a timeout of fn's own, and is bounded by one around it", function()
    kit.open()
    local n = 0
    kit.raises("TimeoutError", "within 1 s", tl.retry, 3, function()
      n = n + 1
      tl.timeout(1, tl.sleep, 5)
    end)
    assert.equal(3, n)
    n = 0
    kit.raises("TimeoutError", "within 2 s", tl.timeout, 2, tl.retry, { times = 99, delay = 0.5, factor = 1, jitter = false }, function()
      n = n + 1
      error "x"
    end)
    assert.equal(4, n)
  end)

  it("keeps the traceback of where the error was raised", function()
    local tab = kit.open()
    kit.background(tab, function()
      local function culprit() error "deep" end
      tl.retry(1, function()
        culprit()
      end)
    end)
    assert.matches("culprit", t.log())
  end)

  it("refuses wrong options", function()
    kit.open()
    for _, opts in ipairs { { times = 0 }, { times = 1.5 }, { delay = -1 }, { factor = 0.5 }, { max = "1" }, { jitter = 1 }, { when = 1 } } do
      local key = next(opts)
      kit.raises("TypeError", key, tl.retry, opts, print)
    end
    kit.raises("TypeError", "no option tmies; there are times", tl.retry, { tmies = 1 }, print)
    kit.raises("TypeError", "options are", tl.retry, print)
    kit.raises("TypeError", "a function is needed", tl.retry, 3)
  end)
end)
