-- luacheck: std +busted
-- What tasks cost by the thousand: `tidelock test bench/tasks.lua`, in the repository's folder. The line that begins with a
-- brace is the result: bytes, ns, and blocks a second. Beside each figure of tasks stands that of plain coroutines
-- (coroutines.lua), which is the least there can be. How exactly they are woken takes real time: wakes.lua.
local tl, t = require "tidelock", require "tidelock.testing"
local best_of = require "bench.coroutines".best_of

local SLEEPERS <const>, MANY <const>, ROUNDS <const> = 100000, 1000, 50
local TABS <const>, CONTENDERS <const>, BLOCKS <const> = 100, 10000, 10
local results, shared = {}, { tokens = {} }
package.loaded.tasks_bench = shared

local function floor(name, ...) return (tl.work("bench.coroutines", name, ...)) end

-- Bytes of the process that are in memory.
local function resident()
  for _ = 1, 2 do collectgarbage() end
  local file = assert(io.open "/proc/self/statm")
  local _, pages = file:read("n", "n")
  file:close()
  return pages * 4096
end

local function sleeping()
  local before = resident()
  for i = 1, SLEEPERS do tl.spawn(tl.sleep, 1000 + i / SLEEPERS) end
  t.settle()
  results["task.bytes"] = (resident() - before) / SLEEPERS
  t.advance(1010)
  results["coroutine.bytes"] = floor("bytes", SLEEPERS)
end

-- A thousand that take turns.
local function switching()
  local function turns() for _ = 1, ROUNDS do tl.sleep(0) end end
  results["task.park_wake"] = best_of(MANY * ROUNDS, function()
    for _ = 1, MANY do tl.spawn(turns) end
    t.settle()
  end)
  results["coroutine.resume_yield"] = floor("switch", MANY, ROUNDS)
end

local function starting()
  local function nothing() end
  results["task.start_end"] = best_of(MANY * 10, function()
    for _ = 1, 10 do
      for _ = 1, MANY do tl.spawn(nothing) end
      t.settle()
    end
  end)
  results["coroutine.start_end"] = floor("start_end", MANY * 10)
end

-- Each block keeps its lock over a turn, so that all others of its tab stand in line.
local function contending()
  for _ = 1, TABS do t.open("bench/tasks_app.lua", "/") end
  local tokens, count = shared.tokens, 0
  local function block(state)
    state._n = state._n + 1
    tl.sleep(0)
  end
  local function contender(token)
    for _ = 1, BLOCKS do tl.modify_state(token, shared.Bench, block) end
    count = count + 1
  end
  local began = os.clock()
  for i = 1, CONTENDERS do tl.spawn(contender, tokens[i % TABS + 1]) end
  t.settle()
  results["lock.blocks_per_second"] = CONTENDERS * BLOCKS / (os.clock() - began)
  assert.same({ TABS, CONTENDERS }, { #tokens, count })
end

it("measures", function()
  t.open("bench/tasks_app.lua", "/")
  sleeping()
  switching()
  starting()
  shared.tokens = {}
  contending()
  print(tl.json.encode(results))
end)
