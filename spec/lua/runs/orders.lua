-- Specs that hold, or do not, in every order. Run by orders_spec.lua.
local t = require "tidelock.testing"

local APP = "spec/lua/apps/orders.lua"
local tab
local runs = 0

before_each(function()
  runs = runs + 1
  tab = t.open(APP, "/")
end)

it("one is first #pair", function()
  tab:click "Pair"
  t.advance(1)
  assert.equal("one", tab:state "Job".order[1])
end)

it("one is before what is due soon after #nearly", function()
  tab:click "Nearly"
  t.advance(1)
  assert.equal("one", tab:state "Job".order[1])
end)

it("all beats have come in time #drift", function()
  tab:click "Drift"
  t.advance(2)
  assert.equal(4, tab:state "Job".n)
end)

it("the last of many is the one that was due last #many", function()
  tab:click "Many"
  t.advance(3)
  assert.equal("soon after", tab:state "Job".order[3])
end)

it("ends #all", function()
  tab:click "Pair"
  t.advance(1)
  assert.equal(2, #tab:state "Job".order)
end)

it("has bound setters in every order #bound", function()
  tab:input("input", "x")
  assert.equal("x", tab:state "Job".late)
end)

it("shows what chance gave #chance", function()
  tab:click "Chance"
  print("drawn " .. tab:state "Job".n)
end)

it("has an order of its own #own", function()
  t.seed(3)
  tab:click "Pair"
  t.advance(1)
  print("run " .. runs)
end)

it("fails in the ordinary order #always", function() assert.equal(1, tab:state "Job".n) end)

it("is pending #pending", function() pending "later" end)

it("fails by what chance gave alone #luck", function()
  tab:click "Chance"
  assert.not_equal(1, tab:state "Job".n % 2)
end)

it("walks tables in one order #walk", function()
  local names, seen = {}, {}
  for i = 1, 30 do names["name " .. i * i] = i end
  for name in pairs(names) do seen[#seen + 1] = name end
  print(table.concat(seen, ","), next(names), tab:state "Job".walked, tab.link.token)
end)
