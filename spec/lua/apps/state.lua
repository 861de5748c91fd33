-- States for the specs of vars, values, proxies and computed vars. What the handlers do is the spec's: see spec/lua/support/probe.lua.
local tl = require "tidelock"
local ui = tl.ui
local probe = require "probe"

local Job = tl.state("Job", {
  counter = 0, max = 10, name = "x", running = false,
  items = {}, by_id = tl.map {}, rows = tl.list {}, any = {}, result = tl.var(),
  size = tl.var { type = "integer", default = 1 }, ratio = tl.var { type = "number" }, tags = tl.var { type = "list" },
  _secret = 1, _rows = {}, _raw = "",
})

local Other = tl.state("Other", { step = 1, jobs = { build = { n = 1 } } })

function Job:inside() probe.run(self) end
function Job:bare() return probe.run_bare(self) end
function Other:beside() probe.run(self) end
Job.outside = tl.background(function(self) probe.run(self) end)

function Job:add(n) self.counter = self.counter + n end
function Job:_double() return self.counter * 2 end
Job.work = tl.background(function() end)
Job.set_max = Job:setter "max"

probe.runs = {}
local function ran(name) probe.runs[name] = (probe.runs[name] or 0) + 1 end

Job.percent = tl.computed(function(self) ran "percent" return self.counter * 100 // self.max end)
Job.label = tl.computed(function(self) ran "label" return self.percent .. " %" end)
Job.count = tl.computed(function(self) ran "count" return #self.items end)
Job.first = tl.computed(function(self) ran "first" return self.items[1] and self.items[1].title end)
Job.total = tl.computed(function(self)
  ran "total"
  local sum = 0
  for _, item in ipairs(self.items) do sum = sum + (item.n or 0) end
  return sum
end)
Job.window = tl.computed(function(self)
  ran "window"
  local out = {}
  for i = self.size, self.size + 1 do out[#out + 1] = self._rows[i] end
  return out
end)
Job.steps = tl.computed(function(self) ran "steps" return self.counter * self:get_state(Other).step end)
Job.hidden = tl.computed(function(self) return self.counter + 1 end, { backend = true })
Job.tried = tl.computed(function(self) return self.running and probe.tried and probe.tried(self) or self.counter end)
Job.second = tl.computed(function(self) return self.name == "ring" and self:get_state(Other).third end)
Other.third = tl.computed(function(self)
  local job = self:get_state(Job)
  return job.name == "ring" and job.tried
end)

probe.Job, probe.Other = Job, Other

tl.page("/", {}, function()
  return ui.main {
    ui.h1 { Job.counter, "/", Job.max },
    ui.input { type = "text", id = "max", value = Job.max, on_change = Job.set_max },
    ui.input { type = "number", id = "number", value = Job.max, on_change = Job.set_max },
    ui.input { type = "text", id = "name", value = Job.name, on_change = Job:setter "name" },
    ui.input { type = "text", id = "ratio", value = Job.ratio, on_change = Job:setter("ratio") },
    ui.button { "Inside", on_click = Job.inside }, ui.button { "Bare", on_click = Job.bare },
    ui.button { "Outside", on_click = Job.outside }, ui.button { "Add", on_click = Job.add(5) },
    ui.button { "Beside", on_click = Other.beside },
    ui.p { id = "window", ui.foreach(Job.window, function(row) return ui.span { row.t } end) },
  }
end)
