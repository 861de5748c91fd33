-- States that extend one another, for spec/lua/extends_spec.lua. What the handlers do is the spec's: see spec/lua/support/probe.lua.
local tl = require "tidelock"
local ui = tl.ui
local probe = require "probe"

local Base = tl.state("Base", { counter = 0, max = 10, items = {}, n = tl.var { type = "integer" }, log = "", _secret = 1 })

function Base:save(word, pause)
  if pause then tl.sleep(pause) end
  self.log = ("%s%s(%s) "):format(self.log, tostring(self), word)
end
function Base:nap() tl.sleep(1) end
function Base:answers(...) return tostring(self), ... end
function Base:_double() return self.counter * 2 end
function Base:fail() self.counter = self.counter + 1 error "out of tune" end
Base.work = tl.background(function(self)
  tl.with_state(self, function() self.log = self.log .. "worked " .. tostring(self) end)
end)
Base.percent = tl.computed(function(self) return self.counter * 100 // self.max end)
Base.label = tl.computed(function(self) return self.percent .. " %" end)

local Child = tl.state("Child", { own = 0, words = {} }, { extends = Base })

function Child:inside() probe.run(self) end
function Child:bare() return probe.run_bare(self) end
Child.outside = tl.background(function(self) probe.run(self) end)
Child.set_max = Child:setter "max"
function Child:save(word)
  self.own = self.own + 1
  return self:get_state(Base):save(word .. "!")
end
function Child:start() return { Child.late(2), Child.work } end
Child.label = tl.computed(function(self) return self:get_state(Base).label .. " of " .. self.max end)
Child.sum = tl.computed(function(self) return self.counter + self.own end)

local Grand = tl.state("Grand", { more = 1 }, { extends = Child })
Grand.all = tl.computed(function(self) return ("%d %d %d %s"):format(self.counter, self.own, self.more, self.label) end)

-- Declared when there are states that extend it already.
function Base:late(by) self.counter = self.counter + by end
Base.half = tl.computed(function(self) return self.counter / 2 end)

probe.Base, probe.Child, probe.Grand = Base, Child, Grand

tl.page("/", { title = "Extends" }, function()
  return ui.main {
    ui.p { id = "counter", Child.counter }, ui.p { id = "grand", Grand.counter }, ui.p { id = "label", Grand.label },
    ui.input { id = "max", type = "text", value = Child.max, on_change = Child.set_max },
    ui.input { id = "inline", type = "text", value = Grand.max, on_change = Grand:setter "max" },
    ui.input { id = "bound", type = "number", value = ui.bind(Grand.n) },
    ui.button { "Inside", on_click = Child.inside }, ui.button { "Bare", on_click = Child.bare },
    ui.button { "Outside", on_click = Child.outside }, ui.button { "Start", on_click = Child.start },
    ui.button { "Late", on_click = Grand.late(3) }, ui.button { "Save", on_click = Grand.save "page" },
    ui.button { "Fail", on_click = Grand.fail },
  }
end)
