-- luacheck: std +busted
-- What operations of the Lua API cost, in ns: `tidelock test bench/micro.lua`, in the repository's folder. The line
-- that begins with a brace is the result.
local tl, t = require "tidelock", require "tidelock.testing"

-- The best of some, in ns, host and driver together.
local function best_of(times, before, fn)
  local best = math.huge
  for _ = 1, times do
    before()
    local began = os.clock()
    fn()
    best = math.min(best, (os.clock() - began) * 1e9)
  end
  return best
end

it("measures", function()
  local tab = t.open("bench/micro_app.lua", "/")
  tab:click "Proxies"
  tab:click "Tasks"
  assert.same({}, tab:errors())
  local results = tab:state "Micro".results
  results["driver.chain_50"] = best_of(20, function() end, function() tab:click "Chain" end)
  results["driver.resume_1000"] = best_of(10, function()
    tab:click "Miss"
    tab:disconnect()
    t.advance(1)
  end, function() tab:reconnect() end)
  assert.same({}, tab:errors())
  print(tl.json.encode(results))
end)
