-- drafts.lua: a state with nested values, for drafts_spec.lua. What the handlers do is the spec's: see spec/lua/support/probe.lua.
local tl = require "tidelock"
local probe = require "probe"
local ui = tl.ui

local Job = tl.state("Job", {
  n = 0, name = "x", note = tl.var(), text = ("All work and no play. "):rep(20),
  items = {
    { id = 1, t = "a", tags = { "x", "y" } },
    { id = 2, t = "b", tags = { "z" } },
    { id = 3, t = "c", tags = {} },
  },
  jobs = { build = { n = 1, steps = { "get", "make" } }, test = { n = 2, steps = { "run" } } },
  numbers = { 5, 3, 8, 1 },
  grid = { { 1, 2 }, { 3, 4 } },
  tree = { name = "root", kids = { { name = "l", kids = {} }, { name = "r", kids = { { name = "rl", kids = {} } } } } },
  empty = {}, none = tl.map {},
  _hidden = { 1, 2 },
})

function Job:inside() probe.run(self) end
function Job:bare() return probe.run_bare(self) end
Job.outside = tl.background(function(self) probe.run(self) end)

tl.page("/", {}, function()
  return ui.main {
    ui.h1 { Job.n },
    ui.ul { ui.foreach(Job.items, function(item) return ui.li { item.t } end, { key = "id" }) },
    ui.button { "Inside", on_click = Job.inside }, ui.button { "Bare", on_click = Job.bare },
    ui.button { "Outside", on_click = Job.outside },
  }
end)
