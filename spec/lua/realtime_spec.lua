-- realtime_spec.lua: a spec that waits for real time, and one that leaves something behind, fails and says what to do.
local run = require "spec.lua.support.run"

local function runs(tag)
  return run("spec/lua/runs/realtime.lua --time-limit 0.5 --tags " .. tag)
end

local STUB <const> = "t.http_stub answers tl.http without a network"

describe("real time", function()
  -- holds: testing.realtime
  it("that a timer of luv takes is told, with the line that made it", function()
    local text = runs "timer"
    assert.matches("t.run_until: nothing is left to happen.-real time would bring what waits for:\n%s+a luv handle: uv_timer_t: %S+, made at "
      .. "spec/lua/runs/realtime.lua:23 %(luv's timers run on real time; tl.sleep and tl.every run on that of a spec%)", text)
    assert.matches("0 passed, 1 failed", text)
  end)

  for tag, got in pairs { itself = "got\tnil\tno answer within 0.5 s", timeout = "got\tnil\tno answer within 0.5 s", sleeps = "slept\t3.0" } do
    -- holds: testing.realtime
    it("that a request takes ends the request, and fails the spec: " .. tag, function()
      local text = runs(tag)
      assert.matches(got, text)
      assert.matches("this has waited 0.5 s of real time .-requests under way: 1.-" .. STUB, text)
      assert.matches("0 passed, 1 failed", text)
    end)
  end

  it("that a request takes under t.advance fails it, and tells who waits where", function()
    local text = runs "advances"
    assert.matches("realtime.lua:47: this has waited 0.5 s .-" .. STUB .. ".-\n%s+Job.work is waiting at spec/lua/runs/realtime.lua:46, for 0 s", text)
    assert.matches("0 passed, 1 failed", text)
  end)

  -- holds: testing.realtime
  it("that an app takes for itself fails the spec", function()
    assert.matches("realtime.lua:51: luv.sleep stops the host and all its tabs, and takes real time, .-; tl.sleep lets", runs "uvsleep")
    assert.matches("realtime.lua:56: socket.sleep stops the host", runs "socketsleep")
    assert.matches("realtime.lua:61: socket.http.request stops the host .-; tl.http lets", runs "sockethttp")
    assert.matches("realtime.lua:65: os.execute has stopped the host and all its tabs for 0.%d s; luv.spawn and tl.work", runs "command")
  end)

  it("is the spec's own business", function()
    assert.matches("1 passed, 0 failed", runs "spec")
  end)
end)

describe("a spec whose time cannot go by", function()
  -- holds: testing.stuck
  it("fails when a task never rests, and tells which", function()
    local text = runs "restless"
    assert.matches("the tasks never come to rest, so no time goes by; does one call tl.sleep%(0%) in a loop%?\n%s+Job.work is sleeping at "
      .. "spec/lua/runs/realtime.lua:95", text)
    assert.matches("0 passed, 1 failed", text)
    assert.matches("realtime.lua:100: DeadlockError: this wait of the spec never ends: the tasks never come to rest", runs "unrest")
  end)

  -- holds: testing.stuck
  it("fails when it waits for what nothing can bring", function()
    local text = runs "never"
    assert.matches("realtime.lua:106: DeadlockError: this wait of the spec never ends: no task, timer or request is left that could end it", text)
    assert.matches("0 passed, 1 failed", text)
  end)

  -- holds: testing.stuck
  it("fails soon, however often a callback of luv comes that brings nothing", function()
    local never = "DeadlockError: this wait of the spec never ends: no task, timer or request is left that could end it"
    assert.matches("realtime.lua:127: " .. never, runs "ticks")
    local from = os.time()
    assert.matches("realtime.lua:135: " .. never, run "spec/lua/runs/realtime.lua --time-limit 100 --tags rest")
    assert.is_true(os.time() - from < 50, "luv is at rest, and the limit was waited for nevertheless")
  end)

  it("may wait for a callback of luv", function()
    assert.matches("1 passed, 0 failed", runs "callback")
    assert.matches("1 passed, 0 failed", runs "closing")
  end)
end)

describe("what a spec leaves behind", function()
  -- holds: testing.left
  it("is told: an entry of the registry", function()
    local text = runs "registry"
    assert.matches("still there at the end of the test:\n%s+an entry of Lua's registry %(luaL_ref%): the function of spec/lua/runs/realtime.lua:76\n", text)
    assert.matches("0 passed, 1 failed", text)
  end)

  -- holds: testing.left
  it("does not hinder the next one, even if a page cannot be closed", function()
    local text = runs "close"
    assert.matches("realtime.lua:%d+: no way out", text)
    assert.matches("1 passed, 1 failed", text)
  end)
end)
