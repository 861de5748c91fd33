-- left.lua: run by runner_spec.lua: a handle that is still there when a test has ended.
local luv = require "luv"

local shared = luv.new_timer() -- of the file, not of a test

it("leaves a timer", function()
  luv.new_timer()
end)

it("is not blamed", function()
  assert.is_false(shared:is_closing())
end)
