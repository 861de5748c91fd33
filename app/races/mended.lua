-- The mended ones: they hold in every order. main_spec.lua runs it.
local t = require "tidelock.testing"

for _, scenario in ipairs(dofile "app/races/scenarios.lua") do
  local name, run = scenario[1], scenario[2]
  it(name .. " mended", function() run(t.open("app/races/main.lua", "/"), "#" .. name .. "-mended") end)
end
