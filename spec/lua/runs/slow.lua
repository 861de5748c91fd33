-- Tests that never come to an end by themselves. Run by runner_spec.lua, with a limit of real time.
local t = require "tidelock.testing"
local uv = require "luv"

it("computes for ever #computes", function()
  local n = 0
  while true do n = n + 1 end
end)

it("waits for a server that does not answer #waits", function()
  local server = uv.new_tcp()
  server:bind("127.0.0.1", 0)
  server:listen(1, function() end)
  local tl = require "tidelock"
  local address = ("http://127.0.0.1:%d/"):format(server:getsockname().port)
  local task = tl.spawn(function() tl.http.get(address, { timeout = 1000 }) end)
  finally(function()
    task:cancel()
    server:close()
    t.settle()
  end)
  t.advance(1)
end)

it("goes on afterwards #after", function() end)
