-- contract.lua: what spec/lua/contract_spec.lua asks of an app: vars of each type, a component, a page that counts how often it is made.
local tl = require "tidelock"
local ui = tl.ui
local probe = require "probe"

local Kinds = tl.state("Kinds", {
  n = 0, other = 0,
  integer = tl.var { type = "integer" }, number = tl.var { type = "number" }, string = tl.var { type = "string" },
  boolean = tl.var { type = "boolean" }, list = tl.var { type = "list" }, map = tl.var { type = "map" },
})

function Kinds:inside() return probe.run(self) end
function Kinds:add() self.n = self.n + 1 end

probe.pages = 0
function probe.read_through_G() return _G.no_such_global end

local function labelled(label, node) return ui.p { class = "labelled", ui.b { label }, node } end

tl.page("/", {}, function()
  probe.pages = probe.pages + 1
  return ui.main {
    labelled("n is ", Kinds.n),
    ui.input { id = "n", on_change = Kinds:setter "n" },
    ui.button { "Inside", on_click = Kinds.inside }, ui.button { "Add", on_click = Kinds.add },
  }
end)
