-- schedules_spec.lua: the real scheduler and lock under random programs and random orders of ready tasks, held against a naive model.
--
-- A program is a tree of handlers, background tasks, blocks, waits, errors, cancels, timeouts, gathers and events over one to three tabs.
-- Whoever asks for, enters, commits or leaves a block tells the model at that moment; the model is plain tables: the committed state of
-- each tab, who is in its block, who stands in its line. SCHEDULES=n and SEED=n in the environment: how many, and the first.

local tl, t = require "tidelock", require "tidelock.testing"
local native = require "tidelock.native"

local hooks = {}
package.loaded.tasks_random_program = hooks

local SCHEDULES = tonumber(os.getenv "SCHEDULES") or 10000
local FIRST = tonumber(os.getenv "SEED") or 1
local TICK <const> = 0.25

-- Random programs ---------------------------------------------------------------------------------

local function generator(seed)
  local s = seed * 0x9E3779B97F4A7C15 + 0x1234567
  local function rnd(n)
    s = s ~ (s << 13)
    s = s ~ (s >> 7)
    s = s ~ (s << 17)
    return (s >> 11) % n + 1
  end
  return function(n) return rnd(n) end
end

local gen = {}

local function pick(g, weights)
  local sum = 0
  for i = 2, #weights, 2 do sum = sum + weights[i] end
  local r = g.rnd(sum)
  for i = 2, #weights, 2 do
    r = r - weights[i]
    if r <= 0 then return weights[i - 1] end
  end
end

local function several(g, n, make, ...)
  local out = {}
  for i = 1, g.rnd(n) do out[i] = make(g, ...) end
  return out
end

function gen.events(g, depth)
  local out = {}
  if depth > 2 then return out end
  for i = 1, g.rnd(3) - 1 do out[i] = gen.event(g, depth + 1) end
  return out
end

function gen.event(g, depth)
  if g.rnd(2) == 1 then return { kind = "go", body = several(g, 3, gen.op, depth, {}), events = gen.events(g, depth), bad = g.rnd(12) == 1 } end
  return { kind = "work", steps = several(g, 4, gen.step, depth, {}), events = gen.events(g, depth) }
end

-- What is done inside a block. at: child (of a gather), cleanup (in a defer)
function gen.op(g, depth, at)
  local deep = depth < 4
  local what = pick(g, { "pair", 6, "push", 3, "edit", 3, "drop", 2, "name", 2, "sleep", 4, "commit", (at.child or at.cleanup) and 0 or 2, "error", 1,
    "nest", 1, "timeout", deep and 1 or 0, "gather", deep and not at.cleanup and 1 or 0, "await", 1, "cancel", 1, "turn", 2, "wrapped", deep and 1 or 0 })
  local op = { what = what, n = g.rnd(4) }
  if what == "commit" then op.events = gen.events(g, depth) end
  if what == "timeout" or what == "wrapped" then op.body = several(g, 3, gen.op, depth + 1, { child = true, cleanup = at.cleanup }) end
  if what == "gather" then op.children = several(g, 3, function() return several(g, 2, gen.step, depth + 2, { child = true }) end) end
  return op
end

-- What a task does outside.
function gen.step(g, depth, at)
  local deep = depth < 4
  local what = pick(g, { "block", 10, "sleep", 4, "turn", 2, "events", at.child and 0 or 2, "timeout", deep and 3 or 0, "gather", deep and 3 or 0,
    "await", 2, "cancel", 2, "defer", deep and 2 or 0, "outside", 2, "throw", 1, "wrapped", deep and 1 or 0 })
  local step = { what = what, n = g.rnd(4) }
  if what == "block" then
    step.how, step.tab = pick(g, { "with_state", 4, "lock", 3, "modify", 2 }), g.rnd(g.tabs)
    step.body = several(g, 4, gen.op, depth + 1, at)
  elseif what == "events" then
    step.events = gen.events(g, depth)
  elseif what == "timeout" or what == "wrapped" then
    step.steps = several(g, 3, gen.step, depth + 1, what == "timeout" and at or { child = true }) -- a coroutine's yields are its own
  elseif what == "gather" then
    step.children = several(g, 3, function() return several(g, 2, gen.step, depth + 2, { child = true }) end)
  elseif what == "defer" then
    step.steps = several(g, 3, gen.step, depth + 1, at)
    step.body = several(g, 2, gen.op, depth + 1, { cleanup = true, child = at.child })
  end
  return step
end

