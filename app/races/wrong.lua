-- The wrong ones: each passes in the ordinary order, and fails in another. main_spec.lua runs it.
local t = require "tidelock.testing"

for _, scenario in ipairs(dofile "app/races/scenarios.lua") do
  local name, run = scenario[1], scenario[2]
  it(name .. " wrong", function() run(t.open("app/races/main.lua", "/"), "#" .. name .. "-wrong") end)
end
