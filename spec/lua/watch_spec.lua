-- watch_spec.lua: who waits for whom: tl.debug.tasks, tl.debug.locks, and the log's word about a lock that is held for long.
local tl, t = require "tidelock", require "tidelock.testing"
local native = require "tidelock.native"
local kit = require "spec.lua.apps.tasks_kit"

local HERE <const> = "spec/lua/watch_spec.lua:"

-- Those since the last call.
local function warnings()
  local text, list = native.log_text(), {}
  for line in text:gmatch "[^\n]+" do
    if line:find("has held its tab's lock", 1, true) then list[#list + 1] = line end
  end
  return list, text
end

local function line() return debug.getinfo(2, "l").currentline end

describe("a lock that is held over a wait", function()
  it("is told once, with the holder's line and those who wait", function()
    local tab = kit.open()
    local at
    warnings()
    kit.send(tab, function()
      tl.sleep(0.4)
      at = line() + 1
      tl.sleep(10)
      tl.sleep(5)
    end)
    t.advance(0.5)
    for _ = 1, 7 do kit.send(tab, function() end) end
    t.advance(0.49)
    assert.equal(0, #warnings())
    t.advance(0.01)
    local list, text = warnings()
    assert.equal(1, #list)
    assert.matches("Job%.go has held its tab's lock for 1 s over a wait, since .*; 7 wait for it: Job%.go, Job%.go, Job%.go, Job%.go, Job%.go, %.%.%.",
      list[#list])
    assert.is_truthy(text:find(HERE .. at .. ": in ", 1, true))
    t.advance(20)
    assert.equal(0, #warnings())
  end)

  it("in a block names the line where it was taken, and each hold is told anew", function()
    local tab = kit.open()
    local at
    warnings()
    kit.start(tab, function(self)
      for _ = 1, 2 do
        at = line() + 1
        tl.with_state(self, function() tl.sleep(2) end)
        tl.sleep(1)
      end
    end)
    t.advance(10)
    local list = warnings()
    assert.equal(2, #list)
    assert.is_truthy(list[#list]:find("since " .. HERE .. at, 1, true))
    assert.matches("nobody waits for it so far", list[#list])
  end)

  it("is not told when it is given up in time, or held nowhere", function()
    local tab = kit.open()
    warnings()
    kit.start(tab, function(self)
      tl.sleep(5)
      for _ = 1, 10 do tl.with_state(self, function() tl.sleep(0.9) end) end
    end)
    t.advance(20)
    assert.equal(0, #warnings())
  end)

  it("is not told with lock_warn_time = 0", function()
    local tab = kit.open { config = { lock_warn_time = 0 } }
    warnings()
    kit.send(tab, function() tl.sleep(100) end)
    t.advance(100)
    assert.equal(0, #warnings())
  end)
end)

describe("tl.debug", function()
  it("lists tasks: what they are, wait for, since when and at which line", function()
    local tab = kit.open()
    t.advance(5)
    local now, at, list = tl.now(), {}, nil
    kit.start(tab, function(self)
      at[1] = line() + 1
      tl.with_state(self, function() tl.sleep(0.5) end)
    end)
    t.settle()
    kit.start(tab, function(self)
      at[2] = line() + 1
      tl.with_state(self, function() end)
    end)
    kit.send(tab, function() end)
    at[4] = line() + 1
    local spawned = tl.spawn(function() tl.sleep(0.2) end)
    tl.spawn(function()
      at[3] = line() + 1
      spawned:await()
    end)
    t.settle()
    list = tl.debug.tasks()
    local brief = {}
    for i, e in ipairs(list) do brief[i] = ("%s %s %s %s"):format(e.name, e.kind, e.status, e.holds_lock) end
    assert.same({ "Job.work background sleeping true", "Job.work background waiting_lock false", "Job.go handler waiting_lock false",
      HERE .. at[4] .. " spawned sleeping false", HERE .. at[3] - 2 .. " spawned waiting false" }, brief)
    assert.same({ list[1].id, list[1].id, list[4].id }, { list[2].waits_for, list[3].waits_for, list[5].waits_for })
    assert.is_nil(list[1].waits_for)
    assert.same({ HERE .. at[1], HERE .. at[2], HERE .. at[3] }, { list[1].where, list[2].where, list[5].where })
    assert.is_nil(list[3].where)
    assert.same({ now, now }, { list[1].since, list[3].since })
    assert.equal(#list[1].token, 26)
    assert.is_nil(list[4].token)
    t.advance(1)
    assert.same({}, tl.debug.tasks())
  end)

  it("lists locks: the holder, since when and where, and who stands in the line", function()
    local tab = kit.open()
    assert.same({}, tl.debug.locks())
    local now, at = tl.now(), nil
    kit.start(tab, function(self)
      at = line() + 1
      tl.with_state(self, function() tl.sleep(0.5) end)
    end)
    t.settle()
    kit.send(tab, function() end)
    kit.start(tab, function(self) tl.with_state(self, function() end) end)
    t.settle()
    local list = tl.debug.locks()
    assert.equal(1, #list)
    local lock = list[1]
    assert.same({ "Job.work", now, HERE .. at }, { lock.holder.name, lock.since, lock.where })
    assert.equal(lock.token, lock.holder.token)
    assert.same({ "Job.go", "Job.work" }, { lock.waiting[1].name, lock.waiting[2].name })
    t.advance(1)
    assert.same({}, tl.debug.locks())
  end)
end)
