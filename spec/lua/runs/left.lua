-- left.lua: run by runner_spec.lua: the host names something that is still there when a test has ended.
local native = require "tidelock.native"

it("leaves a timer", function()
  local leftovers = native.leftovers
  native.leftovers = function()
    native.leftovers = leftovers
    return { "a timer" }
  end
end)

it("is not blamed", function() end)
