-- coroutines.lua: the floor of tasks.lua: what plain coroutines cost in plain Lua. It runs by tl.work, in a Lua state that has
-- nothing of the host.
local floor = {}

local function yielder() coroutine.yield() end
local function nothing() end

-- Bytes of each of so many that wait.
function floor.bytes(count)
  local all = {}
  for i = 1, count do all[i] = false end
  collectgarbage()
  collectgarbage()
  local before = collectgarbage "count"
  for i = 1, count do
    all[i] = coroutine.create(yielder)
    coroutine.resume(all[i])
  end
  collectgarbage()
  return (collectgarbage "count" - before) * 1024 / count
end

-- The best of several, in ns a round.
local function best_of(rounds, fn)
  local best = math.huge
  for _ = 1, 7 do
    local began = os.clock()
    fn()
    best = math.min(best, (os.clock() - began) / rounds * 1e9)
  end
  return best
end

-- A resume and a yield, of so many that take turns.
function floor.switch(many, rounds)
  local all = {}
  for i = 1, many do
    all[i] = coroutine.create(function() while true do coroutine.yield() end end)
    coroutine.resume(all[i])
  end
  return best_of(many * rounds, function()
    for _ = 1, rounds do for i = 1, many do coroutine.resume(all[i]) end end
  end)
end

function floor.start_end(many)
  return best_of(many, function()
    for _ = 1, many do coroutine.resume(coroutine.create(nothing)) end
  end)
end

floor.best_of = best_of

return floor
