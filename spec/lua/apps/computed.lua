-- Computed vars with options, and such that fail from the start, for spec/lua/computed_spec.lua.
local tl = require "tidelock"
local ui = tl.ui
local probe = require "probe"

probe.runs = {}
local function ran(name)
  probe.runs[name] = (probe.runs[name] or 0) + 1
  return probe.runs[name]
end

local Job = tl.state("Job", { n = 0 })
local Ring = tl.state("Ring", {})

function Job:inside() probe.run(self) end
function Job:bare() return probe.run_bare(self) end
Job.outside = tl.background(function(self) probe.run(self) end)

Job.double = tl.computed(function(self) return self.each * 2 end)
Job.each = tl.computed(function() return ran "each" end, { cache = false })
Job.aged = tl.computed(function(self) ran "aged" return ("%d at %.0f"):format(self.n, tl.now() - probe.began) end, { interval = 10 })
Job.hidden = tl.computed(function(self) return self.n end, { backend = true, cache = true })
Job.broken = tl.computed(function(self) return self.n / nil end)
Job.fails = tl.computed(function() error "never" end, { cache = false })
Job.loop = tl.computed(function(self) return self:get_state(Ring).back end)
Ring.back = tl.computed(function(self) return self:get_state(Job).loop end)

tl.page("/", { title = "Computed" }, function()
  return ui.main {
    ui.p { id = "each", Job.each, " ", Job.double }, ui.p { id = "aged", Job.aged }, ui.p { id = "broken", Job.broken:default "none" },
    ui.button { "Inside", on_click = Job.inside }, ui.button { "Bare", on_click = Job.bare }, ui.button { "Outside", on_click = Job.outside },
  }
end)
