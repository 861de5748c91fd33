--- orders.lua: an `it` in many orders, for the runner: what busted does with a test, but without telling anybody until it is known
--- whether, and how, it fails.
--
-- May use: chance, native, pages, schedules, story, tab, testing, where, busted.

local chance = require "tidelock.chance"
local native = require "tidelock.native"
local pages = require "tidelock.pages"
local schedules = require "tidelock.schedules"
local story = require "tidelock.story"
local tab = require "tidelock.tab"
local testing = require "tidelock.testing"
local where = require "tidelock.where"

where.register()

local orders = {}

-- One run ---------------------------------------------------------------------------------------

local function hooks_of(busted, block, parent, descriptor)
  local out = {}
  while parent do
    for i, hook in ipairs(parent[descriptor] or {}) do
      hook.env = hook.env or {}
      block.rejectAll(hook)
      table.insert(out, descriptor == "before_each" and i or #out + 1, hook)
    end
    parent = busted.context.parent(parent)
  end
  return out
end

-- Runs one function of the test; gives what went wrong in it: { status, message, trace }, or nil.
local function problem_in(busted, element, fn)
  local problem
  busted.context.push(element)
  xpcall(fn, function(err)
    local meta = debug.getmetatable(err)
    local kind = type(meta) == "table" and meta.__type
    local trace = busted.getTrace(element, 3, err)
    problem = { status = kind == "failure" and "failure" or kind == "pending" and "pending" or "error",
      message = busted.rewriteMessage(element, err, trace), trace = trace }
  end)
  busted.context.pop()
  return problem
end

local function run_all(busted, test)
  local problem, finally
  local function step(element, fn)
    problem = problem_in(busted, element, fn) or problem
    return problem == nil
  end
  test.element.env.finally = function(fn) finally = fn end
  for _, hook in ipairs(test.before) do
    if not step(hook, hook.run) then break end
  end
  if not problem then step(test.element, test.element.run) end
  if not problem then step(test.element, testing.check_lost_updates) end
  if finally then step(test.element, finally) end
  for _, hook in ipairs(test.after) do step(hook, hook.run) end
  return problem
end

-- One run in an order. `told`: the steps are noted, and come as a table.
local function attempt(busted, test, order, told)
  testing.begin()
  schedules.begin(order)
  if told then story.tell(true) end
  local problem = run_all(busted, test)
  local steps = told and story.table() or nil
  story.tell(false)
  problem = problem_in(busted, test.element, testing.finish) or problem
  local _, deviations, widths = native.deviations()
  native.seed(0)
  return { ok = problem == nil or problem.status == "pending", problem = problem, steps = steps, deviations = deviations,
    widths = widths, order = order, has_choice = #widths > 0 or chance.was_asked() }
end

-- Telling ---------------------------------------------------------------------------------------

local function plural(n, word) return ("%d %s%s"):format(n, word, n == 1 and "" or "s") end

-- Why it failed in an order in which no step is out of turn, and passed in the ordinary one.
local function other_cause(shortest)
  if shortest.random then return ("What math.random gives is enough: --replay %s"):format(schedules.name(shortest)) end
  return "It passed in the ordinary order, and failed in it later: it depends on more than the order of its tasks. "
    .. "What it keeps between two runs, in a module or a file, may be the cause."
end

-- What is added to a failure's message: in which order it came, and the table.
local function explain(first, shortest)
  local n = #shortest.deviations // 2
  local lines = { "" }
  local drawn = first.order.seed
  if drawn and (n > 0 or shortest.random) then
    lines[#lines + 1] = ("The ordinary order passes; order %d fails (--replay %d)."):format(drawn, drawn)
  end
  if n > 0 then
    lines[#lines + 1] = ("%s out of turn (*) %s enough: --replay %s"):format(plural(n, "step"), n == 1 and "is" or "are",
      schedules.name(shortest))
  else
    lines[#lines + 1] = drawn and other_cause(shortest) or "This is the ordinary order."
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = shortest.steps
  return table.concat(lines, "\n")
end

local function publish(busted, element, problem, extra)
  local message = problem.message
  if extra then message = tostring(message) .. "\n" .. extra end
  busted.publish({ problem.status, element.descriptor }, element, busted.context.parent(element), message, problem.trace)
  return problem.status
end

-- Many runs -------------------------------------------------------------------------------------

-- Where so many orders in a row had not a single choice, the others are the same.
local SAME <const> = 3

-- The first order that fails, or nil; how many were tried.
local function first_failure(busted, test, n, ordinary)
  local same = ordinary.has_choice and 0 or 1
  for seed = 1, n do
    if same == SAME then return nil, seed - 1 end
    local try = attempt(busted, test, { seed = seed })
    if not try.ok then return try, seed end
    same = try.has_choice and 0 or same + 1
  end
  return nil, n
end

-- The shortest order; without what `math.random` gave in the first one, if it fails so, too.
local function shrunk(busted, test, failed, ordinary)
  local function try(order) return attempt(busted, test, order) end
  local function run(deviations, random, told)
    local ran = attempt(busted, test, { deviations = deviations, random = random }, told)
    ran.random = random
    return ran
  end
  local random = run(failed.deviations, nil).ok and failed.order.seed or nil
  local shortest = schedules.shrink(failed, ordinary, try, random)
  local told = run(shortest.deviations, random, true)
  return told.ok and shortest or told
end

-- Runs a test in its orders; gives busted's status, and how many orders were tried.
local function run_test(busted, test, opts)
  local order = opts.replay or { deviations = {} }
  local ordinary = attempt(busted, test, order, opts.replay ~= nil)
  if ordinary.problem then
    local pending = ordinary.problem.status == "pending"
    if not pending and not ordinary.steps then ordinary.steps = attempt(busted, test, order, true).steps end
    return publish(busted, test.element, ordinary.problem, not pending and explain(ordinary, ordinary) or nil), 1
  end
  if opts.replay or testing.has_seed() then return "success", 1 end
  local failed, n = first_failure(busted, test, opts.schedules, ordinary)
  if not failed then return "success", n + 1 end
  local shortest = shrunk(busted, test, failed, ordinary)
  return publish(busted, test.element, shortest.problem or failed.problem, explain(failed, shortest)), n + 1
end

---busted's executor of an `it`, which runs it in many orders.
---@param busted table
---@param opts { schedules: integer|nil, replay: table|nil }
---@param counts { orders: integer, time: number } grows
---@return fun(element: table)
function orders.executor(busted, opts, counts)
  chance.watch()
  native.give(chance.globals)
  native.keep_chunks(true)
  for name, fn in pairs(chance.globals) do busted.export(name, fn) end
  local block = require "busted.block"(busted)
  return function(element)
    local parent = busted.context.parent(element)
    if not block.lazySetup(parent) then return end
    element.env = element.env or {}
    block.rejectAll(element)
    element.env.pending = busted.pending
    local test = { element = element, before = hooks_of(busted, block, parent, "before_each"),
      after = hooks_of(busted, block, parent, "after_each") }
    if not busted.safe_publish("test", { "test", "start" }, element, parent) then return end
    pages.reuse(true)
    tab.keep(true)
    local start = os.clock()
    local status, n = run_test(busted, test, opts)
    counts.orders, counts.time = counts.orders + n, counts.time + os.clock() - start
    pages.reuse(false)
    tab.keep(false)
    busted.safe_publish("test", { "test", "end" }, element, parent, status)
  end
end

return orders
