local t = require "tidelock.testing"

it("runs", function()
  local tab = t.open("spec/cli/apps/coverage/main.lua", "/")
  tab:click "Go"
  t.advance(1)
  assert.equal(3, tab:state "Job".n)
  assert.equal("part spec/cli/apps/coverage/part.lua", tab:state "Job".text)
  tab:click "Fail"
  assert.matches("main.lua:33: at line 33", tab:errors()[1].message)
end)

it("takes hooks of its own", function()
  local lines = 0
  debug.sethook(function() lines = lines + 1 end, "l")
  local tab = t.open("spec/cli/apps/coverage/main.lua", "/")
  debug.sethook()
  assert.is_true(lines > 10)
  tab:close()
end)
