-- ui_form.lua: an app for the driver's specs: forms, lists, links, delays.
local tl = require "tidelock"
local ui = tl.ui

local Form = tl.state("Form", {
  name = "Ann", age = 30, agreed = false, colour = "red", tags = { "a" }, size = "m",
  seen = "", sent = {}, items = { { id = 1, title = "Milk" }, { id = 2, title = "Bread" } }, open = true, keys = 0,
  mounted = 0, last = "",
})

function Form:set_name(v) self.name = v end
function Form:set_age(v) self.age = v end
function Form:set_agreed(v) self.agreed = v end
function Form:set_colour(v) self.colour = v end
function Form:set_tags(v) self.tags = v end
function Form:set_size(v) self.size = v end
function Form:typed(v) self.seen = v end
function Form:send(fields) self.sent = fields end
function Form:drop(id)
  local kept = {}
  for _, item in ipairs(self.items) do
    if item.id ~= id then kept[#kept + 1] = { id = item.id, title = item.title } end
  end
  self.items = kept
end
function Form:toggle() self.open = not self.open end
function Form.fail() error "no" end
function Form:greet() return tl.toast("Hello " .. self.name) end
function Form.leave() return tl.redirect "/post/7" end
function Form:around() return { Form.press, tl.focus "keys", Form.press } end
function Form:press() self.keys = self.keys + 1 end
function Form:note(what) self.last = what end
function Form:session() self.last = self.router.session_id end
function Form:appeared() self.mounted = self.mounted + 1 end

local function size_button(size)
  return ui.input {
    type = "radio", name = "size", id = size, value = size, checked = Form.size:eq(size), on_change = Form.set_size,
  }
end

tl.page("/", { title = "Form" }, function()
  return ui.main {
    ui.h1 { "Hello ", Form.name },
    ui.label { "Name", ["for"] = "name" },
    ui.input {
      id = "name", value = Form.name, on_change = Form.set_name, on_input = tl.on(Form.typed, { debounce = 0.3 }),
    },
    ui.label { "Age", ui.input { type = "number", value = Form.age, on_change = Form.set_age } },
    ui.label { "Agreed", ui.input { type = "checkbox", checked = Form.agreed, on_change = Form.set_agreed } },
    ui.label { "Colour", ui.select {
      id = "colour", value = Form.colour, on_change = Form.set_colour,
      ui.option { "Red", value = "red" }, ui.option { "Blue", value = "blue" },
    } },
    ui.select {
      id = "tags", multiple = true, value = Form.tags, on_change = Form.set_tags,
      ui.option "a", ui.option "b", ui.option "c",
    },
    size_button "m",
    size_button "l",
    ui.form {
      id = "order", on_submit = Form.send,
      ui.input { name = "title", required = true },
      ui.input { name = "count", type = "number", min = 1 },
      ui.input { name = "gift", type = "checkbox" },
      ui.button "Order",
    },
    ui.form {
      id = "survey", on_submit = Form.send,
      ui.input { type = "checkbox", name = "many", value = "a", checked = true },
      ui.input { type = "checkbox", name = "many", value = "b" },
      ui.input { type = "checkbox", name = "many", value = "c" },
      ui.input { name = "twice", value = "1" }, ui.input { name = "twice", type = "number" },
      ui.input { type = "radio", name = "one", value = "s" }, ui.input { type = "radio", name = "one", value = "m" },
      ui.fieldset { disabled = true, ui.input { name = "off" } },
      ui.button { "Save", name = "action", value = "save" }, ui.button { "Publish", name = "action", value = "publish" },
    },
    ui.ul {
      ui.foreach(Form.items, function(item, i)
        return ui.li { i, ". ", item.title, " ", ui.button { "x", on_click = Form.drop(item.id) } }
      end, { key = "id" }),
    },
    ui.button { "Session", on_click = Form.session },
    ui.button { ui.cond(Form.open, "Close", "Open"), on_click = Form.toggle },
    ui.p { id = "box", hidden = ~Form.open, "Inside", on_mount = Form.appeared },
    ui.cond(Form.open, ui.em { "open", on_mount = Form.appeared }),
    ui.button { "Never", disabled = true, on_click = Form.fail },
    ui.button { "Fail", on_click = Form.fail },
    ui.button { "Greet", on_click = { Form.greet, tl.toast(Form.name, { kind = "success" }) } },
    ui.button { "Tell", on_click = tl.toast(Form.name, { kind = ui.cond(Form.open, "info", "error") }) },
    ui.details { ui.summary "More", ui.button { "Hidden", on_click = Form.press } },
    ui.input {
      type = "radio", name = "stuck", id = "stuck", value = "1", checked = Form.agreed, on_change = Form.note,
    },
    ui.button { "Around", on_click = Form.around },
    ui.button { "Set", on_click = tl.set_value("keys", "typed") },
    ui.button { "Leave", on_click = Form.leave },
    ui.button "Dead",
    ui.a { "Post three", href = "/post/3?x=1" },
    ui.input { id = "keys", on_key_down = tl.on(Form.press, { key = "Enter" }) },
    ui.div {
      id = "outer", on_click = Form.note "outer",
      ui.span { id = "inner", on_click = tl.on(Form.note "inner", { stop_propagation = true }), "in" },
      ui.span { id = "plain", "out" },
    },
    ui.button { "Often", on_click = tl.on(Form.press, { throttle = 1 }) },
    ui.button { "With", on_click = function() return Form.note(Form.name .. "!") end },
  }
end)

tl.page("/post/[id]", { title = "Post" }, function()
  return ui.main { ui.h1 "Post", ui.a { "Back", href = "/" } }
end)
