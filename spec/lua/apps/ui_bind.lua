-- ui_bind.lua: an app for bind_spec.lua: every kind of control, bound.
local tl = require "tidelock"
local ui = tl.ui

local Form = tl.state("Form", {
  name = "Ann", age = 30, weight = tl.var { type = "number" }, ok = false, colour = "red", tags = { "a" },
  size = 2, notes = "", mode = "dark", seen = "", any = tl.var(), other = "x",
})
Form.set_notes = Form:setter "notes"

function Form:typed(text) self.seen = text .. " " .. self.name end

tl.page("/", function()
  return ui.main {
    ui.input { id = "name", value = ui.bind(Form.name), on_input = Form.typed },
    ui.input { id = "age", type = "number", value = ui.bind(Form.age) },
    ui.input { id = "weight", type = "number", value = ui.bind(Form.weight) },
    ui.input { id = "plain_age", value = ui.bind(Form.age) },
    ui.input { id = "level", type = "range", min = 0, max = 100, value = ui.bind(Form.age) },
    ui.input { id = "ok", type = "checkbox", checked = ui.bind(Form.ok) },
    ui.input { id = "date", type = "date", value = ui.bind(Form.any) },
    ui.select { id = "colour", value = ui.bind(Form.colour), ui.option "red", ui.option "blue" },
    ui.select { id = "tags", multiple = true, value = ui.bind(Form.tags), ui.option "a", ui.option "b" },
    ui.input { id = "small", type = "radio", name = "size", value = 1, checked = ui.bind(Form.size) },
    ui.input { id = "big", type = "radio", name = "size", value = "2", checked = ui.bind(Form.size) },
    ui.input { id = "dark", type = "radio", name = "mode", value = "dark", checked = ui.bind(Form.mode) },
    ui.input { id = "light", type = "radio", name = "mode", value = "light", checked = ui.bind(Form.mode) },
    ui.textarea { id = "notes", value = ui.bind(Form.notes) },
    ui.p { id = "shown", Form.name, "|", Form.age, "|", Form.weight, "|", ui.cond(Form.ok, "yes", "no"), "|", Form.colour, "|",
      Form.tags:join ",", "|", Form.size, "|", Form.mode, "|", Form.notes, "|", Form.any },
    ui.p { id = "seen", Form.seen },
  }
end)
