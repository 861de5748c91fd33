-- chains_spec.lua: events that handlers and tasks return and yield: their order, their tab, the page that they came from, how many
-- may wait; and tl.on_error, which answers with the same (contract, sections 2 and 3).
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local SEEDS <const> = tonumber(os.getenv "SCHEDULES") or 300

-- A tree of events: { name, at = { children by yield, ... }, back = children by return }. Nothing in it waits, so that a naive
-- queue tells the order: what is chained goes to its end.
local function random_tree(rnd, depth, count)
  count.n = count.n + 1
  local node = { name = count.n, at = {}, fails = rnd(9) == 1, back = {} }
  local function children()
    local list = {}
    if depth < 4 and count.n < 60 then
      for i = 1, rnd(4) - 1 do list[i] = random_tree(rnd, depth + 1, count) end
    end
    return list
  end
  for i = 1, rnd(3) - 1 do node.at[i] = children() end
  node.back = children()
  return node
end

-- What the naive queue runs, as a list of names, and how many of them succeed; a failed one chains what it yielded and not what it would have returned.
local function model(roots)
  local queue, out, at, done = { table.unpack(roots) }, {}, 1, 0
  while queue[at] do
    local node = queue[at]
    out[#out + 1], at = node.name, at + 1
    for _, list in ipairs(node.at) do table.move(list, 1, #list, #queue + 1, queue) end
    if not node.fails then
      done = done + 1
      table.move(node.back, 1, #node.back, #queue + 1, queue)
    end
  end
  return out, done
end

local function event_of(node, note)
  return kit.go(function(self)
    note(node.name)
    self.n = self.n + 1
    local function events(list)
      local out = {}
      for i, child in ipairs(list) do out[i] = event_of(child, note) end
      return out
    end
    for _, list in ipairs(node.at) do coroutine.yield(events(list)) end
    self.a = self.a + 1
    if node.fails then error "this one fails" end
    return events(node.back)
  end)
end

describe("random trees of chains", function()
  -- holds: handler.chain.end
  it("run as a naive queue would run them, each once, whatever fails among them", function()
    local tab = kit.open()
    for seed = 1, SEEDS do
      math.randomseed(seed)
      local roots, count = {}, { n = 0 }
      for i = 1, math.random(3) do roots[i] = random_tree(math.random, 1, count) end
      local log, note = kit.log()
      local before = tab:state "Job".a
      for _, root in ipairs(roots) do
        local event = event_of(root, note)
        tab:send_event("Job.go", { event.args[1] })
      end
      t.settle()
      local expected, done = model(roots)
      if tl.json.encode(expected) ~= tl.json.encode(log) then
        error(("seed %d: %s instead of %s"):format(seed, tl.json.encode(log), tl.json.encode(expected)))
      end
      assert.equal(done, tab:state "Job".a - before, "seed " .. seed)
      t.advance(1) -- event_rate
    end
  end)
end)

describe("a chain", function()
  -- holds: handler.error.nothing
  it("goes on after an error in one of its events; what that one wrote is undone", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.handle(tab, function()
      return {
        kit.go(function(self) note "first" self.n = 1 end),
        kit.go(function(self) note "second" self.n = 2 error "no" end),
        kit.go(function(self) note("third " .. self.n) end),
      }
    end)
    assert.same({ "first", "second", "third 1" }, log)
    assert.equal(1, #tab:errors())
    assert.equal("Job.go", tab:errors()[1].task)
    assert.equal(tl.null, tab:errors()[1].event or tl.null)
  end)

  -- holds: handler.chain.end
  it("of fifty that are yielded at once is joined by what the page sends meanwhile, at its place in the line", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.send(tab, function()
      local list = {}
      for i = 1, 50 do list[i] = kit.go(function() note(i) end) end
      coroutine.yield(list)
      tl.sleep(1)
      return kit.go(function() note "returned" end)
    end)
    t.settle()
    kit.send(tab, function() note "page" end)
    t.advance(1)
    local expected = {}
    for i = 1, 50 do expected[i] = i end
    expected[51], expected[52] = "page", "returned"
    assert.same(expected, log)
  end)

  -- holds: task.start.at_once
  it("starts a background task among handlers at once, the handlers in their order", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.handle(tab, function()
      coroutine.yield { kit.go(function() note "one" end), kit.work(function() note "task" end), kit.go(function() note "two" end) }
      tl.sleep(0)
      note "end"
    end)
    assert.same({ "task", "end", "one", "two" }, log)
  end)

  -- holds: message.effects.commit
  it("sends each effect with or after the commit that it came with, in the order of the list", function()
    local tab = kit.open()
    local shown = {}
    local run = tab.run_effect
    tab.run_effect = function(self, effect)
      shown[#shown + 1] = effect[2] .. " at " .. tab:state "Job".n
      return run(self, effect)
    end
    kit.handle(tab, function(self)
      self.n = 1
      coroutine.yield { tl.toast "a", kit.go(function(s) s.n = 3 return tl.toast "d" end), tl.toast "b" }
      self.n = 2
      return tl.toast "c"
    end)
    assert.same({ "a at 1", "b at 1", "c at 3", "d at 3" }, shown)
  end)

  -- holds: task.yield.outside, task.yield.inside
  it("from a block is committed with it, from outside it needs no lock", function()
    local tab = kit.open()
    local log, note = kit.log()
    kit.background(tab, function(self)
      coroutine.yield(kit.go(function(s) note("outside " .. s.n) end))
      tl.with_state(self, function()
        self.n = 5
        coroutine.yield(kit.go(function(s) note("inside " .. s.n) end))
        self.n = 6
      end)
      return kit.go(function(s) note("returned " .. s.n) end)
    end)
    assert.same({ "outside 0", "inside 6", "returned 6" }, log)
  end)

  it("from a block of modify_state is of the tab whose block it is, also in a task of no tab", function()
    local one, two = kit.open(), kit.another()
    local token = two.link.token
    local ran
    local function in_block(self)
      self.n = self.n + 1
      coroutine.yield { tl.toast "for you", kit.go(function(s) ran = s:get_token() end) }
    end
    kit.background(one, function() tl.modify_state(token, kit.Job, in_block) end)
    assert.equal(token, ran)
    assert.same({}, one:effects())
    assert.same({ "toast", "for you", {} }, two:effects()[1])
    kit.background(one, function() tl.spawn(tl.modify_state, token, kit.Job, in_block):await() end)
    assert.equal(2, #two:effects())
    assert.same({}, one:errors())
    local err
    kit.background(one, function()
      err = select(2, pcall(function() tl.spawn(function() coroutine.yield(tl.back()) end):await() end))
    end)
    assert.matches("belongs to no tab", err.message)
  end)

  it("that on_load begins runs as any other", function()
    local log, note = kit.log()
    kit.open { on_load = function()
      return { kit.program.Job.go "one", kit.program.Job.go "two" }
    end, one = function() note "one" return kit.program.Job.go "three" end, two = function() note "two" end, three = function() note "three" end }
    assert.same({ "one", "two", "three" }, log)
  end)
end)

describe("queue_limit", function()
  it("refuses a handler that chains more than there is room for, which is rolled back and told so", function()
    local tab = kit.open { config = { queue_limit = 10 } }
    local ran = 0
    local function chain(n)
      return function(self)
        self.n = n
        local list = {}
        for i = 1, n do list[i] = kit.go(function() ran = ran + 1 end) end
        return list
      end
    end
    kit.handle(tab, chain(10))
    assert.equal(10, ran)
    kit.handle(tab, chain(11))
    assert.equal(10, ran)
    assert.equal("EventError", tab:errors()[1].name)
    assert.matches("Job.go chains 11 more, and 0 wait in this tab's queue already; it takes 10 %(queue_limit", tab:errors()[1].message)
    assert.equal(10, tab:state "Job".n)
  end)

  it("holds a chain that grows without end, and the tab goes on", function()
    local tab = kit.open { config = { queue_limit = 50 } }
    local name
    local left = 2000
    name = kit.name(function()
      left = left - 1
      if left > 0 then return { kit.Job.go(name), kit.Job.go(name) } end
    end)
    kit.handle(tab, kit.program[name])
    assert.is_true(#tab:errors() > 0)
    kit.handle(tab, function(self) self.n = 7 end)
    assert.equal(7, tab:state "Job".n)
  end)
end)

describe("the page that an event came from", function()
  local function open() return t.open("spec/lua/apps/routes.lua", "/a?x=1") end
  local function sorted(list)
    table.sort(list)
    return list
  end

  it("is what its handler and all that this chains are told, when the page has moved on meanwhile", function()
    local tab = open()
    tab:click "Slow"
    tab:go "/b"
    t.advance(1)
    tab:click "Fast"
    t.advance(5)
    assert.same({ "fast /b", "from task /a", "next /a", "slow /a", "slow end /a", "task /b" }, sorted(tab:state "Log".lines))
  end)

  it("is kept by what waits in the line", function()
    local tab = open()
    tab:click "Slow"
    tab:click "Fast"
    tab:go "/b"
    tab:click "Fast"
    t.advance(5)
    local lines = sorted(tab:state "Log".lines)
    assert.same({ "fast /a", "fast /b" }, { lines[1], lines[2] })
  end)

  -- holds: router.event
  it("is kept by what waits for a connection, and by what was sent and not answered", function()
    local tab = open()
    tab:click "Fast"
    tab:stall "host"
    tab:go "/b"
    tab:disconnect()
    tab:click "Fast"
    tab:go "/a"
    tab:click "Fast"
    tab:reconnect()
    assert.same({ "fast /a", "fast /b", "fast /a" }, tab:state "Log".lines)
  end)
end)

describe("tl.on_error", function()
  local function answering(fn)
    return kit.open { while_loading = function() tl.on_error(fn) end }
  end

  -- holds: handler.on_error
  it("gets the error, the name and the reference of what failed, whatever it was", function()
    local seen = {}
    local tab = answering(function(err, name, ref) seen[#seen + 1] = { name, tostring(err), ref } end)
    kit.handle(tab, function() error("in a handler", 0) end)
    kit.handle(tab, function() return kit.go(function() error("in a chained one", 0) end) end)
    kit.background(tab, function() error("in a task", 0) end)
    kit.handle(tab, function() tl.spawn(function() error("in a task of no tab", 0) end) end)
    assert.same({ "Job.go", "Job.go", "Job.work" }, { seen[1][1], seen[2][1], seen[3][1] })
    assert.matches("chains_spec.lua:%d+", seen[4][1]) -- it has no name but its place
    assert.same({ "in a handler", "in a chained one", "in a task", "in a task of no tab" }, { seen[1][2], seen[2][2], seen[3][2], seen[4][2] })
    assert.equal(tab:errors()[1].ref, seen[1][3])
    assert.is_nil(tab:errors()[1].answered)
  end)

  it("answers for a failing on_load, and for a computed var", function()
    local tab = kit.open { while_loading = function()
      tl.on_error(function(_, name) return tl.toast(name) end)
    end, on_load = function() error "no" end, in_computed = function(self) if self.n == 9 then error "nine" end end }
    assert.equal(1, #tab:errors())
    assert.is_true(tab:errors()[1].answered)
    local before = #tab:effects()
    kit.handle(tab, function(self) self.n = 9 end)
    assert.equal(9, tab:state "Job".n)
    assert.equal(before + 1, #tab:effects())
    assert.matches("^Job%.", tab:effects()[before + 1][2])
  end)

  it("marks what it has answered, so that the page does not say more", function()
    local tab = answering(function() return tl.toast "Sorry" end)
    kit.handle(tab, function() error "no" end)
    assert.is_true(tab:errors()[1].answered)
    assert.same({ "toast", "Sorry", {} }, tab:effects()[1])
  end)

  it("that fails, or answers what is no event, answers nothing; the log says so", function()
    local tab = answering(function(err) if tostring(err):find "twice" then error "worse" end return 5 end)
    kit.handle(tab, function() error "twice" end)
    assert.matches("the function of tl.on_error failed itself: .*worse", t.log())
    kit.handle(tab, function() error "once" end)
    assert.matches("the function of tl.on_error returned or yielded number", t.log())
    assert.equal(2, #tab:errors())
    assert.is_nil(tab:errors()[2].answered)
  end)

  it("writes nothing, wherever it is asked", function()
    local errs = {}
    local kept
    local tab = kit.open { while_loading = function()
      tl.on_error(function() errs[#errs + 1] = select(2, pcall(function() kept.n = 77 end)) end)
    end, in_computed = function(self) if self.n == 9 then error "nine" end end }
    kit.handle(tab, function(self)
      kept = self
      self.n = 9
      coroutine.yield()
      error "after"
    end)
    assert.equal(2, #errs)
    for _, err in ipairs(errs) do assert.is_true(tl.is_error(err, "ImmutableStateError")) end
    assert.equal(9, tab:state "Job".n)
  end)
end)

describe("effects for a page without a connection", function()
  -- holds: effect.kept
  it("are the last 64, and arrive with the resume", function()
    local tab = kit.open()
    kit.start(tab, function()
      tl.sleep(1)
      for i = 1, 100 do coroutine.yield(tl.toast(tostring(i))) end
    end)
    t.settle()
    tab:disconnect()
    t.advance(2)
    tab:reconnect()
    assert.equal(64, #tab:effects())
    assert.equal("37", tab:effects()[1][2])
    assert.equal("100", tab:effects()[64][2])
  end)

  it("are bounded by effect_limit: the oldest go, and one that is too large is not kept", function()
    local tab = kit.open { config = { effect_limit = 1000 } }
    kit.start(tab, function()
      tl.sleep(1)
      for i = 1, 10 do coroutine.yield(tl.toast(i .. ("x"):rep(300))) end
      coroutine.yield(tl.toast(("y"):rep(2000)))
      coroutine.yield(tl.toast "last")
    end)
    t.settle()
    tab:disconnect()
    t.advance(2)
    tab:reconnect()
    assert.same({ "last" }, { tab:effects()[1][2] })
    assert.matches("an effect of 20%d%d bytes is more than is kept for a page without a connection %(effect_limit%)", t.log())
    kit.handle(tab, function() return { tl.toast(("z"):rep(3000)), tl.toast "small" } end)
    assert.equal(3000, #tab:effects()[2][2])
    assert.equal("small", tab:effects()[3][2])
  end)
end)
