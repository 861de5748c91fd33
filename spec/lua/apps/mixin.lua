-- Two states that share a mixin, for spec/lua/mixin_spec.lua. What the handlers do is the spec's: see spec/lua/support/probe.lua.
local tl = require "tidelock"
local ui = tl.ui
local probe = require "probe"

local Marked = tl.mixin { marks = {}, five = 5 }

local Pager = tl.mixin {
  Marked,
  page = tl.var { type = "integer", default = 1 },
  where = tl.computed(function(self) return ("%s %d of %d"):format(self.title, self.page, self.last) end),
  next = function(self) self:_turn(1) end,
  count = tl.background(function(self)
    for _ = 1, 2 do
      tl.sleep(1)
      tl.with_state(self, function() self:_turn(1) end)
    end
  end),
}
function Pager:_turn(by) self.page = self.page + by end

local Job = tl.state("Job", { Pager, title = "Job", last = 5 })
local List = tl.state("List", { title = "List", last = 9 }, { mixins = { Pager } })
tl.state("LongList", {}, { extends = List })

function Job:inside() probe.run(self) end
function Job:bare() return probe.run_bare(self) end
Job.outside = tl.background(function(self) probe.run(self) end)

tl.page("/", { title = "Mixin" }, function()
  return ui.main {
    ui.p { id = "where", Job.where }, ui.p { id = "other", List.five },
    ui.input { id = "page", type = "number", value = ui.bind(Job.page) },
    ui.button { "Inside", on_click = Job.inside }, ui.button { "Bare", on_click = Job.bare }, ui.button { "Outside", on_click = Job.outside },
    ui.button { "Next of the list", on_click = List.next }, ui.button { "Count", on_click = List.count },
  }
end)
