-- deep_spec.lua: a page may be built at any depth. Lua 5.4.4 uses a freed stack where one operator with three operands made
-- it grow: under the sanitizers this ends the run, elsewhere lines may be lost.
local t = require "tidelock.testing"

it("joins texts and Vars at any depth of the stack", function()
  local tab = t.open("spec/lua/apps/deep.lua", "/")
  for i = 1, 400 do assert.equal("a7b", tab:text(("li:%d"):format(i))) end
end)
