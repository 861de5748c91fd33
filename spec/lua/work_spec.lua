-- work_spec.lua: tl.work: functions in threads, in Lua states of their own (docs/work.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"
local uv = require "luv"

local MODULE = "spec.lua.support.threaded"

local function work(name, ...) return tl.work(MODULE, name, ...) end

-- Waits in real time, which a thread takes.
local function eventually(test)
  for _ = 1, 5000 do
    t.settle()
    if test() then return end
    uv.sleep(1)
  end
  error("it did not happen", 2)
end

-- A file that is there as long as the test.
local function temporary()
  local path = os.tmpname()
  finally(function() os.remove(path) end)
  return path
end

local function size_of(path) return uv.fs_stat(path).size end

describe("tl.work", function()
  -- holds: work.runs
  it("gives what the function returns", function()
    kit.open()
    assert.equal(832040, work("fib", 30))
    assert.equal(0, select("#", work "echo"))
  end)

  -- holds: work.values
  it("takes and gives plain values of each kind, nils as well", function()
    kit.open()
    local values = { nil, true, false, 5, -2 ^ 53, math.mininteger, 0.1, 5.0, "", "a\0\255", ("long "):rep(100), {}, { 1, { 2 } }, { a = { b = {} } } }
    local got = table.pack(work("count", table.unpack(values, 1, 14)))
    assert.equal(15, got.n)
    assert.equal(14, got[1])
    assert.same(table.pack(table.unpack(values, 1, 14)), table.pack(table.unpack(got, 2, 15)))
    assert.equal("integer", math.type(got[5]))
    assert.equal("float", math.type(got[9]))
    got = table.pack(work("echo", nil, 1, nil))
    assert.same({ n = 3, nil, 1, nil }, got)
    assert.equal(tl.null, work("echo", { 1, tl.null })[2])
  end)

  it("takes what a state holds, and copies it", function()
    local tab = kit.open()
    local got
    kit.start(tab, function(self)
      tl.with_state(self, function() self.items = { { id = 1 }, { id = 2 } } end)
      got = work("echo", self.items)
      got[1].id = 5
      tl.with_state(self, function() self.n = self.items[1].id end)
    end)
    t.advance(1)
    assert.same({ { id = 5 }, { id = 2 } }, got)
    assert.equal("table", type(got))
    assert.equal(1, tab:state "Job".n)
  end)

  -- holds: work.runs
  it("has a Lua state of its own each time, with the app's path and without the host", function()
    kit.open()
    assert.is_nil(work "globals")
    assert.is_nil(work "globals")
    assert.is_nil(rawget(_G, "threaded_global"))
    kit.raises("WorkError", "module 'tidelock' not found", work, "host")
  end)

  it("gives an error on, with the function's name and the line", function()
    kit.open()
    kit.raises("WorkError", "spec.lua.support.threaded.fail_at: .*threaded.lua:%d+: on purpose", work, "fail_at")
    kit.raises("WorkError", "fail: nil", work, "fail")
    kit.raises("WorkError", "fail: table: ", work, "fail", {})
    kit.raises("WorkError", "os.exit would end the whole host", work, "exit")
    kit.raises("WorkError", "has no function nothing %(it is a nil%)", work, "nothing")
    kit.raises("WorkError", "module 'no.such.module' not found", tl.work, "no.such.module", "x")
    kit.raises("WorkError", "gives a string, not a table of functions", tl.work, "spec.lua.support.no_table", "x")
  end)

  it("says which argument or result is no plain value", function()
    kit.open()
    kit.raises("SerializationError", "tl.work.arguments%[2%].f", work, "echo", 1, { f = print })
    for kind, words in pairs {
      fn = "result 2%.a%[1%]: a function is no plain value", coroutine = "result 2: a thread", cycle = "nest at most 64 deep",
      mixed = "result 2: a table has the keys 1 to n, or strings", hole = "result 2: a table has",
      sparse = "result 2: a table has", inf = "result 2%[2%]: not a finite number",
      file = "result 2%.out: a userdata", key = "result 2: a table has",
    } do
      kit.raises("WorkError", words, work, "bad", kind)
    end
    for _, args in ipairs { {}, { 5, "x" }, { MODULE }, { MODULE, print } } do
      local ok, err = pcall(tl.work, table.unpack(args))
      assert.is_false(ok)
      assert.matches("tl.work%(module, function, ...%)", tostring(err))
    end
  end)

  -- holds: work.loop
  it("leaves handlers and tasks alive meanwhile, and runs several at a time", function()
    local tab = kit.open()
    local path, done = temporary(), 0
    for _ = 1, 3 do
      kit.start(tab, function()
        tl.work(MODULE, "touch", path)
        work("wait", 0.2)
        done = done + 1
      end)
    end
    eventually(function() return size_of(path) == 3 end)
    kit.handle(tab, function(self) self.n = 1 end)
    assert.equal(1, tab:state "Job".n)
    assert.equal(0, done)
    t.advance(1)
    assert.equal(3, done)
  end)

  it("a hundred in a gather", function()
    kit.open()
    local fns = {}
    for i = 1, 100 do fns[i] = function() return (work("fib", i % 15)) end end
    local got = table.pack(tl.gather(table.unpack(fns)))
    for i = 1, 100 do assert.equal(require(MODULE).fib(i % 15), got[i]) end
  end)

  for _, name in ipairs { "forever", "in_coroutine" } do
    it("a cancel abandons the result, and stops Lua in its thread: " .. name, function()
      kit.open()
      for _ = 1, 8 do -- more than there are threads: the last would wait for ever, if the first went on
        local task = tl.spawn(work, name)
        t.settle()
        uv.sleep(5)
        task:cancel()
        kit.raises("CancelledError", nil, task.await, task)
      end
      assert.equal(5, work("echo", 5))
    end)
  end

  it("a cancel inside of tl.timeout, as well", function()
    kit.open()
    local task = tl.spawn(tl.timeout, 1, work, "wait", 0.3)
    t.settle()
    task:cancel()
    kit.raises("CancelledError", nil, task.await, task)
    assert.equal(5, work("echo", 5))
  end)

  it("what has not begun is not begun any more", function()
    kit.open()
    local path, tasks = temporary(), {}
    for i = 1, 16 do tasks[i] = tl.spawn(work, "wait", 0.2) end -- libuv has four threads, unless the environment says more
    local late = tl.spawn(work, "touch", path)
    t.settle()
    late:cancel()
    for _, task in ipairs(tasks) do task:cancel() end
    t.settle()
    assert.equal(5, work("echo", 5))
    assert.equal(0, size_of(path))
  end)

  it("keeps within memory_limit, apart from the host", function()
    kit.open { config = { memory_limit = 64 * 2 ^ 20 } }
    kit.raises("WorkError", "not enough memory", work, "eat")
    assert.equal(5, work("echo", 5))
  end)

  -- holds: work.limit
  it("takes work_limit calls at a time, also of those that were abandoned and have not ended", function()
    kit.open { config = { work_limit = 3 } }
    local tasks = {}
    for i = 1, 3 do tasks[i] = tl.spawn(work, "forever") end
    t.settle()
    kit.raises("WorkError", "3 calls run or wait for a thread already; there may be 3", work, "echo")
    for _, task in ipairs(tasks) do task:cancel() end
    eventually(function() return (pcall(work, "echo")) end)
  end)

  -- holds: work.abandoned
  it("frees what an abandoned call gives, and what it was given", function()
    kit.open()
    local big = ("x"):rep(4 * 2 ^ 20)
    local function resident() -- KiB
      local file = assert(io.open "/proc/self/status")
      local text = file:read "a"
      file:close()
      return tonumber(text:match "VmRSS:%s+(%d+)")
    end
    local function abandon(n)
      for _ = 1, n do
        local task = tl.spawn(work, "slow_echo", 0.002, big)
        t.settle()
        task:cancel()
        t.settle()
        work "echo"
      end
      collectgarbage()
    end
    abandon(5)
    local before = resident()
    abandon(100) -- 400 MiB, twice; a sanitizer keeps 256 MiB of what is free
    assert(resident() - before < 300 * 1024, ("%d KiB more"):format(resident() - before))
  end)

  it("keeps the lock in a block, and rolls back with it", function()
    local tab = kit.open()
    kit.start(tab, function(self)
      pcall(tl.with_state, self, function()
        self.n = 1
        work "fail_at"
      end)
      tl.with_state(self, function() self.a = self.n + work("fib", 10) end)
    end)
    t.advance(1)
    assert.same({ 0, 55 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("cannot wait inside table.sort, and leaves nothing behind there", function()
    kit.open()
    kit.raises("CannotWaitError", "sort", table.sort, { 2, 1 }, function() return work("fib", 5) end)
    tl.sleep(0.01)
  end)
end)
