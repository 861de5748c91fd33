--- pace.lua: the time of a spec: `t.settle`, `t.advance`, `t.run_until`. It is the host's virtual time (host/runtime/testing_time.c), and
-- the pages' own delays beside it. May use: complaints, kinds, leftovers, native, where.

local complaints = require "tidelock.complaints"
local kinds = require "tidelock.kinds"
local leftovers = require "tidelock.leftovers"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local pace = {}

---Calls fn with each open page, and tells whether it gave something for one of them. Set by testing.lua.
---@type fun(fn: fun(tab: tl.Tab): any): any
pace.each_tab = nil

local ROUNDS <const> = 1000
local HOUR <const> = 3600

-- Who waits, and where: a line for each task.
local function waiting()
  local tasks, names, lines = native.debug_tasks(), {}, {}
  for _, task in ipairs(tasks) do names[task.id] = task.name end
  for i, task in ipairs(tasks) do
    lines[i] = ("\n  %s is %s%s, for %g s%s"):format(task.name, task.status, task.where and " at " .. task.where or "",
      native.now() - task.since, names[task.waits_for] and ("; it waits for %s"):format(names[task.waits_for]) or "")
  end
  return #lines > 0 and table.concat(lines) or "\n  no task is there"
end

-- What went wrong with one of the native waits: what comes from outside may be too late for it, or the tasks may never rest.
local troubles = {
  late = function(requests, seconds)
    return ("this has waited %g s of real time for what comes from outside (requests under way: %d), and virtual time does not bring \z
      it; t.http_stub answers tl.http without a network (--time-limit sets the limit)"):format(seconds, requests)
  end,
  restless = function() return "the tasks never come to rest, so no time goes by; does one call tl.sleep(0) in a loop?" end,
}

local function await(wait, ...)
  local trouble, requests, seconds = wait(...)
  if trouble then error(troubles[trouble](requests, seconds) .. waiting(), 0) end
end

---As settle, but what went wrong is told later.
function pace.settle_quietly()
  for _ = 1, ROUNDS do
    await(native.settle)
    if not pace.each_tab(function(open) return open:pump() end) then return end
  end
  error(("the pages and the host answer each other without end (%d rounds)"):format(ROUNDS), 0)
end

---Runs what is ready, without moving the time, until host and pages have no more to say.
function pace.settle()
  pace.settle_quietly()
  complaints.raise()
end

local function next_due()
  local due
  pace.each_tab(function(open)
    local own = open.triggers:due()
    if own then due = math.min(due or own, own) end
  end)
  return due
end

-- The pages' own delays (debounce) are timers as well, which the host does not know. `due` is now, if not for rounding.
local function release_delayed(due)
  local now = math.max(native.now(), due)
  pace.each_tab(function(open) return open.triggers:flush(now) end)
  pace.settle()
end

---Moves the virtual time; timers due at exactly that time are included.
---@param seconds number
function pace.advance(seconds)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
    error(("t.advance: seconds, got %s"):format(kinds.describe(seconds)), 2)
  end
  pace.settle()
  local target = native.now() + seconds
  local due = next_due()
  while due and due <= target do
    await(native.advance, math.max(0, due - native.now()))
    pace.settle()
    release_delayed(due)
    due = next_due()
  end
  await(native.advance, math.max(0, target - native.now()))
  pace.settle()
end

-- Moves the time to what happens next, within so many seconds; whether there was anything.
local function step(within)
  local due, io = native.next_due()
  local own = next_due()
  if own then due = math.min(due or math.huge, math.max(0, own - native.now())) end
  if io > 0 then
    await(native.await_io)
  elseif due and due <= within then
    local at = native.now() + due
    await(native.advance, due)
    pace.settle()
    if own and own <= at then release_delayed(own) end
  else
    return false
  end
  pace.settle()
  return true
end

-- What is at work outside of virtual time.
local function outside()
  local lines = leftovers.active()
  return #lines > 0 and "\n  real time would bring what waits for:\n    " .. table.concat(lines, "\n    ") or ""
end

local function check_until(fn, opts)
  if type(fn) ~= "function" then error(("t.run_until: a function is needed, got %s"):format(kinds.describe(fn)), 3) end
  if opts ~= nil and type(opts) ~= "table" then error(("t.run_until: options are a table, got %s"):format(kinds.describe(opts)), 3) end
  for name in pairs(opts or {}) do
    if name ~= "limit" then error(("t.run_until: unknown option %s; there is limit"):format(tostring(name)), 3) end
  end
  local limit = opts and opts.limit or HOUR
  if type(limit) ~= "number" or not (limit >= 0 and limit < math.huge) then
    error(("t.run_until: limit is seconds, got %s"):format(kinds.describe(limit)), 3)
  end
  return limit
end

---Moves the virtual time, from one thing that happens to the next, until fn gives something; gives that. Raises when nothing is
---left to happen, or the limit has passed, and tells what the tasks wait for.
---@param fn fun(): any
---@param opts { limit: number|nil }|nil limit: virtual seconds; an hour
---@return any
function pace.run_until(fn, opts)
  local limit = check_until(fn, opts)
  local start = native.now()
  pace.settle()
  local idle = false
  while true do
    local result = fn()
    if result then return result end
    if step(start + limit - native.now()) then
      idle = false
    elseif not idle then
      pace.settle() -- an answer may have come after the last look
      idle = true
    else
      local why = native.next_due() and ("the limit of %g s has passed"):format(limit) or "nothing is left to happen"
      error(("t.run_until: %s, and the function gives %s; it has run for %g s%s"):format(why, kinds.describe(result),
        native.now() - start, waiting() .. outside()), 2)
    end
  end
end

return pace
