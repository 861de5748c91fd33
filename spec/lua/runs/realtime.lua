-- realtime.lua: apps and specs that wait for real time, or leave something behind. Run by realtime_spec.lua, each alone.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"
local uv = require "luv"

local kept -- beyond its test

-- A server that never answers; gives its address.
local function silent()
  local server = uv.new_tcp()
  server:bind("127.0.0.1", 0)
  server:listen(8, function() end)
  finally(function()
    server:close()
    t.settle()
  end)
  return ("http://127.0.0.1:%d/"):format(server:getsockname().port)
end

it("waits for a timer of luv #timer", function()
  local tab = kit.open()
  kit.background(tab, function(self)
    local timer = uv.new_timer()
    timer:start(1000, 0, function() timer:close() end)
  end)
  t.run_until(function() return tab:state "Job".n > 0 end)
end)

it("asks a real server itself #itself", function()
  print("got", tl.http.get(silent(), { timeout = 1000 }))
end)

it("asks a real server with a timeout #timeout", function()
  print("got", tl.timeout(2, tl.http.get, silent(), { timeout = 1000 }))
end)

it("sleeps while a task asks a real server #sleeps", function()
  local url, tab = silent(), kit.open()
  kit.background(tab, function() print("got", tl.http.get(url, { timeout = 1000 })) end)
  tl.sleep(3)
  print("slept", tl.now())
end)

it("advances while a task asks a real server #advances", function()
  local url, tab = silent(), kit.open()
  kit.background(tab, function() tl.timeout(2, tl.http.get, url, { timeout = 1000 }) end)
  t.advance(3)
end)

it("has an app that sleeps by luv #uvsleep", function()
  kit.background(kit.open(), function() uv.sleep(1) end)
end)

it("has an app that sleeps by luasocket #socketsleep", function()
  local socket = require "socket"
  kit.background(kit.open(), function() socket.sleep(0.01) end)
end)

it("has an app that asks by luasocket #sockethttp", function()
  local http = require "socket.http"
  kit.background(kit.open(), function() http.request "http://127.0.0.1:1/" end)
end)

it("has an app that runs a slow command #command", function()
  kit.background(kit.open(), function() os.execute "sleep 0.6" end)
end)

it("may itself sleep, and run commands #spec", function()
  local tab = kit.open()
  uv.sleep(1)
  os.execute "true"
  kit.background(tab, function() os.execute "true" end)
end)

it("keeps an entry of the registry #registry", function()
  kit.background(kit.open(), function() kept = uv.new_work(string.dump(function() end), function() end) end)
  assert.is_userdata(kept)
end)

describe("a page that cannot be closed #close", function()
  it("fails its test", function()
    local one, two = kit.open(), kit.another()
    kit.background(two, function() tl.sleep(1e6) end)
    one.link.leave = function() error "no way out" end
  end)

  it("and leaves nothing to the next one", function()
    local tab = kit.open()
    assert.equal(0, tab:state "Job".n)
    assert.same({}, tl.tasks())
  end)
end)

it("has a task that never rests #restless", function()
  kit.background(kit.open(), function() while true do tl.sleep(0) end end)
end)

it("sleeps while a task never rests #unrest", function()
  kit.start(kit.open(), function() while true do tl.sleep(0) end end)
  tl.sleep(5)
end)

it("waits for what never comes #never", function()
  kit.open()
  local event = tl.event()
  tl.spawn(function() event:wait() end):await()
end)

it("waits for a callback of luv #callback", function()
  kit.open()
  local timer, event = uv.new_timer(), tl.event()
  timer:start(50, 0, function()
    timer:close()
    event:set()
  end)
  event:wait()
end)

it("waits for what callbacks of luv never bring #ticks", function()
  kit.open()
  local timer = uv.new_timer()
  finally(function()
    timer:close()
    t.settle()
  end)
  timer:start(10, 10, function() end)
  tl.event():wait()
end)

it("waits for nothing when luv is at rest #rest", function()
  kit.open()
  local timer = uv.new_timer()
  timer:start(1, 0, function() timer:close() end)
  uv.fs_stat(".", function() end)
  tl.event():wait()
end)

it("waits for a handle of luv to be closed #closing", function()
  kit.open()
  local timer, event = uv.new_timer(), tl.event()
  timer:close(function() event:set() end)
  event:wait()
end)
