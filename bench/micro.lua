-- luacheck: std +busted
-- What operations of the Lua API cost, in ns: `tidelock test bench/micro.lua`, in the repository's folder. The line
-- that begins with a brace is the result.
local tl, t = require "tidelock", require "tidelock.testing"

it("measures", function()
  local tab = t.open("bench/micro_app.lua", "/")
  tab:click "Proxies"
  tab:click "Tasks"
  assert.same({}, tab:errors())
  print(tl.json.encode(tab:state "Micro".results))
end)
