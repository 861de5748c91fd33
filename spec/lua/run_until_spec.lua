-- run_until_spec.lua: t.run_until moves the time until something is so, and tells why it never is.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function message_of(fn, ...)
  local arguments = table.pack(...)
  local ok, err = pcall(function() return (fn(table.unpack(arguments, 1, arguments.n))) end)
  assert.is_false(ok, "it did not fail")
  return err
end

describe("t.run_until", function()
  -- holds: testing.run_until
  it("moves the time just as far as is needed, and gives what the function gives", function()
    local tab = kit.open()
    kit.start(tab, function(self)
      for _ = 1, 10 do
        tl.sleep(0.3)
        tl.with_state(self, function() self.n = self.n + 1 end)
      end
    end)
    local start = tl.now()
    assert.equal(3, t.run_until(function() return tab:state "Job".n == 3 and 3 end))
    assert.near(0.9, tl.now() - start, 1e-9)
    assert.is_true(t.run_until(function() return true end, { limit = 0 }))
    assert.near(0.9, tl.now() - start, 1e-9)
    t.run_until(function() return #tl.tasks() == 0 end)
    assert.near(3, tl.now() - start, 1e-9)
  end)

  it("includes what happens at exactly the limit, and nothing after", function()
    local tab, log, note = kit.open(), kit.log()
    kit.start(tab, function()
      tl.sleep(1)
      note "one"
      tl.sleep(0.001)
      note "late"
    end)
    t.run_until(function() return log[1] end, { limit = 1 })
    assert.matches("the limit of 0 s has passed", message_of(t.run_until, function() return log[2] end, { limit = 0 }))
    assert.same({ "one" }, log)
  end)

  it("waits for stubs, and for real requests", function()
    local tab, log, note = kit.open(), kit.log()
    kit.start(tab, function() note(tl.http.get("/").status) end)
    assert.equal(200, t.run_until(function() return log[1] end))
    t.http_stub { pattern = ".", delay = 7, status = 204 }
    kit.start(tab, function() note(tl.http.get("/").status) end)
    assert.equal(204, t.run_until(function() return log[2] end))
  end)

  it("lets go what a page holds back", function()
    local tab = t.open("spec/lua/apps/triggers.lua", "/")
    local start = tl.now()
    tab:click "Late live"
    t.run_until(function() return #tab:deltas() > 0 end, { limit = 10 })
    assert.equal(1, tl.now() - start)
  end)

  -- holds: testing.run_until.error
  it("tells what the tasks wait for when nothing is left to happen", function()
    local tab = kit.open()
    kit.start(tab, function() tl.event():wait() end)
    kit.start(tab, function(self)
      tl.with_state(self, function() tl.event():wait() end)
    end)
    kit.start(tab, function(self) tl.with_state(self, function() end) end)
    local text = message_of(t.run_until, function() return nil end, { limit = 10 })
    assert.matches("^spec/lua/run_until_spec.lua:%d+: t.run_until: nothing is left to happen, and the function gives nil; it has run for 1 s", text)
    assert.matches("\n  Job.work is waiting at spec/lua/run_until_spec.lua:%d+, for 1 s\n", text)
    assert.matches("\n  Job.work is waiting_lock at [^\n]+; it waits for Job.work$", text)
  end)

  it("tells so when the limit has passed", function()
    local tab = kit.open()
    kit.start(tab, function() tl.every(1, function() end) end)
    local text = message_of(t.run_until, function() return false end, { limit = 2.5 })
    assert.matches("the limit of 2.5 s has passed, and the function gives false; it has run for 2 s\n  Job.work is sleeping at ", text)
  end)

  it("tells so when there is no task", function()
    kit.open()
    assert.matches("nothing is left to happen, and the function gives nil; it has run for 0 s\n  no task is there$", message_of(t.run_until, function() end))
  end)

  it("ends after an hour of a loop that goes on", function()
    local tab = kit.open()
    kit.start(tab, function() tl.every(60, function() end) end)
    assert.matches("the limit of 3600 s has passed", message_of(t.run_until, function() end))
  end)

  it("raises what the function raises, and says what is wrong with its arguments", function()
    kit.open()
    assert.matches("oops", message_of(t.run_until, function() error "oops" end))
    assert.matches("t.run_until: a function is needed, got 5$", message_of(t.run_until, 5))
    assert.matches("t.run_until: options are a table, got 5$", message_of(t.run_until, print, 5))
    assert.matches("t.run_until: unknown option limt; there is limit$", message_of(t.run_until, print, { limt = 1 }))
    assert.matches("t.run_until: limit is seconds, got %-1$", message_of(t.run_until, print, { limit = -1 }))
  end)
end)
