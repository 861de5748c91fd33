-- Every kind of control, and what its events bring.

local tl = require "tidelock"
local ui = tl.ui

local Form = tl.state("Form", {
  name = "Ada", age = tl.var { type = "number" }, size = 4, agreed = false, color = "green", tags = { "b" }, notes = "first\nsecond", level = 3,
  shown = "", submitted = tl.map {}, keys = tl.list {}, searches = tl.list {}, steps = 0,
})

Form.set_name = Form:setter "name"
Form.set_age = Form:setter "age"
Form.set_agreed = Form:setter "agreed"
Form.set_color = Form:setter "color"
Form.set_tags = Form:setter "tags"
Form.set_notes = Form:setter "notes"
Form.set_level = Form:setter "level"
Form.set_size = Form:setter "size"

function Form:submit(fields)
  self.submitted = fields
  self.shown = tl.json.encode(fields)
end

function Form:pressed(key)
  self.keys:push(key)
end

function Form:search(text)
  self.searches:push(text)
end

function Form:upper(text)
  self.name = text:upper()
end

function Form:defaults()
  self:reset()
end

function Form:step()
  self.steps = self.steps + 1
end

tl.page("/", { title = "Form" }, function()
  return ui.main {
    ui.section { id = "single",
      ui.input { id = "name", ["aria-label"] = "Name", value = Form.name, on_change = Form.upper },
      ui.input { id = "age", type = "number", value = Form.age, on_input = Form.set_age },
      ui.input { id = "agreed", type = "checkbox", checked = Form.agreed, on_change = Form.set_agreed },
      ui.select { id = "color", value = Form.color, on_change = Form.set_color,
        ui.option { "red" }, ui.option { "green" }, ui.option { "blue" } },
      ui.select { id = "tags", multiple = true, value = Form.tags, on_change = Form.set_tags,
        ui.option { "a" }, ui.option { "b" }, ui.option { "c" } },
      ui.textarea { id = "notes", value = Form.notes, on_change = Form.set_notes },
      ui.input { id = "level", type = "range", min = 0, max = 10, value = Form.level, on_input = Form.set_level },
      ui.input { id = "size", type = "number", value = Form.size, on_change = Form.set_size },
      ui.input { id = "keys", on_key_down = { tl.on(Form.pressed, { key = "Enter" }), tl.on(Form.pressed, { key = "Escape" }) } },
      ui.input { id = "search", on_input = tl.on(Form.search, { debounce = 0.2 }) },
    },
    ui.p { id = "held",
      ui.span { Form.name }, "|", ui.span { Form.age }, "|", ui.span { ui.cond(Form.agreed, "yes", "no") }, "|", Form.color, "|",
      Form.tags:join ",", "|", Form.notes:length(), "|", Form.level },
    ui.p { id = "pressed", Form.keys:join "," },
    ui.p { id = "searched", Form.searches:join "," },
    ui.button { "Defaults", on_click = Form.defaults },
    ui.button { "Step", on_click = tl.on(Form.step, { throttle = 0.3 }) },
    ui.p { id = "steps", Form.steps },
    ui.form { id = "form", on_submit = Form.submit,
      ui.input { name = "title" },
      ui.input { name = "count", type = "number" },
      ui.input { name = "done", type = "checkbox" },
      ui.input { name = "size", type = "radio", value = "s" },
      ui.input { name = "size", type = "radio", value = "m" },
      ui.select { name = "many", multiple = true, ui.option { "x" }, ui.option { "y" }, ui.option { "z" } },
      ui.textarea { name = "text" },
      ui.button { "Send" },
    },
    ui.pre { id = "submitted", Form.shown },
  }
end)
