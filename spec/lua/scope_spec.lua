-- scope_spec.lua: tl.scope: tasks that have ended when the block is left (docs/structure.md).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local function after(s, note, what)
  return function()
    tl.sleep(s)
    note(what)
    return what
  end
end

describe("tl.scope", function()
  -- holds: scope.waits
  it("waits for its tasks when the block is left, whichever way", function()
    kit.open()
    local log, note = kit.log()
    local from = tl.now()
    do
      local scope <close> = tl.scope()
      scope:spawn(after(2, note, "slow"))
      scope:spawn(after(1, note, "quick"))
      note "body"
    end
    assert.same({ "body", "quick", "slow" }, log)
    assert.equal(2, tl.now() - from)
    local function early()
      local scope <close> = tl.scope()
      scope:spawn(after(1, note, "early"))
      do return "kept", nil, 3 end
    end
    assert.same({ "kept", nil, 3, n = 3 }, table.pack(early()))
    for _ = 1, 3 do
      local scope <close> = tl.scope()
      scope:spawn(after(1, note, "loop"))
      break
    end
    assert.same({ "body", "quick", "slow", "early", "loop" }, log)
  end)

  it("gives spawn's arguments on, and each task's results by await", function()
    kit.open()
    local scope <close> = tl.scope()
    local task = scope:spawn(function(...)
      tl.sleep(1)
      return ...
    end, 1, nil, "x")
    assert.same({ 1, nil, "x", n = 3 }, table.pack(task:await()))
    assert.equal("done", task.status)
  end)

  -- holds: scope.error.block
  it("ends its tasks before an error of the block goes on", function()
    kit.open()
    local log, note = kit.log()
    local err = select(2, pcall(function()
      local scope <close> = tl.scope()
      scope:spawn(function()
        local _ <close> = tl.defer(function()
          tl.sleep(1)
          note "cleaned"
        end)
        tl.sleep(100)
      end)
      tl.sleep(1)
      error { code = 7 }
    end))
    assert.equal(7, err.code)
    assert.same({ "cleaned" }, log)
  end)

  -- holds: scope.error.task
  it("raises a task's error at the owner's wait, when the others have ended", function()
    kit.open()
    local log, note = kit.log()
    local from = tl.now()
    local err = select(2, pcall(function()
      local scope <close> = tl.scope()
      scope:spawn(function()
        local _ <close> = tl.defer(function()
          tl.sleep(1)
          note "cleaned"
        end)
        tl.sleep(100)
      end)
      scope:spawn(function()
        tl.sleep(1)
        error { code = 5 }
      end)
      tl.sleep(50)
      note "never"
    end))
    assert.equal(5, err.code)
    assert.same({ "cleaned" }, log)
    assert.equal(2, tl.now() - from)
    tl.sleep(1) -- and not once more
  end)

  it("raises it at the end of the block, and the first of two", function()
    kit.open()
    local err = select(2, pcall(function()
      local scope <close> = tl.scope()
      scope:spawn(function()
        tl.sleep(2)
        error("second", 0)
      end)
      scope:spawn(function()
        tl.sleep(1)
        error("first", 0)
      end)
    end))
    assert.equal("first", err)
  end)

  it("raises it again at each wait in the block, also when it is caught there", function()
    kit.open()
    local seen = 0
    local err = select(2, pcall(function()
      local scope <close> = tl.scope()
      scope:spawn(function() error("broken", 0) end)
      for _ = 1, 3 do
        assert.same({ false, "broken" }, { pcall(tl.sleep, 1) })
        seen = seen + 1
      end
    end))
    assert.same({ 3, "broken" }, { seen, err })
  end)

  it("waits for those that are there by wait(), and takes more after it", function()
    kit.open()
    local log, note = kit.log()
    local late
    local err = select(2, pcall(function()
      local scope <close> = tl.scope()
      scope:wait()
      scope:spawn(after(1, note, "one"))
      scope:spawn(function() scope:spawn(after(2, note, "of a child")) end)
      scope:wait()
      note "waited"
      scope:spawn(after(1, note, "two"))
      scope:wait()
      scope:spawn(function() error("x", 0) end)
      assert.same({ false, "x" }, { pcall(scope.wait, scope) })
      assert.same({ false, "x" }, { pcall(scope.wait, scope) })
      late = scope:spawn(note, "never") -- it has failed
    end))
    assert.equal("x", err)
    assert.equal("cancelled", late.status)
    assert.same({ "one", "of a child", "waited", "two" }, log)
  end)

  it("is cancelled by cancel(), which is no error", function()
    kit.open()
    local log, note = kit.log()
    local from = tl.now()
    local task
    do
      local scope <close> = tl.scope()
      task = scope:spawn(function()
        local _ <close> = tl.defer(function() note "ended" end)
        while true do tl.sleep(10) end
      end)
      tl.sleep(1)
      scope:cancel "enough"
      scope:cancel()
    end
    assert.same({ "ended" }, log)
    assert.equal(1, tl.now() - from)
    kit.raises("CancelledError", "enough", task.await, task)
    kit.raises("TypeError", "string", function()
      local scope <close> = tl.scope()
      scope:cancel(5)
    end)
  end)

  it("goes on when one of its tasks was cancelled alone", function()
    kit.open()
    local log, note = kit.log()
    do
      local scope <close> = tl.scope()
      scope:spawn(tl.sleep, 100):cancel()
      local slow = scope:spawn(tl.sleep, 100)
      scope:spawn(after(1, note, "other"))
      tl.sleep(0)
      slow:cancel()
    end
    assert.same({ "other" }, log)
  end)

  -- holds: scope.owner
  it("ends with its owner: a cancel goes to the tasks first", function()
    local tab = kit.open()
    local log, note = kit.log()
    local owner
    kit.background(tab, function()
      owner = tl.current_task()
      local _ <close> = tl.defer(function() note "owner" end)
      local scope <close> = tl.scope()
      scope:spawn(function()
        local _ <close> = tl.defer(function()
          tl.sleep(1)
          note "child"
        end)
        local inner <close> = tl.scope()
        inner:spawn(function()
          local _ <close> = tl.defer(function() note "grandchild" end)
          tl.sleep(100)
        end)
      end)
    end)
    t.advance(1)
    owner:cancel()
    t.advance(2)
    assert.same({ "grandchild", "child", "owner" }, log)
    assert.equal("cancelled", owner.status)
  end)

  it("is cut off by tl.timeout, in the block and while it is left", function()
    kit.open()
    local ended = 0
    local function child()
      local _ <close> = tl.defer(function() ended = ended + 1 end)
      tl.sleep(100)
    end
    kit.raises("TimeoutError", nil, tl.timeout, 1, function()
      local scope <close> = tl.scope()
      scope:spawn(child)
    end)
    kit.raises("TimeoutError", nil, tl.timeout, 1, function()
      local scope <close> = tl.scope()
      scope:spawn(child)
      tl.sleep(50)
    end)
    assert.equal(2, ended)
  end)

  it("nests, beside gathers", function()
    kit.open()
    local log, note = kit.log()
    local err = select(2, pcall(function()
      local outer <close> = tl.scope()
      outer:spawn(after(3, note, "outer"))
      do
        local inner <close> = tl.scope()
        inner:spawn(after(1, note, "inner"))
        tl.gather(after(0.5, note, "gathered"))
      end
      note "inner left"
      outer:spawn(function()
        tl.sleep(1)
        error("outer failed", 0)
      end)
      local inner <close> = tl.scope()
      inner:spawn(after(9, note, "never"))
      tl.gather(after(9, note, "never"))
    end))
    assert.equal("outer failed", err)
    assert.same({ "gathered", "inner", "inner left" }, log)
  end)

  it("has tasks of the owner's tab, which share self and may enter blocks", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      local scope <close> = tl.scope()
      for i = 1, 3 do
        scope:spawn(function()
          tl.sleep(i)
          tl.with_state(self, function() self.n = self.n + i end)
        end)
      end
    end)
    t.advance(3)
    assert.equal(6, tab:state "Job".n)
    assert.same({}, tab:errors())
  end)

  it("raises DeadlockError when it is left in a block that a task of it needs", function()
    local tab = kit.open()
    kit.background(tab, function(self)
      tl.with_state(self, function()
        self.n = 1
        kit.raises("DeadlockError", "scope_spec.lua:%d+ is given up", function()
          local scope <close> = tl.scope()
          scope:spawn(function() tl.with_state(self, print) end)
          tl.sleep(1) -- it stands in the line already
        end)
        kit.raises("DeadlockError", nil, function()
          local scope <close> = tl.scope()
          scope:spawn(function()
            tl.sleep(1)
            tl.with_state(self, print)
          end)
        end)
      end)
    end)
    t.advance(5)
    assert.same({}, tab:errors())
    assert.equal(1, tab:state "Job".n)
  end)

  it("works in a coroutine, and waits there", function()
    kit.open()
    local log, note = kit.log()
    local step = coroutine.wrap(function()
      local scope <close> = tl.scope()
      scope:spawn(after(1, note, "child"))
      coroutine.yield "inside"
    end)
    assert.equal("inside", step())
    step()
    assert.same({ "child" }, log)
  end)

  it("leaves its tasks to end by themselves where nothing can wait", function()
    kit.open()
    local log, note = kit.log()
    local co = coroutine.create(function()
      local scope <close> = tl.scope()
      scope:spawn(function()
        local _ <close> = tl.defer(function() note "ended" end)
        tl.sleep(100)
      end)
      tl.sleep(1)
      coroutine.yield()
    end)
    assert(coroutine.resume(co))
    assert(coroutine.close(co))
    tl.sleep(0)
    assert.same({ "ended" }, log)
    kit.raises("CannotWaitError", "sort", table.sort, { 1, 2 }, function() tl.scope() end)
  end)

  it("takes no tasks once it was left", function()
    kit.open()
    local kept
    do
      local scope <close> = tl.scope()
      kept = scope
    end
    kit.raises("ClosedError", "left", kept.spawn, kept, print)
    kept:wait()
    kit.raises("TypeError", "colon", kept.spawn, print)
    do
      local scope <close> = tl.scope()
      kit.raises("TypeError", "function", scope.spawn, scope, 5)
      local task = tl.spawn(function() kit.raises("TypeError", "only the task", scope.wait, scope) end)
      task:await()
    end
  end)

  it("that nobody closes ends with its task, and the log says so", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.background(tab, function()
      local scope = tl.scope()
      scope:spawn(function()
        local _ <close> = tl.defer(function() note "ended" end)
        tl.sleep(100)
      end)
      tl.sleep(1)
    end)
    t.advance(1)
    assert.same({ "ended" }, log)
    assert.matches("local scope <close> = tl.scope%(%)", t.log())
  end)

  it("is forgotten when nobody keeps it", function()
    kit.open()
    tl.spawn(function()
      for _ = 1, 100 do tl.scope() end
      collectgarbage()
      collectgarbage()
      tl.sleep(1)
    end):await()
  end)

  it("does not run fn's of a random tree past its end", function()
    local SEEDS <const> = 300
    for seed = 1, SEEDS do
      kit.open()
      t.seed(seed)
      math.randomseed(seed)
      local live = 0
      local function tree(depth)
        live = live + 1
        local _ <close> = setmetatable({}, { __close = function() live = live - 1 end })
        local mine = 0
        pcall(function()
          local scope <close> = tl.scope()
          for _ = 1, math.random(0, 3) do
            if depth < 4 then
              scope:spawn(function()
                mine = mine + 1
                local _ <close> = setmetatable({}, { __close = function() mine = mine - 1 end })
                tree(depth + 1)
              end)
            end
          end
          local what = math.random(8)
          if what == 1 then error "on purpose" end
          if what == 2 then scope:cancel() end
          if what == 3 then tl.timeout(math.random(), tl.sleep, math.random()) end
          if what == 4 then scope:wait() end
          tl.sleep(math.random())
        end)
        assert(mine == 0, "a task outlived its scope")
      end
      local task = tl.spawn(tree, 1)
      if seed % 3 == 0 then
        tl.sleep(math.random())
        task:cancel()
      end
      pcall(task.await, task)
      assert.equal(0, live)
      if task.status == "failed" then task:await() end
      t.seed(0)
    end
  end)
end)
