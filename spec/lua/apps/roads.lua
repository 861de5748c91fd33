-- roads.lua: a state for the specs that try to write where nobody may, to keep half of something, to see half of something. What the
-- handlers and tasks do is the spec's: see roads_bench.lua.
local tl = require "tidelock"
local bench = require "roads_bench"
local ui = tl.ui

local Job = tl.state("Job", {
  counter = 0, a = 0, b = 0, name = "x", running = false,
  items = {
    { id = 1, title = "Milk", tags = { "cold", "white" } },
    { id = 2, title = "Bread", tags = { "dry" } },
    { id = 3, title = "Apples", tags = {} },
  },
  jobs = { build = { n = 1, steps = { "get", "make" } }, test = { n = 2, steps = { "run" } } },
  _secret = 0,
})
local Other = tl.state("Other", { step = 1, list = { 1, 2, 3 } })

function Job:handle() return bench.run(self) end
Job.work = tl.background(function(self) return bench.run(self) end)

function Job:bump() self.a, self.b = self.a + 1, self.b + 1 end
function Job:grow() self.items:push { id = #self.items + 1, title = "More", tags = {} } end
function Job:take(value) bench.taken = value end
function Job:chained() bench.chained = (bench.chained or 0) + 1 end
Job.started = tl.background(function() bench.started = (bench.started or 0) + 1 end)
function Job:_count() self.counter = self.counter + 1 end
Job.set_name = Job:setter "name"

Job.total = tl.computed(function(self) return self.a + self.b + (bench.in_computed and bench.in_computed(self) or 0) end)
Job.shown = tl.computed(function(self) return { first = self.items[1], n = #self.items } end)

bench.Job, bench.Other = Job, Other

tl.page("/", {}, function()
  return ui.main {
    ui.h1 { Job.counter },
    ui.button { "Handler", on_click = Job.handle }, ui.button { "Task", on_click = Job.work },
    ui.button { "Bump", on_click = Job.bump }, ui.button { "Grow", on_click = Job.grow },
  }
end)
