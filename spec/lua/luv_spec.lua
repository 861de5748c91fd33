-- luv_spec.lua: libuv on the host's loop (docs/http.md): where callbacks run, and that no handle outlives the host.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

-- Waits in real time, which luv takes.
local function eventually(test)
  for _ = 1, 2000 do
    t.settle()
    if test() then return end
    require "luv".sleep(1)
  end
  error("it did not happen", 2)
end

describe("luv", function()
  -- First of all: who asks for luv first decides on which thread luv believes to be.
  -- holds: luv.loop
  it("calls back on the main thread, although a task asked for it first and is gone", function()
    kit.open()
    local on_main
    tl.spawn(function()
      require "luv".fs_stat(".", function() on_main = select(2, coroutine.running()) end)
    end)
    t.settle()
    collectgarbage()
    eventually(function() return on_main ~= nil end)
    assert.is_true(on_main)
  end)

  it("is one module, which knows all handles, even if package.loaded was put back meanwhile", function()
    local uv = require "luv"
    package.loaded.luv = nil
    assert.equal(uv, require "luv")
  end)

  it("tells handles from what it makes besides", function()
    local uv = require "luv"
    local work = uv.new_work(string.dump(function() end), function() end) -- see script/sanitize about functions
    uv.walk(function(handle) assert.is_boolean(handle:is_closing()) end)
    assert.is_userdata(work)
  end)

  it("passes by what is closed", function()
    local uv = require "luv"
    local timer, closed = uv.new_timer(), false
    timer:close(function() closed = true end)
    eventually(function() return closed end)
    uv.walk(function(handle) assert.not_equal(timer, handle) end)
  end)

  it("logs an error of a callback, and goes on", function()
    local called
    require "luv".fs_stat(".", function()
      called = true
      error "a callback's"
    end)
    eventually(function() return called end)
    assert.matches("a luv callback failed: .*a callback's", t.log())
  end)
end)
