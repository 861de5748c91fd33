-- orders_spec.lua: `--schedules` and `--replay`: each test in many orders, the seed that fails, the shortest order.
local schedules = require "tidelock.schedules"

local run_host = require "spec.lua.support.run"

local function run(arguments) return run_host("spec/lua/runs/orders.lua " .. arguments) end

describe("a test in many orders", function()
  -- holds: testing.schedules
  it("fails where one of them does, and tells its seed", function()
    local text = run "--schedules 50 --tags pair"
    assert.matches("orders.lua:13: one is first #pair\n  spec/lua/runs/orders.lua:16: Expected", text)
    assert.matches("The ordinary order passes; order %d+ fails %(%-%-replay %d+%)", text)
    assert.matches("0 passed, 1 failed\nexit 1\n$", text)
  end)

  -- holds: testing.replay
  it("fails again in that order, and passes in the ordinary one", function()
    local seed = run("--schedules 50 --tags pair"):match "%-%-replay (%d+)%)"
    assert.matches("one is first", run("--tags pair --replay " .. seed))
    assert.equal(run("--tags pair --replay " .. seed), run("--tags pair --replay " .. seed))
    assert.matches("1 passed, 0 failed\nexit 0\n$", run "--tags pair --replay 0")
  end)

  it("is told by the shortest order, as a table", function()
    local text = run "--schedules 50 --tags pair"
    assert.matches("\n +1 step out of turn %(%*%) is enough: %-%-replay %d+:1\n", text)
    assert.matches("\n +time +task +step +lock\n", text)
    assert.matches("\n +0%.000  Job%.one #1 +sleeps 0%.5 s, orders%.lua:15\n", text)
    assert.matches("\n +%* 0%.500  Job%.two #1 +ends +took, gave\n +Job%.order %[%] %-> %[\"two\"%]\n", text)
    local again = text:match "enough: %-%-replay (%S+)"
    assert.matches("one is first", run("--tags pair --replay " .. again))
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 96, line) end
  end)

  it("passes where all of them pass, and counts them", function()
    assert.matches("^51 orders, %d+ a second\n1 passed, 0 failed\nexit 0\n$", run "--schedules 50 --tags all")
    assert.matches("^21 orders.*1 passed, 0 failed\nexit 0\n$", run "--schedules=20 --tags all")
  end)

  it("has timers of almost one time in any order", function()
    assert.matches("2 steps out of turn", run "--schedules 100 --tags nearly")
  end)

  it("waits for what such a timer has made late", function()
    assert.matches("1 passed, 0 failed\nexit 0\n$", run "--schedules 200 --tags drift")
  end)

  it("finds the few that matter among many", function()
    assert.matches("[12] steps? out of turn", run "--schedules 100 --tags many")
  end)

  it("is told when it fails in the ordinary order already", function()
    local text = run "--schedules 50 --tags always"
    assert.matches("This is the ordinary order%.", text)
    assert.matches("1 orders.*0 passed, 1 failed", text)
  end)

  it("draws the same by chance in the same order", function()
    assert.equal(run "--tags chance --replay 7", run "--tags chance --replay 7")
    assert.not_equal(run "--tags chance --replay 7", run "--tags chance --replay 8")
  end)

  it("is told when what was drawn by chance is enough", function()
    local text = run "--schedules 50 --tags luck"
    local again = text:match "What math%.random gives is enough: %-%-replay (0/%d+)\n"
    assert.matches("^The ordinary order passes; order %d+ fails", text:match "The ordinary .*")
    for _ = 1, 3 do assert.matches("0 passed, 1 failed\n", run("--tags luck --replay " .. again)) end
    assert.matches("1 passed, 0 failed\n", run "--tags luck --replay 0")
  end)

  -- holds: testing.replay.pairs
  it("walks the tables of app and spec by their keys, and gives tabs the same tokens", function()
    local first = run "--tags walk --replay 7"
    assert.matches("^name 1,name 100,name 121,.*,name 9,name 900\tname 1\t%-1 2%.5 3 false true Bear ape zebra\t%w+\n", first)
    for _ = 1, 3 do assert.equal(first, run "--tags walk --replay 7") end
  end)

  -- holds: testing.schedules.single
  it("runs in no more orders where there is nothing to choose", function()
    assert.matches("^3 orders, .*1 passed, 0 failed", run "--schedules 1000 --tags bound")
    assert.matches("\n21 orders, ", run "--schedules 20 --tags chance")
  end)

  it("goes on before what comes from outside, once the tasks have acted", function()
    local pipe = assert(io.popen '"$(readlink /proc/$PPID/exe)" test app/chat_stream --schedules 2 2>&1')
    local text = pipe:read "a"
    pipe:close()
    assert.matches("\n13 passed, 0 failed\n$", text)
  end)

  it("runs once where it has an order of its own", function()
    assert.matches("^run 1\n1 orders", run "--schedules 50 --tags own")
  end)

  it("may be pending", function()
    assert.matches("1 pending\n0 passed, 0 failed\nexit 0\n$", run "--schedules 5 --tags pending")
  end)
