-- What each of the ten must do, whatever the order. `at`: the id of its card.
local tl, t = require "tidelock", require "tidelock.testing"

local assert = require "luassert"

local scenarios = {} -- in order: { name, function }

local function add(name, fn) scenarios[#scenarios + 1] = { name, fn } end

add("stale-read", function(tab, at)
  tab:click("Count", { within = at })
  t.advance(1)
  assert.equal("2 votes in 2 boxes", tab:text(at .. " p"))
end)

add("duplicate-loop", function(tab, at)
  tab:click("Start", { within = at })
  t.advance(2)
  assert.equal(1, #tl.tasks())
end)

add("forgotten-cancel", function(tab, at)
  tab:input(at .. " input", "ti")
  t.advance(0.1)
  tab:input(at .. " input", "tid")
  t.advance(1)
  assert.equal("places named tid", tab:text(at .. " p"))
end)

add("slow-fetch", function(tab, at)
  tab:click("Start", { within = at })
  t.advance(0.6)
  assert.matches("^0.5 s", tab:text(at .. " p"))
  t.advance(0.6)
  assert.equal("1 s High water at six", tab:text(at .. " p"))
end)

add("wrong-order", function(tab, at)
  tab:click("Load", { within = at })
  t.advance(1)
  assert.same({}, tab:errors())
  assert.equal("4 m", tab:text(at .. " p"))
end)

return scenarios
