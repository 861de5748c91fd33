-- The operations that micro.lua measures: as handlers and tasks of one tab. Each loops inside the host and leaves the
-- ns of one round in `results`. Times are of the process's CPU clock, the best of several batches.
local tl = require "tidelock"
local ui = tl.ui

local rows = {}
for i = 1, 1000 do rows[i] = { id = i, title = ("Row %d"):format(i), done = false } end

local Micro = tl.state("Micro", { counter = 0, _counter = 0, rows = rows, results = tl.map {} })

Micro.doubled = tl.computed(function(self) return self.counter * 2 end)

local many = {}
for i = 1, 10000 do many[i] = { id = i, title = ("Row %d"):format(i), done = i % 100 == 0 } end
local Many = tl.state("Many", { _rows = many, wanted = true })

Many.shown = tl.computed(function(self)
  local out = {}
  for _, row in ipairs(self._rows) do
    if row.done == self.wanted then out[#out + 1] = row.id end
  end
  return out
end)

local BATCHES <const> = 7

-- The best of several batches of `times` calls, in ns a call.
local function best_of(times, fn)
  local best = math.huge
  for _ = 1, BATCHES do
    local began = os.clock()
    for i = 1, times do fn(i) end
    best = math.min(best, (os.clock() - began) / times * 1e9)
  end
  return best
end

-- In a handler: what reads and writes through proxies cost.
function Micro:proxies()
  local list, results = self.rows, {}
  local row = list[1]
  results["var.read"] = best_of(20000, function() return self.counter end)
  results["var.write"] = best_of(20000, function(i) self.counter = i end)
  results["proxy.element"] = best_of(20000, function(i) return list[i % 1000 + 1] end)
  results["proxy.read_field"] = best_of(20000, function() return row.title end)
  results["proxy.write_field"] = best_of(20000, function(i) row.done = i % 2 == 0 end)
  results["proxy.path_write"] = best_of(20000, function(i) self.rows[i % 1000 + 1].id = i end)
  results["proxy.push_remove"] = best_of(5000, function(i)
    list:push(i)
    list:remove()
  end)
  results["proxy.ipairs_1000"] = best_of(10, function() for _ in ipairs(list) do end end)
  results["table.assign_1000"] = best_of(5, function() self.rows = rows end)
  results["computed.read"] = best_of(20000, function() return self.doubled end)
  results["computed.write_read"] = best_of(5000, function(i)
    self.counter = i
    return self.doubled
  end)
  local others = self:get_state(Many)
  results["computed.filter_10000"] = best_of(2, function()
    others._rows[1].title = os.clock() -- what it reads of has changed: it runs again
    return others.shown
  end)
  for name, ns in pairs(results) do self.results[name] = ns end
end

local function count(self) self.counter = self.counter + 1 end
local function count_hidden(self) self._counter = self._counter + 1 end
local function nothing() end

-- In a task: what the scheduler costs.
Micro.scheduling = tl.background(function(self)
  local results = {}
  results["task.sleep_0"] = best_of(2000, function() tl.sleep(0) end)
  results["task.with_state"] = best_of(2000, function() tl.with_state(self, nothing) end)
  results["task.with_state_backend"] = best_of(2000, function() tl.with_state(self, count_hidden) end)
  results["task.with_state_public"] = best_of(2000, function() tl.with_state(self, count) end)
  results["task.spawn_await"] = best_of(1000, function() tl.spawn(nothing):await() end)
  tl.with_state(self, function() for name, ns in pairs(results) do self.results[name] = ns end end)
end)

function Micro:chain(left)
  self.counter = self.counter + 1
  if left > 1 then return Micro.chain(left - 1) end
end

Micro.miss = tl.background(function(self)
  tl.sleep(1) -- the page goes meanwhile
  for _ = 1, 1000 do tl.with_state(self, count) end
end)

tl.page("/", { title = "Micro" }, function()
  return ui.main {
    ui.button { "Proxies", on_click = Micro.proxies }, ui.button { "Tasks", on_click = Micro.scheduling },
    ui.button { "Chain", on_click = Micro.chain(50) }, ui.button { "Miss", on_click = Micro.miss },
    ui.p { Micro.counter },
  }
end)
