-- Bound controls on a page whose state does not rest, and handlers that take their time.

local tl = require "tidelock"
local ui = tl.ui

local Desk = tl.state("Desk", {
  text = "Hello world", notes = "one\ntwo", age = 30, amount = tl.var { type = "number" }, loud = "abc", agreed = false,
  colour = "red", size = "m", ticks = 0, ticking = false,
  rows = { { id = 1, name = "first" }, { id = 2, name = "second" } },
})

Desk.tick = tl.background(function(self)
  while tl.with_state(self, function()
    self.ticks = self.ticks + 1
    self.rows[1].n = self.ticks
    return self.ticking
  end) do
    tl.sleep(0.01)
  end
end)

function Desk:start()
  self.ticking = true
  return Desk.tick
end

function Desk:stop() self.ticking = false end

function Desk:shout(text)
  tl.sleep(0.1)
  self.loud = text:upper()
end

function Desk:rename(id, name)
  for _, row in ipairs(self.rows) do
    if row.id == id then row.name = name end
  end
end

tl.page("/", { title = Desk.text, on_load = Desk.start }, function()
  return ui.main {
    ui.p { id = "ticks", Desk.ticks },
    ui.input { id = "text", class = { even = (Desk.ticks % 2):eq(0) }, value = ui.bind(Desk.text) },
    ui.textarea { id = "notes", rows = 3 + Desk.ticks % 2, value = ui.bind(Desk.notes) },
    ui.input { id = "age", type = "number", value = ui.bind(Desk.age) },
    ui.input { id = "plain", title = Desk.ticks, value = ui.bind(Desk.age) },
    ui.input { id = "amount", type = "number", step = "any", value = ui.bind(Desk.amount) },
    ui.input { id = "loud", title = Desk.ticks, value = Desk.loud, on_input = Desk.shout },
    ui.input { id = "agreed", type = "checkbox", checked = ui.bind(Desk.agreed) },
    ui.select { id = "colour", value = ui.bind(Desk.colour), ui.option "red", ui.option "green" },
    ui.input { id = "m", type = "radio", name = "size", value = "m", checked = ui.bind(Desk.size) },
    ui.input { id = "l", type = "radio", name = "size", value = "l", checked = ui.bind(Desk.size) },
    ui.ul { ui.foreach(Desk.rows, function(row)
      return ui.li { row.n, ui.input { id = "row" .. row.id, value = row.name, on_input = function(text) return Desk.rename(row.id, text) end } }
    end, { key = "id" }) },
    ui.p { id = "held", Desk.text, "|", Desk.notes:length(), "|", Desk.age, "|", Desk.amount, "|", Desk.loud, "|",
      ui.cond(Desk.agreed, "yes", "no"), "|", Desk.colour, "|", Desk.size, "|", Desk.rows[2].name },
    ui.button { "Stop", on_click = Desk.stop },
  }
end)