function gen.program(seed)
  local g = { rnd = generator(seed) }
  g.tabs = g.rnd(3)
  local arrivals = {}
  for i = 1, 2 + g.rnd(5) do
    arrivals[i] = { tab = g.rnd(g.tabs), after = g.rnd(4) - 1, event = gen.event(g, 0) }
  end
  return { seed = seed, tabs = g.tabs, arrivals = arrivals }
end

-- The model -------------------------------------------------------------------------------------

local M -- of the schedule that runs

local function copy(v)
  if type(v) ~= "table" then return v end
  local out = {}
  for k, x in pairs(v) do out[k] = copy(x) end
  return out
end

local function equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for k, x in pairs(a) do if not equal(x, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end

-- What happened, for a failure's message.
local function note(me, fmt, x)
  local log = M.log
  log[#log + 1] = { tl.now(), me, fmt, x }
end

local function story()
  local out = {}
  for i, entry in ipairs(M.log) do
    local at, me, fmt, x = table.unpack(entry, 1, 4)
    out[i] = ("%7.2f  %s %d%s "):format(at - M.from, me.kind, me.id, me.parent and " of " .. me.parent.id or "") .. fmt:format(tostring(x))
  end
  return table.concat(out, "\n")
end

local function fail(fmt, ...)
  if not M.failure then
    M.failure = fmt:format(...)
    note({ kind = "model", id = 0 }, "complains: %s", M.failure)
  end
  error("the model complains", 0)
end

-- Our errors, cancels and timeouts are what the program does; anything else is a fault of the host.
local function note_error(err)
  if type(err) == "table" and (err.oops or tl.is_error(err)) then return end
  M.failure = M.failure or "an unforeseen error: " .. tostring(err)
end

local function pending(me)
  if me.masks > 0 then return false end
  if me.cancelled then return true end
  for _, deadline in ipairs(me.deadlines) do if deadline <= tl.now() then return true end end
  return false
end

-- In its block it has caught what was to end it, and would be ended again: the block is not kept.
local function caught(me) return me.caught and pending(me) end

-- May its wait be ended from outside by now?
local function may_give_up(me)
  if me.cancelled then return true end
  for _, deadline in ipairs(me.deadlines) do if deadline <= tl.now() then return true end end
  return me.parent and (me.group.failed or me.group.inside or may_give_up(me.parent)) or false
end

local function name(me) return ("%s %d"):format(me.kind, me.id) end

local function ask(me, tab)
  local line = M.tabs[tab].line
  note(me, "asks for tab %s", tab)
  line[#line + 1] = me
end

local function leave_line(me, tab)
  note(me, "leaves the line of tab %s", tab)
  local line = M.tabs[tab].line
  for i, other in ipairs(line) do
    if other == me then
      me.passed = nil
      return table.remove(line, i)
    end
  end
  fail("%s is not in the line of tab %d", name(me), tab)
end

local function content(state)
  return { x = state.x, y = state.y, items = tl.copy(state.items), names = tl.copy(state.names) }
end

local function enter(me, tab, state)
  local m = M.tabs[tab]
  M.blocks = M.blocks + 1
  if m.holder then fail("%s entered tab %d, in which is %s", name(me), tab, name(m.holder)) end
  if me.passed then fail("%s entered tab %d after others had passed it", name(me), tab) end
  if me.cancelled and me.masks == 0 then fail("%s entered tab %d after it was cancelled", name(me), tab) end
  for _, other in ipairs(m.line) do
    if other == me then break end
    if not may_give_up(other) then fail("%s entered tab %d before %s, which came first", name(me), tab, name(other)) end
    other.passed = true
  end
  leave_line(me, tab)
  m.holder, me.caught = me, nil
  if not equal(content(state), m.committed) then
    fail("%s found in tab %d what nobody committed: %s instead of %s", name(me), tab, tl.json.encode(content(state)), tl.json.encode(m.committed))
  end
  if state.total ~= state.x + state.y then fail("the computed var of tab %d is %s", tab, state.total) end
  m.staged = copy(m.committed)
end

local function check_inside(me, tab)
  if M.tabs[tab].holder ~= me then fail("%s goes on in tab %d, which it does not hold", name(me), tab) end
end

local function commit(me, tab)
  note(me, "commits")
  check_inside(me, tab)
  local m = M.tabs[tab]
  m.committed = copy(m.staged)
end

local function leave(me, tab)
  note(me, "leaves tab %s", tab)
  check_inside(me, tab)
  M.tabs[tab].holder, M.tabs[tab].staged = nil, nil
end

-- Actors ----------------------------------------------------------------------------------------

local function actor(kind, tab, program, parent, group)
  local me = { id = #M.actors + 1, kind = kind, tab = tab, program = program, parent = parent, group = group, deadlines = {}, masks = 0 }
  M.actors[me.id] = me
  return me
end

-- An event was queued: a handler stands in the line from now on.
local function arrive(tab, event)
  local me = actor(event.kind, tab, event)
  if event.kind == "go" then ask(me, tab) end
  return hooks.Job[event.kind](me.id)
end

local function arrive_all(tab, events)
  local out = {}
  for i, event in ipairs(events) do out[i] = arrive(tab, event) end
  return out
end

local function live_actor(n, test)
  local found = {}
  for _, other in ipairs(M.actors) do
    if other.task and not other.ended and test(other) then found[#found + 1] = other end
  end
  return #found > 0 and found[(n * 7919) % #found + 1] or nil
end

-- Goes on after what the program itself raised; not after a cancel or a timeout of one's own.
local function go_on(me, ok, err, ...)
  if ok then return err, ... end
  note(me, "meets %s", err)
  note_error(err)
  if pending(me) or (type(err) == "table" and err.name == "CancelledError") then error(err, 0) end
end

local run_steps, run_body

local function timed(me, n, fn)
  me.deadlines[#me.deadlines + 1] = tl.now() + n * TICK
  local ok, err = pcall(tl.timeout, n * TICK, fn)
  local deadline = table.remove(me.deadlines)
  if not ok and type(err) == "table" and err.name == "TimeoutError" and deadline > tl.now() and not may_give_up(me) then
    fail("%s: a timeout was over too early", name(me))
  end
  go_on(me, ok, err)
end

local function gather(me, self, children, inside)
  local group, fns = { inside = inside }, {}
  local outer = me.group_of
  me.group_of = group
  for i, steps in ipairs(children) do
    local child = actor("child", me.tab, nil, me, group)
    group[i] = child
    fns[i] = function()
      child.task = tl.current_task()
      local ok, err = pcall(run_steps, child, self, steps)
      child.ended = true
      if not ok then
        group.failed = true
        error(err, 0)
      end
      return i
    end
  end
  local results = table.pack(pcall(tl.gather, table.unpack(fns)))
  me.group_of = outer
  for i, child in ipairs(group) do
    if child.task and not child.ended then fail("%s goes on and its child %d has not ended", name(me), child.id) end
    if results[1] and results[i + 1] ~= i then fail("the results of %s are not in order", name(me)) end
  end
  go_on(me, results[1], results[2])
end

local function cancel(me, n)
  local other = live_actor(n, function(other) return other.kind ~= "child" or other.parent end)
  if not other then return end
  other.cancelled = true
  other.task:cancel("by " .. name(me))
end

local function await(me, n)
  local other = live_actor(n, function(other) return other.kind == "work" end)
  if not other then return end
  note(me, "awaits %s", other.id)
  go_on(me, pcall(other.task.await, other.task))
end

local function wrapped(me, fn)
  local each = coroutine.wrap(function()
    coroutine.yield "ready"
    fn()
    return "end"
  end)
  if each() ~= "ready" or each() ~= "end" then fail("%s: the coroutine gave something else", name(me)) end
end

local ops = {}

function ops.pair(_, state, m, op)
  M.next = M.next + 1
  state.x = M.next
  if op.n == 1 then tl.sleep(0) end
  if op.n == 2 then tl.sleep(TICK) end
  state.y = state.x
  m.staged.x, m.staged.y = state.x, state.x
end

function ops.push(_, state, m)
  if #m.staged.items > 5 then return end
  M.next = M.next + 1
  state.items:push { id = M.next, list = { 1 } }
  table.insert(m.staged.items, { id = M.next, list = { 1 } })
end

function ops.edit(_, state, m, op)
  local i = #m.staged.items > 0 and op.n % #m.staged.items + 1
  if not i then return end
  M.next = M.next + 1
  table.insert(state.items[i].list, 1, M.next)
  state.items[i].list[3] = nil
  local list = m.staged.items[i].list
  table.insert(list, 1, M.next)
  list[3] = nil
end

function ops.drop(_, state, m, op)
  local i = #m.staged.items > 0 and op.n % #m.staged.items + 1
  if not i then return end
  table.remove(state.items, i)
  table.remove(m.staged.items, i)
end

function ops.name(_, state, m, op)
  local key = "k" .. op.n
  M.next = M.next + 1
  local v = m.staged.names[key] == nil and M.next or nil
  state.names[key] = v
  m.staged.names[key] = v
end

function ops.sleep(_, _, _, op) tl.sleep(op.n * TICK) end
function ops.turn() tl.sleep(0) end

function ops.commit(me, state, m, op)
  state._n = state._n + 1
  if pending(me) then
    if pcall(coroutine.yield) then fail("%s: a yield after a cancel did not raise", name(me)) end
    me.caught = true
    return
  end
  if state.x ~= state.y then fail "the program itself commits a torn pair" end
  m.committed = copy(m.staged)
  coroutine.yield(arrive_all(m.tab, op.events)) -- events are of the tab whose block it is
end

function ops.error() error { oops = true } end

function ops.nest(me, state)
  local ok, err = pcall(tl.with_state, state, function() fail("%s nests", name(me)) end)
  if ok or not tl.is_error(err, "ImmutableStateError") then fail("%s: nesting gave %s", name(me), tostring(err)) end
end

function ops.timeout(me, state, m, op) timed(me, op.n, function() run_body(me, state, m.tab, op.body) end) end
function ops.wrapped(me, state, m, op) wrapped(me, function() run_body(me, state, m.tab, op.body) end) end
function ops.gather(me, state, _, op) gather(me, state, op.children, true) end
function ops.await(me, _, _, op) await(me, op.n) end
function ops.cancel(me, _, _, op) cancel(me, op.n) end

-- A body that is torn inside a pair by a caught timeout or error puts the pair right before anything is committed.
function run_body(me, state, tab, body)
  local m = M.tabs[tab]
  for _, op in ipairs(body) do
    note(me, "%s", op.what)
    if op.what == "timeout" or op.what == "wrapped" then
      ops[op.what](me, state, m, op)
      check_inside(me, tab)
      state.x, state.y = m.staged.x, m.staged.y
    else
      ops[op.what](me, state, m, op)
    end
    check_inside(me, tab)
  end
  if not equal(content(state), m.staged) then
    fail("%s sees %s in its block instead of %s", name(me), tl.json.encode(content(state)), tl.json.encode(m.staged))
  end
end

local function block(me, self, step)
  local tab, entered, kept = step.how == "modify" and step.tab or me.tab, false, false
  local function inner(state)
    entered = true
    enter(me, tab, state)
    local ok, err = pcall(run_body, me, state, tab, step.body)
    kept = ok and not caught(me)
    if kept then commit(me, tab) end
    leave(me, tab)
    if not ok then error(err, 0) end
    M.stash = state.items
    return "result", me.id
  end
  ask(me, tab)
  local results
  if step.how == "with_state" then
    results = table.pack(pcall(tl.with_state, self, inner))
  elseif step.how == "modify" then
    results = table.pack(pcall(tl.modify_state, M.tabs[tab].token, hooks.Job, inner))
  else
    results = table.pack(pcall(function()
      local _ <close> = tl.lock(self)
      return inner(self)
    end))
  end
  if not entered then leave_line(me, tab) end
  if not results[1] and not entered and tl.is_error(results[2], "ImmutableStateError") then
    fail("%s still held a lock: %s", name(me), tostring(results[2]))
  end
  if results[1] and not kept then fail("%s: its block ended well although it has caught its end", name(me)) end
  if results[1] and (results[2] ~= "result" or results[3] ~= me.id) then fail("%s: its block's results are lost", name(me)) end
  go_on(me, results[1], results[2])
end

local steps = {}

steps.block = block
function steps.sleep(me, _, step)
  local from = tl.now()
  tl.sleep(step.n * TICK)
  if tl.now() < from + step.n * TICK then fail("%s slept too short", name(me)) end
end
function steps.turn() tl.sleep(0) end
function steps.events(me, _, step)
  if pending(me) then return end
  coroutine.yield(arrive_all(me.tab, step.events))
end
function steps.timeout(me, self, step) timed(me, step.n, function() run_steps(me, self, step.steps) end) end
function steps.wrapped(me, self, step) wrapped(me, function() run_steps(me, self, step.steps) end) end
function steps.gather(me, self, step) gather(me, self, step.children, false) end
function steps.await(me, _, step) await(me, step.n) end
function steps.cancel(me, _, step) cancel(me, step.n) end
function steps.throw() error { oops = true } end

function steps.defer(me, self, step)
  local _ <close> = tl.defer(function()
    me.masks = me.masks + 1
    local ok, err = pcall(block, me, self, { how = "with_state", body = step.body })
    me.masks = me.masks - 1
    if not ok then error(err, 0) end
  end)
  run_steps(me, self, step.steps)
end

function steps.outside(me, self)
  if self.x ~= self.y then fail("%s sees a torn pair outside: %d, %d", name(me), self.x, self.y) end
  for _, write in ipairs { function() self.x = -1 end, function() self.items:push(-1) end, function() table.insert(self.items, -1) end,
    function() M.stash:push(-1) end } do
    if pcall(write) then fail("%s wrote outside", name(me)) end
  end
end

function run_steps(me, self, list)
  for _, step in ipairs(list) do
    note(me, "%s", step.what)
    steps[step.what](me, self, step)
  end
end

function hooks.handler(self, id)
  local me = M.actors[id]
  me.task = tl.current_task()
  enter(me, me.tab, self)
  local ok, err = pcall(run_body, me, self, me.tab, me.program.body)
  me.ended = true
  if not ok then
    note_error(err)
    leave(me, me.tab)
    error(err, 0)
  end
  if me.program.bad then
    leave(me, me.tab)
    return 5
  end
  if caught(me) then return leave(me, me.tab) end
  commit(me, me.tab)
  leave(me, me.tab)
  return arrive_all(me.tab, me.program.events)
end

function hooks.task(self, id)
  local me = M.actors[id]
  me.task = tl.current_task()
  local ok, err = pcall(run_steps, me, self, me.program.steps)
  me.ended = true
  if not ok then
    note_error(err)
    error(err, 0)
  end
  return arrive_all(me.tab, me.program.events)
end

-- One schedule ----------------------------------------------------------------------------------

local function check_page(tab, m, version)
  for i, delta in ipairs(tab:deltas()) do
    local job = delta.patch.Job or {}
    if delta.version ~= version + i then fail("version %d follows %d", delta.version, version + i - 1) end
    if job.x ~= job.y then fail("a torn pair was sent: %s", tl.json.encode(job)) end
  end
  local page = tab:state "Job"
  if not equal({ x = page.x, y = page.y, items = page.items, names = page.names }, m.committed) then
    fail("the page shows %s instead of %s", tl.json.encode(page), tl.json.encode(m.committed))
  end
  if page.total ~= page.x + page.y then fail("the page's computed var is %s", page.total) end
end

local function forget(tab)
  tab.link.deltas, tab.received_errors, tab.received_effects = {}, {}, {}
  return tab.link.version
end

local function run(program, tabs, tokens)
  M = { actors = {}, tabs = {}, next = 0, blocks = 0, log = {}, from = tl.now() }
  for i = 1, program.tabs do
    M.tabs[i] = { tab = i, token = tokens[i], line = {}, committed = { x = 0, y = 0, items = {}, names = {} } }
    tabs[i]:send_event("Job.restart", {})
  end
  t.settle()
  local versions = {}
  for i = 1, program.tabs do versions[i] = forget(tabs[i]) end
  t.seed(program.seed)
  for _, arrival in ipairs(program.arrivals) do
    if arrival.after > 0 then native.advance(arrival.after * TICK) end
    local event = arrive(arrival.tab, arrival.event)
    tabs[arrival.tab]:send_event(event.handler, { event.args[1] })
  end
  t.advance(300)
  t.seed(0)
  for i, m in ipairs(M.tabs) do
    if m.holder then fail("%s never left tab %d", name(m.holder), i) end
    if m.line[1] then fail("%s still stands in the line of tab %d", name(m.line[1]), i) end
    check_page(tabs[i], m, versions[i])
  end
  local left = native.leftovers()
  if #left > 1 then fail("still there: %s", table.concat(left, "; ")) end
  return M.blocks
end

-- The program as text, for a failure's message.
local function shown(v, indent)
  if type(v) ~= "table" then return tostring(v) end
  local keys, out = {}, {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do out[#out + 1] = (type(k) == "number" and "" or k .. " = ") .. shown(v[k], indent .. "  ") end
  local flat = "{ " .. table.concat(out, ", ") .. " }"
  return #flat < 100 and flat or "{\n" .. indent .. "  " .. table.concat(out, ",\n" .. indent .. "  ") .. " }"
end

local function run_many(first, n)
  local tabs, tokens = {}, {}
  for i = 1, 3 do
    tabs[i] = t.open("spec/lua/apps/tasks_random.lua", "/")
    tokens[i] = tabs[i].link.token
  end
  local blocks = 0
  for seed = first, first + n - 1 do
    local program = gen.program(seed)
    local ok, result = pcall(run, program, tabs, tokens)
    if not ok or M.failure then
      error(("SEED=%d SCHEDULES=1: %s\n%s"):format(seed, M.failure or tostring(result), shown(program, "")
        .. "\n" .. story()), 0)
    end
    blocks = blocks + result
  end
  assert(n < 50 or blocks > n, "the programs enter too few blocks to prove anything")
end

describe("random schedules", function()
  local each = math.min(1000, SCHEDULES)
  for first = FIRST, FIRST + SCHEDULES - 1, each do
    it(("agree with the model: %d to %d"):format(first, first + each - 1), function() run_many(first, each) end)
  end
end)
