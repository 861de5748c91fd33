-- fates_spec.lua: how a background task may end, and what is seen of each end: by its handle, by who awaits it, by its own
-- `<close>` values, in its block, in the lists, in the log, by the page.
local tl, t = require "tidelock", require "tidelock.testing"

local program = {}
package.loaded.fates_program = program

-- Begins a block, which stays open over a long wait, and notes how it is left. Each test begins with it.
local function in_block(self)
  local _ <close> = setmetatable({}, { __close = function(_, err) program.closed = err and err.name or tostring(err) end })
  tl.with_state(self, function()
    self.n = self.n + 1
    tl.sleep(5)
    if program.fails then error(program.fails, 0) end
    self.kept = self.kept + 1
  end)
  return nil
end

local function handle_of(tab, name)
  tab:send_event("Job." .. name, {})
  local tasks = tl.tasks()
  return tasks[#tasks]
end

local function start(tab, name)
  local task = handle_of(tab, name)
  t.settle()
  assert.equal("sleeping", task.status)
  return task
end

-- What each fate does, and what is seen then. `kept`: the block was committed. `closed`: what `<close>` saw; nil: it never
-- ran. `err`: what await raises, by name and text; nil: it gives the results. `log`: what the log has of it; nil: nothing.
local fates = {
  done = { status = "done", kept = 1, closed = "nil", act = function(tab)
    local task = start(tab, "plain")
    t.advance(5)
    return task
  end },
  ["raised, a text"] = { status = "failed", kept = 0, closed = "broken", err = { nil, "broken" }, log = "Job.plain failed %(ref %w+%): Error: broken",
    act = function(tab)
      program.fails = "broken"
      local task = start(tab, "plain")
      t.advance(5)
      return task
    end },
  ["raised, a table"] = { status = "failed", kept = 0, closed = "mine", err = { nil, nil }, log = "Job.plain failed", act = function(tab)
    program.fails = { name = "mine" }
    local task = start(tab, "plain")
    t.advance(5)
    return task
  end },
  ["raised, what it returned"] = { status = "failed", kept = 1, closed = "nil", err = { "EventTypeError", "returned or yielded" },
    log = "EventTypeError", act = function(tab)
      program.run = function(self) in_block(self) return 5 end
      local task = start(tab, "plain")
      t.advance(5)
      return task
    end },
  cancelled = { status = "cancelled", kept = 0, closed = "CancelledError", err = { "CancelledError", "enough" }, act = function(tab)
    local task = start(tab, "plain")
    task:cancel "enough"
    return task
  end },
  ["cancelled before it began"] = { status = "cancelled", kept = 0, err = { "CancelledError", "enough" }, act = function(tab)
    local task = handle_of(tab, "plain")
    task:cancel "enough"
    assert.equal("cancelled", task.status)
    return task
  end },
  ["timed out"] = { status = "failed", kept = 0, closed = "TimeoutError", err = { "TimeoutError", "not done within 2 s" },
    log = "Job.timed failed %(ref %w+%): TimeoutError", act = function(tab)
      local task = start(tab, "timed")
      t.advance(2)
      return task
    end },
  replaced = { status = "cancelled", kept = 0, closed = "CancelledError", err = { "CancelledError", "a newer one takes its place" },
    others = 1, act = function(tab)
      local task = start(tab, "restart")
      tab:send_event("Job.restart", {})
      t.settle()
      return task
    end },
  dropped = { status = "cancelled", kept = 0, err = { "CancelledError", "one runs already" }, others = 1, act = function(tab)
    start(tab, "drop")
    return handle_of(tab, "drop")
  end },
  ["queued, and cancelled there"] = { status = "cancelled", kept = 0, err = { "CancelledError", "enough" }, others = 1, act = function(tab)
    start(tab, "queue")
    local task = handle_of(tab, "queue")
    t.settle()
    assert.equal("waiting", task.status)
    task:cancel "enough"
    return task
  end },
  ["its page gone, on_disconnect cancel"] = { status = "cancelled", kept = 0, closed = "CancelledError",
    err = { "CancelledError", "its page has gone" }, away = true, act = function(tab)
      local task = start(tab, "left")
      tab:disconnect()
      return task
    end },
  ["its page gone for longer than its grace"] = { status = "cancelled", kept = 0, closed = "CancelledError",
    err = { "CancelledError", "its page has gone" }, away = true, act = function(tab)
      local task = start(tab, "graced")
      tab:disconnect()
      t.advance(2.9)
      assert.equal("sleeping", task.status)
      t.advance(0.1)
      return task
    end },
  ["its page back within its grace"] = { status = "done", kept = 1, closed = "nil", act = function(tab)
    local task = start(tab, "graced")
    tab:disconnect()
    t.advance(2.9)
    tab:reconnect()
    t.advance(5)
    return task
  end },
  ["its page gone, and it is kept"] = { status = "done", kept = 1, closed = "nil", away = true, act = function(tab)
    program.run = function(self) tl.sleep(20) in_block(self) end
    local task = start(tab, "kept_on")
    tab:disconnect()
    t.advance(25)
    return task
  end },
  ["its tab gone"] = { status = "cancelled", closed = "CancelledError", err = { "CancelledError", "tab_ttl" }, gone = true, act = function(tab)
    program.run = function(self) tl.sleep(8) in_block(self) end
    local task = start(tab, "plain")
    tab:disconnect()
    t.advance(10)
    return task
  end },
  ["the host stopping"] = { status = "cancelled", kept = 0, closed = "CancelledError", err = { "CancelledError", "shutting down" }, act = function(tab)
    local task = start(tab, "plain")
    t.restart()
    return task
  end },
}

local function awaited(task)
  local got
  tl.spawn(function() got = table.pack(pcall(task.await, task)) end)
  t.settle()
  return assert(got, "await does not return")
end

describe("a task that is", function()
  for name, fate in pairs(fates) do
    -- holds: task.fate
    it(name, function()
      program.run, program.fails, program.closed = in_block, nil, nil
      local tab = t.open("spec/lua/apps/fates.lua", "/")
      local token = tab.token
      local task = fate.act(tab)
      t.settle()
      assert.equal(fate.status, task.status)
      assert.equal(fate.closed, program.closed)
      local got = awaited(task)
      if not fate.err then
        assert.is_true(got[1])
      else
        assert.is_false(got[1])
        if fate.err[1] then assert(tl.is_error(got[2], fate.err[1]), tostring(got[2])) end
        if fate.err[2] then assert.matches(fate.err[2], tostring(got[2])) end
      end
      assert.equal(fate.others or 0, #tl.tasks()) -- it is in no list
      assert.is_nil(tl.background_tasks[task])
      assert.equal(fate.log ~= nil, t.log():find "error: " ~= nil, t.log())
      if fate.log then assert.matches(fate.log, t.log()) end
      -- Its handle tells what it was, and does nothing more.
      assert.matches("^Job%.", task.name)
      assert.equal(token, token and task.token)
      task:cancel "late"
      assert.equal(fate.status, task.status)
      for _, other in ipairs(tl.tasks()) do other:cancel() end
      t.settle()
      assert.same({}, tl.debug.locks())
      if fate.gone then return end
      if fate.away then tab:reconnect() end
      assert.equal(fate.kept, tab:state "Job".kept)
      assert.equal(fate.kept, tab:state "Job".n) -- with the block, or without it
      assert.equal(fate.log and 1 or 0, #tab:errors())
    end)
  end
end)
