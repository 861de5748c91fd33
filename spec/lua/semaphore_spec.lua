-- semaphore_spec.lua: tl.semaphore: so many at a time (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

describe("tl.semaphore", function()
  -- holds: semaphore.limit
  it("lets so many in, the others in the order in which they came", function()
    kit.open()
    local log, note = kit.log()
    local sem = tl.semaphore(2)
    local scope <close> = tl.scope()
    for i = 1, 5 do
      scope:spawn(function()
        local _ <close> = sem:enter()
        note(i .. "@" .. tl.now() % 10)
        tl.sleep(1)
      end)
    end
    scope:wait()
    local from = log[1]:match "@(.*)"
    local function at(s) return "@" .. (from + s) % 10 end
    assert.same({ "1" .. at(0), "2" .. at(0), "3" .. at(1.0), "4" .. at(1.0), "5" .. at(2.0) }, log)
  end)

  it("has acquire and release, and try, which does not wait", function()
    kit.open()
    local sem = tl.semaphore(1)
    sem:acquire()
    assert.is_false(sem:try())
    local task = tl.spawn(function() sem:acquire() end)
    tl.sleep(1)
    assert.equal("waiting", task.status)
    sem:release()
    assert.is_false(sem:try()) -- it went to who stood in the line
    task:await()
    sem:release()
    assert.is_true(sem:try())
    sem:release()
    kit.raises("Error", "all its places %(1%) are free", sem.release, sem)
  end)

  it("gives an entered place back however the block is left, and once", function()
    kit.open()
    local sem = tl.semaphore(1)
    pcall(function()
      local _ <close> = sem:enter()
      error "x"
    end)
    local task = tl.spawn(function()
      local _ <close> = sem:enter()
      tl.sleep(100)
    end)
    tl.sleep(1)
    task:cancel()
    tl.sleep(0)
    do
      local _ <close> = sem:enter()
      sem:release()
    end
    assert.is_true(sem:try())
    sem:release()
  end)

  -- holds: semaphore.cancel
  it("goes on to the next when one that waits is cancelled, or gives up", function()
    kit.open()
    local log, note = kit.log()
    local sem = tl.semaphore(1)
    sem:acquire()
    local function taker(what) return tl.spawn(function()
      local _ <close> = sem:enter()
      note(what)
    end) end
    local first = taker "first"
    taker "second"
    tl.sleep(0)
    kit.raises("TimeoutError", nil, tl.timeout, 1, sem.acquire, sem)
    first:cancel()
    sem:release()
    tl.sleep(1)
    assert.same({ "second" }, log)
    assert.is_true(sem:try())
    sem:release()
  end)

  it("keeps a place that was granted before the cancel came", function()
    kit.open()
    local sem = tl.semaphore(1)
    sem:acquire()
    local got, raised
    local task = tl.spawn(function()
      local _ <close> = sem:enter()
      got = true
      raised = select(2, pcall(tl.sleep, 1))
    end)
    tl.sleep(0)
    sem:release()
    task:cancel()
    tl.sleep(0)
    assert.is_true(got)
    assert.is_true(tl.is_error(raised, "CancelledError"))
    assert.is_true(sem:try())
    sem:release()
  end)

  it("of one raises DeadlockError where its holder waits for the waiter", function()
    local tab = kit.open()
    local sem = tl.semaphore(1)
    local held, ended
    kit.start(tab, function(self)
      local _ <close> = sem:enter()
      kit.raises("DeadlockError", nil, sem.enter, sem)
      held = true
      tl.sleep(1)
      tl.with_state(self, function() ended = true end)
    end)
    t.settle()
    assert.is_true(held)
    kit.start(tab, function(self)
      tl.with_state(self, function()
        self.n = 1
        kit.raises("DeadlockError", "semaphore_spec.lua:%d+ is given up", sem.enter, sem)
        self.a = 1
      end)
      local _ <close> = sem:enter()
    end)
    t.advance(3)
    assert.is_true(ended)
    assert.same({}, tab:errors())
    assert.same({ 1, 1 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("works in a coroutine, and raises where nothing can wait", function()
    kit.open()
    local sem = tl.semaphore(1)
    sem:acquire()
    tl.spawn(function()
      tl.sleep(1)
      sem:release()
    end)
    coroutine.wrap(function() sem:acquire() end)()
    kit.raises("CannotWaitError", "sort", table.sort, { 1, 2 }, function() sem:acquire() end)
    sem:release()
  end)

  it("refuses what is no number of places", function()
    kit.open()
    for _, v in ipairs { 0, -1, 1.5, "2", {} } do kit.raises("TypeError", nil, tl.semaphore, v) end
    kit.raises("TypeError", "not nothing", tl.semaphore)
    kit.raises("TypeError", "colon", tl.semaphore(1).acquire)
  end)

  -- holds: semaphore.limit
  it("is never over its limit, and first come, first served, in any schedule", function()
    for seed = 1, 300 do
      kit.open()
      t.seed(seed)
      math.randomseed(seed)
      local limit = math.random(3)
      local sem, inside, line = tl.semaphore(limit), 0, {}
      local function leave_line(id, entered)
        for i, other in ipairs(line) do
          if other.id == id then
            assert(not entered or i == 1 or line[1].cancelled, "overtaken")
            table.remove(line, i)
            return
          end
        end
      end
      local tasks = {}
      local function user(id)
        for _ = 1, 3 do
          tl.sleep(math.random(0, 3) / 4)
          line[#line + 1] = tasks[id]
          do
            local _ <close> = setmetatable({}, { __close = function() leave_line(id, false) end })
            local _ <close> = sem:enter()
            while line[1] and line[1].cancelled and line[1].id ~= id do table.remove(line, 1) end
            leave_line(id, limit == 1) -- of several, those woken together may run in any order
            inside = inside + 1
            assert(inside <= limit, "too many")
            local _ <close> = setmetatable({}, { __close = function() inside = inside - 1 end })
            tl.sleep(math.random(0, 2) / 4)
          end
        end
      end
      for id = 1, 6 do
        tasks[id] = { id = id }
        tasks[id].task = tl.spawn(user, id)
      end
      for _ = 1, 3 do
        tl.sleep(math.random())
        local victim = tasks[math.random(6)]
        victim.cancelled = true
        victim.task:cancel()
      end
      for _, mine in ipairs(tasks) do
        local ok, err = pcall(mine.task.await, mine.task)
        assert(ok or tl.is_error(err, "CancelledError"), err)
      end
      assert.equal(0, inside)
      for _ = 1, limit do assert.is_true(sem:try()) end
      assert.is_false(sem:try())
      t.seed(0)
    end
  end)
end)
