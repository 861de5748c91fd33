-- runner_spec.lua: `tidelock test` from outside: what it prints and how it exits.

local run = require "spec.lua.support.run"

describe("a run", function()
  it("names each failure by test and line, and counts last", function()
    local text = run "spec/lua/runs/outcomes.lua"
    assert.matches("spec/lua/runs/outcomes.lua:6: outcomes fails\n  spec/lua/runs/outcomes.lua:6: Expected", text)
    assert.matches("spec/lua/runs/outcomes.lua:7: thrown", text)
    assert.matches("spec/lua/runs/outcomes.lua:10: nothing on the page is \"Nowhere\"", text)
    assert.matches("1 pending\n1 passed, 3 failed\nexit 1\n$", text)
  end)

  it("takes busted's filters", function()
    assert.matches("1 passed, 0 failed\nexit 0\n$", run "spec/lua/runs/outcomes.lua --filter passes")
    assert.matches("0 passed, 1 failed\nexit 1\n$", run "spec/lua/runs/outcomes.lua --tags raising")
  end)

  it("takes busted's outputs", function()
    assert.matches("ok 1 %- outcomes passes", run "spec/lua/runs/outcomes.lua -o TAP")
  end)

  -- holds: testing.anew
  it("gives each test an app of its own, which after_each still sees", function()
    assert.matches("^2 passed, 0 failed\nexit 0\n$", run "spec/lua/runs/order.lua")
  end)

  it("fails a test that leaves something behind", function()
    local text = run "spec/lua/runs/left.lua"
    assert.matches("left.lua:%d+: leaves a timer\n.*still there at the end of the test:\n    a luv handle: uv_timer", text)
    assert.matches("1 passed, 1 failed\nexit 1\n$", text)
  end)

  it("counts a file that does not load, and one that is not there", function()
    assert.matches("broken file.*0 passed, 1 failed\nexit 1\n$", run "spec/lua/runs/broken.lua")
    assert.matches("0 passed, %d+ failed\nexit 1\n$", run "spec/lua/runs/nothing.lua")
  end)

  -- holds: testing.limit
  it("ends a test that takes too long, and goes on", function()
    local text = run "spec/lua/runs/slow.lua --time-limit 0.5"
    assert.matches("slow.lua:5: computes for ever #computes\n  spec/lua/runs/slow.lua:7: the test took longer than 0.5 s", text)
    assert.matches("slow.lua:10: waits for a server.-\n  spec/lua/runs/slow.lua:22: this has waited 0.5 s of real time .-requests under way: 1", text)
    assert.matches("\n1 passed, 2 failed\nexit 1\n$", text)
    assert.matches("%-%-time%-limit SECONDS: \"0\" is none\nexit 2\n$", run "--time-limit 0")
  end)

  it("refuses options that are none, and explains those there are", function()
    assert.matches("unknown.*exit 2\n$", run "--nonsense")
    assert.matches("%-%-schedules N: \"many\" is none\nexit 2\n$", run "--schedules many")
    assert.matches("%-%-replay ORDER: \"3:1,2:1\" is none\nexit 2\n$", run "--replay=3:1,2:1")
    assert.matches("^Usage: tidelock test.*%-%-schedules=N.*exit 0\n$", run "-h")
  end)
end)