end)

describe("an order that a spec takes in the middle", function()
  it("gives its tabs tokens of their own", function()
    local t, seen = require "tidelock.testing", {}
    for seed = 0, 3 do
      t.seed(seed)
      for _ = 1, 2 do
        local token = t.open("spec/lua/apps/orders.lua", "/").link.token
        assert.is_nil(seen[token])
        seen[token] = true
      end
    end
  end)
end)

describe("the name of an order", function()
  it("is its seed, or its deviations", function()
    assert.same({ seed = 17 }, schedules.parse "17")
    assert.same({ deviations = {} }, schedules.parse "0")
    assert.same({ deviations = { 4, 1, 9, 2 } }, schedules.parse "4:1,9:2")
    assert.same({ deviations = { 4, 1 }, random = 17 }, schedules.parse "4:1/17")
    assert.same({ deviations = {}, random = 5 }, schedules.parse "0/5")
    for _, name in ipairs { "17", "0", "4:1,9:2", "4:1/17", "0/5" } do assert.equal(name, schedules.name(schedules.parse(name))) end
  end)

  it("is nothing else", function()
    for _, text in ipairs { "", "x", "1:", "9:1,4:1", "4:1,4:2", "4:1,", "-1", "99999999999999999999", "17/2", "4:1/", "/3", "0/x",
      "4:99999999999999999999", "0/99999999999999999999" } do assert.is_nil(schedules.parse(text)) end
  end)
end)

describe("the shortest order", function()
  -- A test that fails where a function of the deviations says so; 20 points of 3 possibilities each.
  local function subject(fails)
    local widths = {}
    for i = 1, 20 do widths[i] = 3 end
    local function attempt(order)
      local set = {}
      for i = 1, #order.deviations, 2 do set[order.deviations[i]] = order.deviations[i + 1] end
      return { ok = not fails(set), deviations = order.deviations, widths = widths }
    end
    return attempt
  end

  local function shrink(fails, deviations)
    local attempt = subject(fails)
    return schedules.shrink(attempt { deviations = deviations }, attempt { deviations = {} }, attempt).deviations
  end

  local everywhere = {}
  for point = 1, 20 do everywhere[2 * point - 1], everywhere[2 * point] = point, 1 end

  it("leaves out all that does not matter", function()
    assert.same({ 7, 1 }, shrink(function(set) return set[7] end, everywhere))
    assert.same({ 3, 1, 12, 1 }, shrink(function(set) return set[3] and set[12] end, everywhere))
    assert.same({ 2, 1, 3, 1, 19, 1 }, shrink(function(set) return set[2] and set[3] and set[19] end, everywhere))
  end)

  it("finds a shorter way than any part of the one that failed", function()
    assert.same({ 5, 2 }, shrink(function(set) return set[5] == 2 or set[1] and set[2] and set[3] end, everywhere))
    assert.same({ 4, 2, 6, 2 }, shrink(function(set) return set[4] == 2 and set[6] == 2 or set[1] and set[2] and set[3] end, everywhere))
  end)

  it("is the first, when it does not fail again", function()
    local calls = 0
    local function attempt(order)
      calls = calls + 1
      return { ok = calls > 1, deviations = order.deviations, widths = {} }
    end
    local first = attempt { deviations = { 1, 1 } }
    assert.equal(first, schedules.shrink(first, attempt { deviations = {} }, attempt))
  end)
end)
